namespace HvPlatform.Contracts.Vms;

/// <summary>A checkpoint of a VM.</summary>
public sealed record VmCheckpoint
{
    /// <summary>What it is named by in commands.</summary>
    public required string Id { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The checkpoint it was made from; null for a root.</summary>
    public string? ParentId { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Whether the VM goes on from here.</summary>
    public bool Current { get; init; }

    /// <summary>What it holds, in the hypervisor's words.</summary>
    public string? Kind { get; init; }
}
