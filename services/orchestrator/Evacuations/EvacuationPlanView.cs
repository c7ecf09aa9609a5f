using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;

namespace HvPlatform.Orchestrator.Evacuations;

/// <summary>What an evacuation would do now; nothing is done.</summary>
internal sealed record EvacuationPlanView
{
    public required HostId HostId { get; init; }

    public required string HostName { get; init; }

    /// <summary>In the order they would begin.</summary>
    public required IReadOnlyList<PlannedMoveView> Moves { get; init; }

    /// <summary>What would be left on the host, and why.</summary>
    public required IReadOnlyList<UnplaceableVmView> CannotMove { get; init; }

    /// <summary>The memory of the VMs that would move live: about what has to be copied.</summary>
    public required long LiveMemoryMiB { get; init; }

    /// <summary>The hosts that would take VMs, before and after.</summary>
    public required IReadOnlyList<PlannedHostView> Destinations { get; init; }

    public static EvacuationPlanView Of(FleetHost source, EvacuationPlan plan) => new()
    {
        HostId = source.Id,
        HostName = source.Name,
        Moves = [.. plan.Moves.Select(PlannedMoveView.Of)],
        CannotMove = [.. plan.CannotMove.Select(c => new UnplaceableVmView { VmId = c.Vm.Id, VmName = c.Vm.Name, State = c.Vm.State, MemoryMiB = c.Vm.MemoryMiB, Error = c.Error })],
        LiveMemoryMiB = plan.Moves.Where(m => m.Mode == MigrationMode.Live).Sum(m => m.Vm.MemoryMiB),
        Destinations = [.. plan.Moves.GroupBy(m => m.Destination).OrderBy(g => g.Key.Name, StringComparer.Ordinal).Select(g => new PlannedHostView
        {
            HostId = g.Key.Id,
            HostName = g.Key.Name,
            VmCount = g.Count(),
            FreeBeforeMiB = g.Key.FreeMiB,
            FreeAfterMiB = g.Key.FreeMiB - g.Sum(m => EvacuationPlan.NeedMiB(m.Vm)),
        })],
    };
}

/// <summary>A VM that would move.</summary>
internal sealed record PlannedMoveView
{
    public required VmId VmId { get; init; }

    public required string VmName { get; init; }

    public required VmState State { get; init; }

    public required long MemoryMiB { get; init; }

    /// <summary>Live or Cold.</summary>
    public required MigrationMode Mode { get; init; }

    public required HostId DestinationHostId { get; init; }

    public required string DestinationHostName { get; init; }

    /// <summary>Why there.</summary>
    public required string Why { get; init; }

    /// <summary>The operation that would be waited for first.</summary>
    public string? BusyWithUrl { get; init; }

    public static PlannedMoveView Of(PlannedMove move) => new()
    {
        VmId = move.Vm.Id,
        VmName = move.Vm.Name,
        State = move.Vm.State,
        MemoryMiB = move.Vm.MemoryMiB,
        Mode = move.Mode,
        DestinationHostId = move.Destination.Id,
        DestinationHostName = move.Destination.Name,
        Why = move.Why,
        BusyWithUrl = move.Vm.BusyWith is { } operation ? Http.Urls.Operation(operation) : null,
    };
}

/// <summary>A VM that would be left.</summary>
internal sealed record UnplaceableVmView
{
    public required VmId VmId { get; init; }

    public required string VmName { get; init; }

    public required VmState State { get; init; }

    public required long MemoryMiB { get; init; }

    /// <summary>Why.</summary>
    public required ErrorInfo Error { get; init; }
}

/// <summary>A host that would take VMs.</summary>
internal sealed record PlannedHostView
{
    public required HostId HostId { get; init; }

    public required string HostName { get; init; }

    public required int VmCount { get; init; }

    public required long FreeBeforeMiB { get; init; }

    public required long FreeAfterMiB { get; init; }
}
