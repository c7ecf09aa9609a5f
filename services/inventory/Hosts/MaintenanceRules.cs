using HvPlatform.Contracts.Evacuations;
using HvPlatform.Contracts.History;
using HvPlatform.Contracts.Hosts;

namespace HvPlatform.Inventory.Hosts;

/// <summary>From messages about maintenance to the host's events. Pure.</summary>
internal static class MaintenanceRules
{
    public static object Of(HostMaintenanceChanged m) => m.InMaintenance
        ? new HostMaintenanceEntered { HostId = m.HostId, EvacuationId = m.EvacuationId, Trail = m.Trail, At = m.At }
        : new HostMaintenanceLeft { HostId = m.HostId, Trail = m.Trail, At = m.At };

    public static HostEvacuationStarted Of(EvacuationStarted m) => new()
    {
        HostId = m.HostId,
        EvacuationId = m.EvacuationId,
        Settings = m.Settings,
        VmCount = m.VmCount,
        Trail = m.Trail,
        At = m.At,
    };

    public static HostEvacuationPaused Of(EvacuationPaused m) => new() { HostId = m.HostId, EvacuationId = m.EvacuationId, Trail = m.Trail, At = m.At };

    public static HostEvacuationResumed Of(EvacuationResumed m) => new() { HostId = m.HostId, EvacuationId = m.EvacuationId, Trail = m.Trail, At = m.At };

    public static HostEvacuationCancelling Of(EvacuationCancelling m) =>
        new() { HostId = m.HostId, EvacuationId = m.EvacuationId, CancelMoves = m.CancelMoves, Trail = m.Trail, At = m.At };

    public static HostEvacuationEnded Of(EvacuationEnded m) => new()
    {
        HostId = m.HostId,
        EvacuationId = m.EvacuationId,
        Status = m.Status,
        Vms = m.Vms,
        TotalMs = m.TotalMs,
        Trail = m.Trail,
        At = m.At,
    };
}
