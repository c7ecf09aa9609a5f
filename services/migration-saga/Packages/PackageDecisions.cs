using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Operations;
using HvPlatform.Contracts.Packages;
using HvPlatform.MigrationSaga.MigrateVm;

namespace HvPlatform.MigrationSaga.Packages;

/// <summary>
/// What an export or import does next: <c>(state, message, now) → (state, effects)</c>, with no clock, no bus and no database.
/// <para>
/// The theory. One host does all the work, step by step, and its agent's journal runs each named step once. So:
/// (1) a lost command or answer costs time only: the step is sent again under its name, with a question beside it that shows whether the host lives;
/// (2) a step that failed for a passing reason, or whose end the agent does not know, is asked for under a new name: drivers find what the operation made
/// before by its id, and go on or begin anew, never beside it;
/// (3) before the point of no return every failure and every cancel leads to <see cref="PackagePhase.Discarding"/>, and only the host's word that nothing is
/// left ends it as undone;
/// (4) in and after <see cref="PackagePhase.Realising"/> nothing is undone unless the host says that the VM does not exist: an import never leaves two, and
/// never removes one that may run;
/// (5) a host that stays silent makes the state <see cref="PackagePhase.InDoubt"/>, not a guess; when it answers the work goes on where it was; an operator
/// may end the doubt by an explicit word.
/// </para>
/// </summary>
public static class PackageDecisions
{
    /// <summary>Grows whenever the same messages lead to another decision.</summary>
    public const int Version = 2;

    const int AnswersToBelieve = 3;

    /// <summary>Every decision. <paramref name="state"/> is null before the first.</summary>
    public static PackageDecision Decide(PackageProcedure procedure, PackageJob? state, object message, DateTimeOffset now, MigrationTimings timings)
    {
        var input = procedure.Read(message, now);
        if (state is null or { Phase: PackagePhase.Requested })
        {
            return input switch
            {
                BeginInput m => Begin(new PackageDraft(procedure, m.Job with { CancelRequested = state is not null }, now, timings)),
                CancelInput m when state is null => new PackageDecision(Waiting(m, now), []),
                _ when state is not null => Ignore(state, "not-begun", "it was cancelled before it began; it waits for its beginning"),
                _ => throw new ArgumentException($"An {procedure.Noun} cannot begin with {message.GetType().Name}.", nameof(message)),
            };
        }

        var d = new PackageDraft(procedure, state, now, timings);
        return input switch
        {
            CancelInput when state.IsOver => RefuseCancel(d, "operation-over", $"The {procedure.Noun} ended as {state.Phase}."),
            ResolveInput m when state.IsOver => RefuseResolve(d, m, $"The {procedure.Noun} ended as {state.Phase}.", "Nothing is in doubt any more."),
            _ when state.IsOver => Ignore(state, "over", $"it is over ({state.Phase})"),
            BeginInput => Ignore(state, "repeated", "it has begun already"),
            StepInput m => OnStep(d, m),
            SeenInput m => OnSeen(d, m),
            CancelInput => OnCancel(d),
            ResolveInput m => OnResolve(d, m),
            TimerInput m => OnTimer(d, m),
            _ => Ignore(state, "no-input", $"{message.GetType().Name} is no input of an {procedure.Noun}"),
        };
    }

    static PackageDecision Ignore(PackageJob state, string reason, string why) => new(state, [], new Ignored(reason, why));

    static PackageJob Waiting(CancelInput m, DateTimeOffset now) => new()
    {
        OperationId = m.OperationId,
        VmId = default,
        VmName = "",
        HostId = default,
        Epoch = 0,
        Trail = m.Trail,
        Phase = PackagePhase.Requested,
        BeganAt = now,
        Deadline = now,
        CancelRequested = true,
    };

    static PackageDecision Begin(PackageDraft d)
    {
        d.Publish(d.Procedure.Started(d.State, d.Now));
        if (d.State.CancelRequested)
        {
            return EndUndone(d);
        }

        d.Enter(PackagePhase.Checking);
        return Issue(d);
    }

    /// <summary>Sends the phase's step (again) and arms the timer that will do so once more.</summary>
    static PackageDecision Issue(PackageDraft d, bool again = false)
    {
        if (d.State.Phase == PackagePhase.Verifying || d.State.Asking)
        {
            return Ask(d);
        }

        d.Send(d.Procedure.Command(d.State, d.StepName));
        if (again)
        {
            // The journal keeps the step from being run twice; the answer to this shows that the host lives.
            Question(d);
        }

        d.Arm(d.State.Phase is PackagePhase.Exporting or PackagePhase.Planning ? d.Timings.TransferCheck : d.Timings.Reissue);
        return d.Done();
    }

    static PackageDecision Ask(PackageDraft d)
    {
        Question(d);
        var wait = d.Timings.Reissue * Math.Max(1, d.State.Phase == PackagePhase.InDoubt ? d.State.SilentRounds : d.State.Unsettled);
        d.Arm(wait < d.Timings.InquiryBackoffLimit ? wait : d.Timings.InquiryBackoffLimit);
        return d.Done();
    }

    static void Question(PackageDraft d)
    {
        d.State = d.State with { Rounds = d.State.Rounds + 1 };
        d.Send(d.Procedure.Inspect(d.State));
    }

    static PackageDecision OnStep(PackageDraft d, StepInput m)
    {
        if (m.Step == d.State.Question && m.Outcome != PackageOutcome.Succeeded)
        {
            // The host lives but cannot say. The deadline stays: if it cannot say for long, that is a doubt with this cause.
            d.State = d.State with { InquiryError = m.Error ?? Unexplained(d, m) };
            return d.Done();
        }

        if (m.Step != d.StepName || d.State.Asking)
        {
            return Ignore(d.State, "earlier-step", $"step '{m.Step}' is not the one waited for");
        }

        LeaveDoubt(d);
        d.Heard();
        if (m.Outcome != PackageOutcome.Succeeded)
        {
            return OnStepFailed(d, m);
        }

        var s = d.State = d.State with { Manifest = m.Manifest ?? d.State.Manifest, Vm = m.Vm ?? d.State.Vm, StartError = m.StartError ?? d.State.StartError };
        if (s.Phase == PackagePhase.Discarding)
        {
            return EndUndone(d);
        }

        if (m.Findings.Where(f => !f.Passed).ToList() is { Count: > 0 } wrong)
        {
            return Undo(d, CheckFailed(d, wrong));
        }

        if (s.CancelRequested && !d.Procedure.IsPastNoReturn(s.Phase))
        {
            return Undo(d, null);
        }

        d.Enter(d.Procedure.Next(s.Phase));
        return Issue(d);
    }

    static PackageDecision OnStepFailed(PackageDraft d, StepInput m)
    {
        var s = d.State;
        var error = m.Error ?? Unexplained(d, m);
        var passing = m.Outcome == PackageOutcome.Indeterminate || (m.Outcome == PackageOutcome.Failed && error.Kind == ErrorKind.Transient);
        if (passing && s.Tries < d.Timings.MaxAttempts && (!s.CancelRequested || s.Phase is PackagePhase.Discarding or PackagePhase.Realising))
        {
            d.State = s with { Attempt = s.Attempt + 1, Tries = s.Tries + 1 };
            d.Arm(d.Timings.RetryDelay * s.Tries);
            return d.Done();
        }

        switch (s.Phase)
        {
            case PackagePhase.Discarding:
                return EndLeft(d, error);
            case PackagePhase.Realising:
                d.Blame(error);
                d.State = d.State with { Asking = true };
                return Ask(d);
            default:
                return Undo(d, m.Outcome == PackageOutcome.Cancelled && s.CancelRequested ? null : error);
        }
    }

    static PackageDecision OnSeen(PackageDraft d, SeenInput m)
    {
        var s = d.State;
        if (m.Step != s.Question)
        {
            return Ignore(s, "earlier-step", $"answer '{m.Step}' is of an earlier question");
        }

        d.State = d.State with { Seen = m.Presence, SeenAt = d.Now, InquiryError = null };
        if (DoesNotEnd(d))
        {
            // Told to end and still at it: that it lives is no progress.
            return d.Done();
        }

        d.Heard();
        var settles = s.WorkPhase == PackagePhase.Verifying || s.Asking;
        var doubted = s.Phase == PackagePhase.InDoubt;
        LeaveDoubt(d);
        s = d.State;
        if (!settles)
        {
            // The host lives and knows its steps: the work goes on where it was.
            return doubted ? Issue(d) : d.Done();
        }

        switch (m.Presence)
        {
            case PackagePresence.Complete when s.CancelRequested && !d.Procedure.IsPastNoReturn(s.Phase):
                return Undo(d, null);
            case PackagePresence.Complete:
                d.State = d.State with { Manifest = m.Manifest ?? s.Manifest, Vm = m.Vm ?? s.Vm, Error = null };
                d.State = d.State with { StartError = s.StartError ?? NotStarted(d) };
                return d.End(PackagePhase.Completed, d.Procedure.Completed(d.State, d.Now));
            case PackagePresence.None or PackagePresence.Partial when s.Unsettled + 1 >= AnswersToBelieve:
                return s.WorkPhase == PackagePhase.Verifying && d.Procedure.IsPastNoReturn(s.WorkPhase) ? EndLeft(d, Vanished(d)) : Undo(d, s.Error ?? Vanished(d));
            default:
                d.State = d.State with { Unsettled = s.Unsettled + (m.Presence == PackagePresence.Running ? 0 : 1) };
                d.Arm(d.Timings.RetryDelay);
                return d.Done();
        }
    }

    static PackageDecision OnTimer(PackageDraft d, TimerInput m)
    {
        var s = d.State;
        if (m.Timer != s.Timer)
        {
            return Ignore(s, "earlier-step", $"timer {m.Timer} is of an earlier step (now {s.Timer})");
        }

        if (s.Phase == PackagePhase.InDoubt)
        {
            d.State = s with { SilentRounds = s.SilentRounds + 1 };
            return Ask(d);
        }

        if (d.Now < s.Deadline)
        {
            return Issue(d, again: true);
        }

        if (s.Phase == PackagePhase.Checking)
        {
            d.Blame(Silent(d));
            return EndUndone(d);
        }

        var endless = DoesNotEnd(d) && d.Now - s.SeenAt < d.Timings.StepDeadline;
        var what = s.InquiryError is { } cannot ? $"cannot say what there is ({cannot.Code}: {cannot.Message})"
            : endless ? "was told to end it and still runs it" : "does not answer";
        d.State = s with
        {
            Phase = PackagePhase.InDoubt,
            PhaseBeforeDoubt = s.Phase,
            Unknown = $"Host {s.HostId} {what}; the {d.Procedure.Noun} of VM '{s.VmName}' was in phase {s.Phase}.",
        };
        d.Publish(d.Procedure.InDoubt(d.State, hostSilent: s.InquiryError is null && !endless, d.Now));
        return Ask(d);
    }

    /// <summary>A copy that was cancelled and of which the host still says that it runs.</summary>
    static bool DoesNotEnd(PackageDraft d) =>
        d.State is { CancelRequested: true, Seen: PackagePresence.Running, WorkPhase: PackagePhase.Exporting or PackagePhase.Planning };

    static void LeaveDoubt(PackageDraft d)
    {
        if (d.State.Phase == PackagePhase.InDoubt)
        {
            var (asking, tries) = (d.State.Asking, d.State.Tries);
            d.Enter(d.State.PhaseBeforeDoubt);
            d.State = d.State with { Asking = asking, Tries = tries };
        }
    }

    static PackageDecision OnCancel(PackageDraft d)
    {
        var s = d.State;
        if (d.Procedure.IsPastNoReturn(s.WorkPhase))
        {
            return RefuseCancel(d, "past-point-of-no-return", $"The VM may exist already; the {d.Procedure.Noun} completes instead of being undone. Delete the VM if it is not wanted.");
        }

        if (s.CancelRequested || s.WorkPhase == PackagePhase.Discarding)
        {
            return Ignore(s, "being-done", "it is being undone already");
        }

        d.State = s = s with { CancelRequested = true };
        switch (s.WorkPhase)
        {
            case PackagePhase.Checking:
                return EndUndone(d);
            case PackagePhase.Exporting or PackagePhase.Planning:
                d.Heard();
                d.Send(d.Procedure.Abort(s));
                return d.Done();
            default:
                return s.Phase == PackagePhase.InDoubt ? d.Done() : Undo(d, null);
        }
    }

    /// <summary>Goes back; from a check there is nothing to go back from.</summary>
    static PackageDecision Undo(PackageDraft d, ErrorInfo? error)
    {
        d.Blame(error);
        if (d.State.Phase == PackagePhase.Checking)
        {
            return EndUndone(d);
        }

        d.Enter(PackagePhase.Discarding, d.State.Error);
        return Issue(d);
    }

    static PackageDecision EndUndone(PackageDraft d) =>
        d.End(PackagePhase.RolledBack, d.Procedure.Failed(d.State, d.State.Error ?? Cancelled(d), clean: true, d.Now));

    /// <summary>Not done, and something may be left: told, never silent.</summary>
    static PackageDecision EndLeft(PackageDraft d, ErrorInfo why)
    {
        var error = d.State.Error is { } first
            ? why with { Message = $"{first.Message} What was made could not be removed: {why.Message}", Cause = first }
            : why;
        d.Blame(error);
        return d.End(PackagePhase.Failed, d.Procedure.Failed(d.State, error, clean: false, d.Now));
    }

    static PackageDecision OnResolve(PackageDraft d, ResolveInput m)
    {
        var s = d.State;
        if (s.Phase != PackagePhase.InDoubt)
        {
            return RefuseResolve(d, m, $"The {d.Procedure.Noun} is in phase {s.Phase}, not in doubt.", "Wait: it goes on by itself, and becomes InDoubt if the host does not answer.");
        }

        var fresh = s.Seen is { } seen && d.Now - s.SeenAt <= 2 * d.Timings.InquiryBackoffLimit ? seen : (PackagePresence?)null;
        if ((m.Resolution, fresh) is (PackageResolution.Done, PackagePresence.None or PackagePresence.Partial) or (PackageResolution.NotDone, PackagePresence.Complete) or (PackageResolution.Unknown, _))
        {
            return RefuseResolve(d, m, $"Host {s.HostId} answered last: {fresh}.", "Look on the host again, and take the assertion that is true.");
        }

        d.Publish(new PackageResolvedByOperator { OperationId = s.OperationId, VmId = s.VmId, Resolution = m.Resolution, Unknown = s.Unknown ?? "", Trail = m.Trail, At = d.Now });
        if (m.Resolution == PackageResolution.Done)
        {
            return d.End(PackagePhase.Completed, d.Procedure.Completed(s, d.Now));
        }

        // A host that comes back after all begins nothing any more. What it has is for whoever said so to look at.
        d.Send(d.Procedure.Abort(s));
        var error = new ErrorInfo
        {
            Kind = ErrorKind.InvalidState,
            Code = "asserted-not-done",
            Message = $"{m.Trail.RequestedBy} asserted that the {d.Procedure.Noun} of VM '{s.VmName}' was not done. Not known was: {s.Unknown}",
            Advice = "When the host is back, look for what the operation left there.",
            Cause = s.Error ?? s.InquiryError,
        };
        return d.End(PackagePhase.Failed, d.Procedure.Failed(s, error, clean: false, d.Now));
    }

    static PackageDecision RefuseResolve(PackageDraft d, ResolveInput m, string why, string advice)
    {
        var code = d.State.Phase == PackagePhase.InDoubt ? "resolution-contradicted" : "not-in-doubt";
        d.Publish(new PackageResolveRejected
        {
            OperationId = d.State.OperationId,
            VmId = d.State.VmId,
            At = d.Now,
            Error = new ErrorInfo { Kind = ErrorKind.InvalidState, Code = code, Message = $"{m.Resolution} was not accepted. {why}", Advice = advice },
        });
        return d.Done();
    }

    static PackageDecision RefuseCancel(PackageDraft d, string code, string why)
    {
        d.Publish(new CancelRejected { OperationId = d.State.OperationId, At = d.Now, Error = new ErrorInfo { Kind = ErrorKind.InvalidState, Code = code, Message = why } });
        return d.Done();
    }

    static ErrorInfo CheckFailed(PackageDraft d, List<MigrationFinding> wrong) => new()
    {
        Kind = ErrorKind.InvalidState,
        Code = $"{d.Procedure.Noun}-check-failed",
        Message = $"VM '{d.State.VmName}' cannot be {d.Procedure.Noun}ed so: {string.Join(" ", wrong.Select(f => f.Detail))}",
        Where = $"host {d.State.HostId}",
        Advice = $"Mend what did not pass ({string.Join(", ", wrong.Select(f => f.Check))}) and ask again.",
    };

    static ErrorInfo Cancelled(PackageDraft d) => new()
    {
        Kind = ErrorKind.Cancelled,
        Code = "cancelled",
        Message = $"The {d.Procedure.Noun} of VM '{d.State.VmName}' was cancelled; nothing is left of it.",
    };

    static ErrorInfo Silent(PackageDraft d) => new()
    {
        Kind = ErrorKind.Timeout,
        Code = "step-unanswered",
        Message = $"Host {d.State.HostId} did not answer; the {d.Procedure.Noun} of VM '{d.State.VmName}' was not begun.",
        Where = $"host {d.State.HostId}",
        Advice = "Check that the host's agent runs and reaches the message broker, then ask again.",
        Cause = d.State.InquiryError,
    };

    /// <summary>The VM was to be started, its step's own word is lost, and the host does not have it running.</summary>
    static ErrorInfo? NotStarted(PackageDraft d) => d.State is { Import.Start: true, Vm: { State: VmState.Off or VmState.Saved } vm }
        ? new()
        {
            Kind = ErrorKind.InvalidState,
            Code = "import-not-started",
            Message = $"VM '{d.State.VmName}' was imported but is {vm.State}; whether a start was tried is not known.",
            Where = $"host {d.State.HostId}",
            Advice = "Start the VM.",
        }
        : null;

    static ErrorInfo Vanished(PackageDraft d) => new()
    {
        Kind = ErrorKind.NotFound,
        Code = $"{d.Procedure.Noun}-vanished",
        Message = $"The {d.Procedure.Noun} of VM '{d.State.VmName}' was made, but host {d.State.HostId} does not have it any more.",
        Where = $"host {d.State.HostId}",
        Advice = "Someone or something removed it meanwhile: look at the host.",
        Cause = d.State.Error,
    };

    static ErrorInfo Unexplained(PackageDraft d, StepInput m) => new()
    {
        Kind = ErrorKind.Unknown,
        Code = "step-failed",
        Message = $"Step '{m.Step}' of the {d.Procedure.Noun} of VM '{d.State.VmName}' ended as {m.Outcome} without an error.",
        Where = $"host {d.State.HostId}",
    };
}
