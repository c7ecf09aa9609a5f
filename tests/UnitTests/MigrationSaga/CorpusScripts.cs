using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using static HvPlatform.UnitTests.MigrationSaga.MigrationScript;

namespace HvPlatform.UnitTests.MigrationSaga;

/// <summary>The migrations that were recorded for the corpus. What was recorded once stays as it is; the rules move on, and the replay says how.</summary>
static class CorpusScripts
{
    public static IEnumerable<(string Name, MigrationScript Script)> All()
    {
        yield return ("completed", At(MigrationPhase.Completed));
        yield return ("refused-by-the-preflight", new MigrationScript().SourceChecked().After(Seconds(0.2)).DestinationChecked(passed: false));
        yield return ("no-room", At(MigrationPhase.Reserving).Play(new MigrationCapacityRefused
        {
            OperationId = default,
            HostId = DestinationHost,
            Error = new ErrorInfo { Kind = ErrorKind.Resource, Code = "no-room", Message = "512 MiB asked, 3 free" },
        }));
        yield return ("transfer-failed-and-rolled-back", At(MigrationPhase.Transferring).After(Seconds(3)).TransferEnded(VmTransferOutcome.Failed).After(Seconds(0.1)).BothAnswer(VmState.Running, null).After(Seconds(0.1)).CleanedUp().After(Seconds(0.1)).Restored());
        yield return ("cancelled-in-the-transfer", At(MigrationPhase.Transferring).After(Seconds(2)).Cancel().After(Seconds(0.3)).TransferEnded(VmTransferOutcome.Aborted).BothAnswer(VmState.Running, null).After(Seconds(0.1)).CleanedUp().After(Seconds(0.1)).Restored());
        yield return ("cancel-refused-in-finishing", At(MigrationPhase.Finishing).After(Seconds(0.1)).Cancel().Finished().After(Seconds(0.1)).Confirmed().After(Seconds(1)).Cancel());
        yield return ("in-doubt-then-rolled-back", At(MigrationPhase.InDoubt).After(Seconds(40)).FireTimer().BothAnswer(VmState.Running, null).CleanedUp().Restored());
        yield return ("in-doubt-then-completed", At(MigrationPhase.InDoubt).FireTimer().FireTimer().BothAnswer(null, VmState.Running).Finished().Confirmed());
        yield return ("a-passing-failure-tried-again", Retries());
        yield return ("stopped-on-the-way", At(MigrationPhase.Failed));
        yield return ("end-of-the-transfer-lost", At(MigrationPhase.Transferring).FireTimer().BothAnswer(null, VmState.Running).Finished().Confirmed().CleanedUp());
        yield return ("timed-out", At(MigrationPhase.Transferring).After(Seconds(700)).FireTimer().TransferEnded(VmTransferOutcome.Aborted).BothAnswer(VmState.Running, null).CleanedUp().Restored());
        yield return ("source-left-paused", At(MigrationPhase.Transferring).TransferEnded(VmTransferOutcome.Failed).Rounds(2, s => s.Answer(SourceHost, VmState.Paused, pausedByMigration: true).Answer(DestinationHost, null)).CleanedUp().Restored());
        yield return ("shut-down-on-the-destination", At(MigrationPhase.Confirming).StepFails("confirm-source", ErrorKind.Timeout, SourceHost).Rounds(3, s => s.BothAnswer(VmState.Off, VmState.Off)).FireTimer().Confirmed());
        yield return ("destination-lost-power-after-the-switch-over", At(MigrationPhase.Transferring).TransferEnded(VmTransferOutcome.Indeterminate).Rounds(3, s => s.Answer(SourceHost, VmState.Paused, pausedByMigration: true).Answer(DestinationHost, VmState.Off)).Confirmed());
        yield return ("ended-by-an-operator", At(MigrationPhase.InDoubt).Answer(DestinationHost, VmState.Running).Resolve(MigrationResolution.OnSource).Resolve(MigrationResolution.OnDestination));
        yield return ("waited-for-capacity", At(MigrationPhase.Reserving).Deferred(500).FireTimer().Deferred(500).FireTimer().Reserved(80).Prepared().After(Seconds(3)).TransferEnded(VmTransferOutcome.Completed).Finished().Confirmed());
        yield return ("will-not-converge", new MigrationScript(new MigrationPolicy { RequireConvergence = true }).SourceChecked(forecast: new MigrationForecast { Converges = false, Verdict = "more is dirtied than copied" }));
        yield return ("post-copy-cut-off-then-completed", At(MigrationPhase.Transferring).TransferEnded(VmTransferOutcome.Failed)
            .Rounds(5, s => s.Answer(SourceHost, VmState.Paused, pausedByMigration: true, postCopy: true).Answer(DestinationHost, VmState.Paused, postCopy: true)).FireTimer()
            .Rounds(3, s => s.Answer(SourceHost, VmState.Paused, pausedByMigration: true).Answer(DestinationHost, VmState.Running)).Finished().Confirmed());
        yield return ("post-copy-taken-up-again", At(MigrationPhase.Transferring).TransferEnded(VmTransferOutcome.Indeterminate)
            .Rounds(4, s => s.Answer(SourceHost, VmState.Paused, transferRunning: true, pausedByMigration: true, postCopy: true).Answer(DestinationHost, VmState.Running, postCopy: true))
            .After(Seconds(2)).TransferEnded(VmTransferOutcome.Completed).Finished().Confirmed());
    }

    static MigrationScript Retries()
    {
        var s = new MigrationScript().SourceChecked().StepFails("check-destination", ErrorKind.Transient, DestinationHost).FireTimer().DestinationChecked().Reserved();
        s.StepFails("prepare-destination", ErrorKind.Transient, DestinationHost).FireTimer().StepFails("prepare-destination#2", ErrorKind.Transient, DestinationHost).FireTimer();
        return s.Prepared().After(Seconds(1)).TransferEnded(VmTransferOutcome.Completed).Finished().Confirmed();
    }

    static TimeSpan Seconds(double s) => TimeSpan.FromSeconds(s);
}
