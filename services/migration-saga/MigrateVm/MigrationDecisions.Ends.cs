using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;

namespace HvPlatform.MigrationSaga.MigrateVm;

// The three ends. Each publishes exactly one terminal event, which also says that the phase was entered, and disarms the timer.
public static partial class MigrationDecisions
{
    static Decision EndCompleted(Draft d)
    {
        d.End(MigrationPhase.Completed);
        var s = d.State;
        d.Publish(new MigrationCompleted
        {
            OperationId = s.OperationId,
            VmId = s.VmId,
            SourceHostId = s.SourceHostId,
            DestinationHostId = s.DestinationHostId,
            At = d.Now,
            TotalMs = TotalMs(d),
            Phases = s.Phases,
            DowntimeMs = s.Transfer?.DowntimeMs,
            TransferredBytes = s.Transfer?.TransferredBytes,
        });
        return d.Done();
    }

    static Decision EndRolledBack(Draft d)
    {
        d.End(MigrationPhase.RolledBack);
        var s = d.State;
        d.Publish(new MigrationRolledBack
        {
            OperationId = s.OperationId,
            VmId = s.VmId,
            SourceHostId = s.SourceHostId,
            DestinationHostId = s.DestinationHostId,
            At = d.Now,
            TotalMs = TotalMs(d),
            Phases = s.Phases,
            Cancelled = s.CancelRequested,
            Error = s.CancelRequested ? null : s.Error,
        });
        return d.Done();
    }

    static Decision EndFailed(Draft d, ErrorInfo error)
    {
        d.End(MigrationPhase.Failed);
        var s = d.State;
        d.Publish(new MigrationFailed
        {
            OperationId = s.OperationId,
            VmId = s.VmId,
            SourceHostId = s.SourceHostId,
            DestinationHostId = s.DestinationHostId,
            At = d.Now,
            TotalMs = TotalMs(d),
            Phases = s.Phases,
            Error = error,
        });
        return d.Done();
    }

    static long TotalMs(Draft d) => Math.Max(0, (long)(d.Now - d.State.Trail.RequestedAt).TotalMilliseconds);
}
