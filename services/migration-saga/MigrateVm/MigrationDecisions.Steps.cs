using HvPlatform.Contracts.Migrations;

namespace HvPlatform.MigrationSaga.MigrateVm;

// What each phase sends, under which name, and when again.
public static partial class MigrationDecisions
{
    /// <summary>Sends the current phase's step (again) and arms the timer that will do so once more.</summary>
    static void IssueStep(Draft d)
    {
        var s = d.State;
        switch (s.Phase)
        {
            case MigrationPhase.Preflight when s.Source is null:
                d.SendToSource(new CheckMigrationSource { OperationId = s.OperationId, Step = d.StepName("check-source"), HostId = s.SourceHostId, VmId = s.VmId, Epoch = s.Epoch, Policy = s.Policy });
                break;
            case MigrationPhase.Preflight:
                d.SendToDestination(new CheckMigrationDestination { OperationId = s.OperationId, Step = d.StepName("check-destination"), HostId = s.DestinationHostId, VmId = s.VmId, Epoch = s.Epoch, Source = s.Source!, Policy = s.Policy });
                break;
            case MigrationPhase.Reserving:
                d.SendToOrchestrator(new ReserveMigrationCapacity
                {
                    OperationId = s.OperationId,
                    VmId = s.VmId,
                    HostId = s.DestinationHostId,

                    // A VM that is off takes none where it comes to.
                    MemoryMiB = s.IsCold ? 0 : s.Source!.Vm.MemoryMiB,
                    Vcpus = s.Source!.Vm.Vcpus,
                    SourceHostId = s.SourceHostId,
                    BandwidthMiBps = s.Policy.BandwidthMiBps,
                });
                break;
            case MigrationPhase.PreparingDestination:
                d.SendToDestination(new PrepareMigrationDestination { OperationId = s.OperationId, Step = d.StepName("prepare-destination"), HostId = s.DestinationHostId, VmId = s.VmId, Epoch = s.Epoch, Source = s.Source!, Policy = s.Policy });
                break;
            case MigrationPhase.Transferring:
                SendTransfer(d);
                break;
            case MigrationPhase.Cancelling:
                SendAbort(d);
                break;
            case MigrationPhase.Finishing:
                d.SendToDestination(new FinishMigrationOnDestination { OperationId = s.OperationId, Step = d.StepName("finish-destination"), HostId = s.DestinationHostId, VmId = s.VmId, Epoch = s.Epoch, Source = s.Source });
                break;
            case MigrationPhase.Confirming:
                SendConfirm(d);
                break;
            case MigrationPhase.RollingBack when s.DestinationClean:
                SendRestore(d);
                break;
            case MigrationPhase.RollingBack:
                SendCleanUp(d);
                break;
        }

        d.Arm(s.Phase == MigrationPhase.Transferring ? d.Timings.TransferCheck : d.Timings.Reissue);
    }

    /// <summary>
    /// The same step name however often it is sent, so that the source transfers once; only a post-copy that broke off is asked for under a new one, and
    /// then nothing is begun.
    /// </summary>
    static void SendTransfer(Draft d)
    {
        var s = d.State;
        d.SendToSource(new TransferVm
        {
            OperationId = s.OperationId,
            Step = TransferStep(s),
            HostId = s.SourceHostId,
            VmId = s.VmId,
            Epoch = s.Epoch,
            DestinationHostId = s.DestinationHostId,
            MigrationUri = s.MigrationUri!,
            Policy = WithinGrant(s),
            Source = s.Source,
            Resume = s.Resumes > 0,
        });
    }

    static string TransferStep(Migration s) => s.Resumes == 0 ? "transfer" : $"resume-transfer#{s.Resumes}";

    /// <summary>
    /// Always a new step name: an abort that came before the job existed has to be carried out again. It also closes: a TransferVm that comes to the
    /// source after it begins nothing.
    /// </summary>
    static void SendAbort(Draft d)
    {
        var s = d.State;
        d.SendToSource(new AbortVmTransfer { OperationId = s.OperationId, Step = $"abort-transfer#{s.Timer}", HostId = s.SourceHostId, VmId = s.VmId, Epoch = s.Epoch });
    }

    static void SendConfirm(Draft d)
    {
        var s = d.State;
        d.SendToSource(new ConfirmMigrationOnSource { OperationId = s.OperationId, Step = d.StepName("confirm-source"), HostId = s.SourceHostId, VmId = s.VmId, Epoch = s.Epoch });
    }

    static void SendCleanUp(Draft d)
    {
        var s = d.State;
        d.SendToDestination(new CleanUpMigrationDestination { OperationId = s.OperationId, Step = d.StepName("clean-up-destination"), HostId = s.DestinationHostId, VmId = s.VmId, Epoch = s.Epoch, Source = s.Source });
    }

    /// <summary>A guest that has run on the destination is not resumed here, whatever is found paused: that memory is of the past.</summary>
    static void SendRestore(Draft d)
    {
        var s = d.State;
        d.SendToSource(new RestoreMigrationSource { OperationId = s.OperationId, Step = d.StepName("restore-source"), HostId = s.SourceHostId, VmId = s.VmId, Epoch = s.Epoch, WasRunning = s is { WasRunning: true, RanOnDestination: false } });
    }

    static MigrationPolicy WithinGrant(Migration s) =>
        s.GrantedBandwidthMiBps is { } granted && (s.Policy.BandwidthMiBps is not { } wished || wished > granted) ? s.Policy with { BandwidthMiBps = granted } : s.Policy;

    static Decision IssueStepNow(Draft d)
    {
        IssueStep(d);
        return d.Done();
    }

    /// <summary>
    /// For a step that was refused or unanswered before: no hurry, and no busy loop between it and the inquiry. The timer sends it, and only then its time runs.
    /// </summary>
    static Decision IssueStepLater(Draft d)
    {
        var wait = d.Timings.RetryDelay * Math.Min(d.State.Attempt, 30);
        d.State = d.State with { StepDeadline = d.Now + wait + d.Timings.StepDeadline };
        d.Arm(wait);
        return d.Done();
    }

    /// <summary>The step the current phase waits for, or null where it waits for no host's step.</summary>
    static string? ExpectedStep(Draft d) => d.State.WorkPhase switch
    {
        MigrationPhase.Preflight => d.StepName(d.State.Source is null ? "check-source" : "check-destination"),
        MigrationPhase.PreparingDestination => d.StepName("prepare-destination"),
        MigrationPhase.Transferring => TransferStep(d.State),
        MigrationPhase.Finishing => d.StepName("finish-destination"),
        MigrationPhase.Confirming => d.StepName("confirm-source"),
        MigrationPhase.RollingBack => d.StepName(d.State.DestinationClean ? "restore-source" : "clean-up-destination"),
        _ => null,
    };
}
