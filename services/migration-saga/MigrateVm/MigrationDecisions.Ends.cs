using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;

namespace HvPlatform.MigrationSaga.MigrateVm;

// The three ends. Each publishes exactly one terminal event and disarms the timer.
public static partial class MigrationDecisions
{
    static Decision EndCompleted(Draft d)
    {
        d.Enter(MigrationPhase.Completed);
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
        d.Disarm();
        return d.Done();
    }

    static Decision EndRolledBack(Draft d)
    {
        d.Enter(MigrationPhase.RolledBack, d.State.CancelRequested ? "cancelled" : null, d.State.Error);
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
        d.Disarm();
        return d.Done();
    }

    static Decision EndFailed(Draft d, ErrorInfo error)
    {
        d.Enter(MigrationPhase.Failed, null, error);
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
        d.Disarm();
        return d.Done();
    }

    static long TotalMs(Draft d) => Math.Max(0, (long)(d.Now - d.State.Trail.RequestedAt).TotalMilliseconds);
}
