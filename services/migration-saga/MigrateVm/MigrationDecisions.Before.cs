using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;

namespace HvPlatform.MigrationSaga.MigrateVm;

// Up to the transfer: everything here can be undone, because nothing has happened to the VM.
public static partial class MigrationDecisions
{
    const int ShortestCapacityWaitMs = 250;
    const int LongestCapacityWaitMs = 30_000;

    static Decision Begin(BeginMigration m, bool cancelled, DateTimeOffset now, MigrationTimings timings)
    {
        var d = new Draft(
            new Migration
            {
                OperationId = m.OperationId,
                VmId = m.VmId,
                VmName = m.VmName,
                SourceHostId = m.SourceHostId,
                DestinationHostId = m.DestinationHostId,
                Epoch = m.Epoch,
                Policy = m.Policy,
                Trail = m.Trail,
                Phase = MigrationPhase.Requested,
                PhaseSince = m.Trail.RequestedAt < now ? m.Trail.RequestedAt : now,
                StepDeadline = now,
                CancelRequested = cancelled,
            },
            now,
            timings);
        d.Publish(new MigrationStarted
        {
            OperationId = m.OperationId,
            VmId = m.VmId,
            SourceHostId = m.SourceHostId,
            DestinationHostId = m.DestinationHostId,
            Epoch = m.Epoch,
            Policy = m.Policy,
            Trail = m.Trail,
            At = now,
        });
        if (cancelled)
        {
            return EndUntouched(d, null);
        }

        d.Enter(MigrationPhase.Preflight);
        return IssueStepNow(d);
    }

    /// <summary>
    /// A cancel that overtook the beginning is kept until that comes. Nothing is known of the migration yet, and nothing needs to be sent again: both messages
    /// are in the orchestrator's outbox.
    /// </summary>
    static Decision CancelledBeforeBegun(CancelMigrationRequested m, DateTimeOffset now) => new(
        new Migration
        {
            OperationId = m.OperationId,
            VmId = default,
            VmName = "",
            SourceHostId = default,
            DestinationHostId = default,
            Epoch = 0,
            Policy = new MigrationPolicy(),
            Trail = m.Trail,
            Phase = MigrationPhase.Requested,
            PhaseSince = now,
            StepDeadline = now,
            CancelRequested = true,
        },
        []);

    static Decision OnSourceChecked(Draft d, MigrationSourceChecked m)
    {
        if (d.State.Phase != MigrationPhase.Preflight || d.State.Source is not null)
        {
            return Ignore(d.State, Repeated, "the source was checked already");
        }

        if (m.Forecast is { } forecast)
        {
            d.Publish(new MigrationForecasted { OperationId = d.State.OperationId, VmId = d.State.VmId, Forecast = forecast, At = d.Now });
        }

        if (m.Source is null || m.Findings.Any(f => !f.Passed))
        {
            return EndUntouched(d, PreflightFailed(d.State, m.Findings, $"source host {d.State.SourceHostId}"));
        }

        d.State = d.State with { Source = m.Source, Attempt = 1, StepDeadline = d.Now + d.Timings.StepDeadline };
        if (WrongMode(d.State) is { } wrong)
        {
            return EndUntouched(d, wrong);
        }

        return d.State.Policy.RequireConvergence && m.Forecast?.Converges == false ? EndUntouched(d, WillNotConverge(d.State, m.Forecast)) : IssueStepNow(d);
    }

    static Decision OnDestinationChecked(Draft d, MigrationDestinationChecked m)
    {
        if (d.State.Phase != MigrationPhase.Preflight || d.State.Source is null)
        {
            return Ignore(d.State, Late, "the destination's check is not waited for");
        }

        if (m.Findings.Any(f => !f.Passed))
        {
            return EndUntouched(d, PreflightFailed(d.State, m.Findings, $"destination host {d.State.DestinationHostId}"));
        }

        d.Enter(MigrationPhase.Reserving);
        return IssueStepNow(d);
    }

    static Decision OnReserved(Draft d, MigrationCapacityReserved m)
    {
        if (d.State.Phase != MigrationPhase.Reserving || m.HostId != d.State.DestinationHostId)
        {
            return Ignore(d.State, Late, "no reservation is waited for");
        }

        d.State = d.State with { Attempt = 1, GrantedBandwidthMiBps = m.BandwidthMiBps };
        d.Enter(MigrationPhase.PreparingDestination);
        return IssueStepNow(d);
    }

    /// <summary>The hosts are at their limits: says what is waited for, and asks again when told to, for as long as the policy allows.</summary>
    static Decision OnDeferred(Draft d, MigrationCapacityDeferred m)
    {
        var s = d.State;
        if (s.Phase != MigrationPhase.Reserving)
        {
            return Ignore(s, Late, "no reservation is waited for");
        }

        if (d.Now - s.PhaseSince >= TimeSpan.FromSeconds(s.Policy.TimeoutSeconds))
        {
            return EndUntouched(d, WaitedTooLong(s, m.Reason));
        }

        var wait = TimeSpan.FromMilliseconds(Math.Clamp(m.RetryAfterMs, ShortestCapacityWaitMs, LongestCapacityWaitMs));
        d.State = s with { StepDeadline = d.Now + wait + d.Timings.StepDeadline };
        if (m.Reason != s.CapacityReason && (s.CapacityReason is null || d.Now - s.CapacityReasonAt >= d.Timings.InDoubtAfter))
        {
            d.State = d.State with { CapacityReason = m.Reason, CapacityReasonAt = d.Now };
            d.Publish(new MigrationPhaseChanged { OperationId = s.OperationId, VmId = s.VmId, From = MigrationPhase.Reserving, To = MigrationPhase.Reserving, Reason = $"waits: {m.Reason}", At = d.Now });
        }

        d.Arm(wait);
        return d.Done();
    }

    static Decision OnReservationRefused(Draft d, MigrationCapacityRefused m) =>
        d.State.Phase == MigrationPhase.Reserving ? EndUntouched(d, m.Error) : Ignore(d.State, Late, "no reservation is waited for");

    static Decision OnPrepared(Draft d, MigrationDestinationPrepared m)
    {
        if (d.State.Phase != MigrationPhase.PreparingDestination)
        {
            return Ignore(d.State, Repeated, "the destination was prepared already");
        }

        d.State = d.State with { MigrationUri = m.MigrationUri };
        d.Enter(MigrationPhase.Transferring, deadline: TimeSpan.FromSeconds(d.State.Policy.TimeoutSeconds) + d.Timings.TransferGrace);
        return IssueStepNow(d);
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

    static ErrorInfo? WrongMode(Migration s)
    {
        ErrorInfo Wrong(string code, string message, string advice) =>
            new() { Kind = ErrorKind.InvalidState, Code = code, Message = message, Where = $"source host {s.SourceHostId}", Advice = advice };

        return (s.Policy.Mode, s.IsCold) switch
        {
            (MigrationMode.Cold, false) => Wrong("vm-not-stopped", $"VM '{s.VmName}' is {s.Source!.Vm.State}; a cold migration moves only a stopped VM and stops none.", "Shut it down first, or migrate it with mode Auto or Live."),
            (MigrationMode.Live, true) => Wrong("vm-not-running", $"VM '{s.VmName}' is {s.Source!.Vm.State}; a live migration needs a running VM.", "Start it first, or migrate it with mode Auto or Cold."),
            _ => null,
        };
    }

    static ErrorInfo WillNotConverge(Migration s, MigrationForecast forecast) => new()
    {
        Kind = ErrorKind.InvalidState,
        Code = "will-not-converge",
        Message = $"VM '{s.VmName}' was not migrated, because the transfer is forecast not to end: {forecast.Verdict}",
        Where = $"source host {s.SourceHostId}",
        Advice = "Raise the bandwidth or the downtime limit, allow auto-converge or a ladder that ends in PostCopy or Suspend, or try when the guest is less busy. Nothing was changed.",
    };

    static ErrorInfo WaitedTooLong(Migration s, string reason) => new()
    {
        Kind = ErrorKind.Timeout,
        Code = "capacity-wait-timeout",
        Message = $"Migrating VM '{s.VmName}': the hosts were at their limits for {s.Policy.TimeoutSeconds} s: {reason}",
        Where = "orchestrator",
        Advice = "Wait for other migrations to end, raise the hosts' limits, or raise timeoutSeconds. Nothing was changed.",
    };

    /// <summary>Ends a migration that has touched neither the VM nor the destination.</summary>
    static Decision EndUntouched(Draft d, ErrorInfo? error)
    {
        d.Blame(error);
        return EndRolledBack(d);
    }
}
