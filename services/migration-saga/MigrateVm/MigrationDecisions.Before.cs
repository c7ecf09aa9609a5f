using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;

namespace HvPlatform.MigrationSaga.MigrateVm;

// Up to the transfer: everything here can be undone, because nothing has happened to the VM.
public static partial class MigrationDecisions
{
    static Decision OnSourceChecked(Draft d, MigrationSourceChecked m)
    {
        if (d.State.Phase != MigrationPhase.Preflight || d.State.Source is not null)
        {
            return Ignore(d.State, "the source was checked already");
        }

        if (m.Source is null || m.Findings.Any(f => !f.Passed))
        {
            return EndUntouched(d, PreflightFailed(d.State, m.Findings, $"source host {d.State.SourceHostId}"));
        }

        d.State = d.State with { Source = m.Source, Attempt = 1, StepDeadline = d.Now + d.Timings.StepDeadline };
        IssueStep(d);
        return d.Done();
    }

    static Decision OnDestinationChecked(Draft d, MigrationDestinationChecked m)
    {
        if (d.State.Phase != MigrationPhase.Preflight || d.State.Source is null)
        {
            return Ignore(d.State, "the destination's check is not waited for");
        }

        if (m.Findings.Any(f => !f.Passed))
        {
            return EndUntouched(d, PreflightFailed(d.State, m.Findings, $"destination host {d.State.DestinationHostId}"));
        }

        d.Enter(MigrationPhase.Reserving);
        IssueStep(d);
        return d.Done();
    }

    static Decision OnReserved(Draft d, MigrationCapacityReserved m)
    {
        if (d.State.Phase != MigrationPhase.Reserving || m.HostId != d.State.DestinationHostId)
        {
            return Ignore(d.State, "no reservation is waited for");
        }

        d.State = d.State with { Attempt = 1 };
        d.Enter(MigrationPhase.PreparingDestination);
        IssueStep(d);
        return d.Done();
    }

    static Decision OnReservationRefused(Draft d, MigrationCapacityRefused m) =>
        d.State.Phase == MigrationPhase.Reserving ? EndUntouched(d, m.Error) : Ignore(d.State, "no reservation is waited for");

    static Decision OnPrepared(Draft d, MigrationDestinationPrepared m)
    {
        if (d.State.Phase != MigrationPhase.PreparingDestination)
        {
            return Ignore(d.State, "the destination was prepared already");
        }

        d.State = d.State with { MigrationUri = m.MigrationUri };
        d.Enter(MigrationPhase.Transferring, deadline: TimeSpan.FromSeconds(d.State.Policy.TimeoutSeconds) + d.Timings.TransferGrace);
        IssueStep(d);
        return d.Done();
    }

    static ErrorInfo PreflightFailed(Migration s, IReadOnlyList<MigrationFinding> findings, string where)
    {
        var failed = findings.Where(f => !f.Passed).ToList();
        return new ErrorInfo
        {
            Kind = ErrorKind.Validation,
            Code = failed.Count == 1 ? $"preflight-{failed[0].Check}" : "preflight-failed",
            Message = $"VM '{s.VmName}' cannot be migrated: {(failed.Count == 0 ? "the source gave no facts" : string.Join("; ", failed.Select(f => $"{f.Check}: {f.Detail}")))}",
            Where = where,
            Advice = "Mend what the checks found and start the migration again. Nothing was changed.",
        };
    }

    /// <summary>Ends a migration that has touched neither the VM nor the destination.</summary>
    static Decision EndUntouched(Draft d, ErrorInfo? error)
    {
        d.Blame(error);
        return EndRolledBack(d);
    }

    /// <summary>Undoes what was prepared. Called only when both hosts agree, or the transfer never began.</summary>
    static Decision RollBack(Draft d, ErrorInfo? error)
    {
        d.Blame(error);
        var again = d.State.WorkPhase == MigrationPhase.RollingBack;
        d.State = d.State with { Inquiry = null, Attempt = d.State.Attempt + 1 };
        if (d.State.Phase != MigrationPhase.RollingBack)
        {
            d.Enter(MigrationPhase.RollingBack, d.State.CancelRequested ? "cancelled" : null, d.State.Error);
        }

        return again ? IssueStepLater(d) : IssueStepNow(d);
    }

    static Decision OnCleanedUp(Draft d) =>
        d.State.WorkPhase == MigrationPhase.RollingBack ? EndRolledBack(d) : Ignore(d.State, "nothing is being rolled back");
}
