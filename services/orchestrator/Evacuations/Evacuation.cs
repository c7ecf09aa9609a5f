using HvPlatform.Contracts;
using HvPlatform.Contracts.Evacuations;

namespace HvPlatform.Orchestrator.Evacuations;

/// <summary>One evacuation: a row of <c>orchestrator.evacuations</c> with its rows of <c>evacuation_vms</c>.</summary>
internal sealed record Evacuation
{
    public required EvacuationId Id { get; init; }

    public required HostId HostId { get; init; }

    public required string HostName { get; init; }

    public required EvacuationStatus Status { get; init; }

    public required EvacuationSettings Settings { get; init; }

    public required Trail Trail { get; init; }

    /// <summary>From here on no move is started.</summary>
    public required DateTimeOffset DeadlineAt { get; init; }

    public DateTimeOffset? PausedAt { get; init; }

    /// <summary>The migrations on their way are cancelled too.</summary>
    public bool CancelMoves { get; init; }

    /// <summary>Why no move can start at the moment, although VMs wait; it is tried again.</summary>
    public ErrorInfo? Blocked { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    public IReadOnlyList<EvacuationVm> Vms { get; init; } = [];

    public bool IsOver => EndedAt is not null;
}

/// <summary>One VM of an evacuation.</summary>
internal sealed record EvacuationVm
{
    public required VmId VmId { get; init; }

    public required string Name { get; init; }

    public required long MemoryMiB { get; init; }

    public EvacuationVmStatus Status { get; init; } = EvacuationVmStatus.Waiting;

    /// <summary>Moves tried, with the one on its way.</summary>
    public int Attempts { get; init; }

    /// <summary>The migration on its way, or the last one.</summary>
    public OperationId? OperationId { get; init; }

    /// <summary>Where that one goes; of a VM that left by itself, where it is.</summary>
    public HostId? DestinationHostId { get; init; }

    /// <summary>Where moves have failed.</summary>
    public IReadOnlyList<HostId> Tried { get; init; } = [];

    /// <summary>Not tried again before.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Why the last attempt failed.</summary>
    public ErrorInfo? Error { get; init; }

    public bool IsOpen => Status is EvacuationVmStatus.Waiting or EvacuationVmStatus.Moving;
}
