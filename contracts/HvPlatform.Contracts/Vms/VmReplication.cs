namespace HvPlatform.Contracts.Vms;

/// <summary>How a VM is replicated to another host, in the host's words.</summary>
public sealed record VmReplication
{
    /// <summary>For example <c>Replicating</c>.</summary>
    public string? State { get; init; }

    /// <summary><c>Normal</c>, <c>Warning</c> or <c>Critical</c>.</summary>
    public string? Health { get; init; }

    /// <summary><c>Primary</c>, <c>Replica</c>, <c>Test replica</c> or <c>Extended replica</c>.</summary>
    public string? Mode { get; init; }

    /// <summary><c>Simple</c>, or <c>Extended</c> if the replica is replicated once more.</summary>
    public string? RelationshipType { get; init; }

    /// <summary>Time between two transfers, seconds.</summary>
    public int? FrequencySeconds { get; init; }
}
