namespace HvPlatform.Contracts.Migrations;

/// <summary>What a host truly has of the VM.</summary>
public sealed record MigratingVmInspected
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The step of the operation this answers.</summary>
    public required string Step { get; init; }

    /// <summary>The host.</summary>
    public required HostId HostId { get; init; }

    /// <summary>The VM.</summary>
    public required VmId VmId { get; init; }

    /// <summary>Whether the host knows the VM.</summary>
    public required bool Exists { get; init; }

    /// <summary>Its state there; Unknown if it does not exist.</summary>
    public required VmState State { get; init; }

    /// <summary>Whether a migration job is active on it.</summary>
    public required bool TransferRunning { get; init; }

    /// <summary>The epoch stored beside the VM, 0 if none.</summary>
    public required long Epoch { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>True for a copy that is paused because of a migration, not because someone paused it.</summary>
    public bool PausedByMigration { get; init; } = false;

    /// <summary>True for a copy that still receives its memory and has never run here.</summary>
    public bool Incoming { get; init; } = false;

    /// <summary>True if the guest's memory is being fetched after the switch-over, or that broke off: this side alone is no whole VM.</summary>
    public bool PostCopy { get; init; } = false;
}
