namespace HvPlatform.Contracts.Vms;

/// <summary>A VM's checkpoints as its host has them now; the members' parents make them a tree.</summary>
public sealed record VmCheckpoints
{
    /// <summary>The VM.</summary>
    public required VmId VmId { get; init; }

    /// <summary>All of them, parents before children, older before newer.</summary>
    public required IReadOnlyList<VmCheckpoint> Checkpoints { get; init; }
}
