using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;

namespace HvPlatform.MigrationSaga.MigrateVm;

// The three ends. Each publishes exactly one terminal event, which also says that the phase was entered, and disarms the timer.
public static partial class MigrationDecisions
{
    static Decision EndCompleted(Draft d)
    {
        RefusePendingCancel(d, "past-point-of-no-return", $"VM '{d.State.VmName}' is on the destination; the migration has completed instead of being undone.");
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
            LeftOnSource = LeftOnSource(s),
            ResolvedBy = s.ResolvedBy,
            State = s.IsSavedFirst ? VmState.Saved : s.Source is null || s.WasRunning ? null : s.Source.Vm.State == VmState.Crashed ? VmState.Off : s.Source.Vm.State,
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
            Error = s.ResolvedBy is not null ? OperatorsWord(s) : s.CancelRequested ? null : s.Error,
            ResolvedBy = s.ResolvedBy,
        });
        return d.Done();
    }

    static Decision EndFailed(Draft d, ErrorInfo error)
    {
        RefusePendingCancel(d, "migration-failed", $"VM '{d.State.VmName}' could not be brought back: {error.Message}");
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
            ResolvedBy = s.ResolvedBy,
        });
        return d.Done();
    }

    /// <summary>The disks were copied, and no one but a person deletes the originals.</summary>
    static IReadOnlyList<string> LeftOnSource(Migration s) =>
        s.Source is { CopyDisks.Count: > 0 } facts ? [.. facts.Vm.Disks.Where(disk => facts.CopyDisks.Contains(disk.Target)).Select(disk => disk.Source).OfType<string>()] : [];

    static ErrorInfo OperatorsWord(Migration s) => new()
    {
        Kind = ErrorKind.InvalidState,
        Code = "resolved-by-operator",
        Message = $"{s.ResolvedBy} asserted that VM '{s.VmName}' is on the source. Not known was: {s.Unknown}",
        Advice = "When the silent host is back, see that no copy of the VM is left there.",
        Cause = s.Error,
    };

    static long TotalMs(Draft d) => Math.Max(0, (long)(d.Now - d.State.Trail.RequestedAt).TotalMilliseconds);
}
