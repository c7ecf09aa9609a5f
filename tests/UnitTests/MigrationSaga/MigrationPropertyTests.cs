using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Operations;
using HvPlatform.Contracts.Vms;
using HvPlatform.MigrationSaga.MigrateVm;
using HvPlatform.MigrationSaga.Record;
using Xunit;
using static HvPlatform.UnitTests.MigrationSaga.MigrationScript;

namespace HvPlatform.UnitTests.MigrationSaga;

/// <summary>What holds whatever comes: hosts that lie, repeat themselves, answer late or not, people who cancel and assert at any moment.</summary>
public sealed class MigrationPropertyTests
{
    const int Seeds = 3000;
    const int Messages = 60;

    static readonly VmState[] States = [VmState.Running, VmState.Paused, VmState.Off, VmState.ShuttingDown, VmState.Crashed, VmState.Unknown];

    [Fact]
    public void Whatever_comes_no_rule_of_the_theory_is_broken()
    {
        for (var seed = 1; seed <= Seeds; seed++)
        {
            var random = new Random(seed);
            var s = new MigrationScript(vm: random.Next(4) == 0 ? Vm1 with { State = VmState.Off } : Vm1);
            var watch = new Watch(s, seed);
            for (var i = 0; i < Messages; i++)
            {
                Step(s, random, watch);
            }

            Assert.True(MigrationReplay.Run(s.Recording("")).Matches, $"Seed {seed}: the replay decides differently.");
        }
    }

    [Theory]
    [InlineData(VmState.Running, null)]
    [InlineData(null, VmState.Running)]
    [InlineData(VmState.Off, null)]
    [InlineData(null, VmState.Off)]
    [InlineData(null, null)]
    public void Whatever_came_hosts_that_answer_truly_end_it(VmState? onSource, VmState? onDestination)
    {
        for (var seed = 1; seed <= Seeds / 5; seed++)
        {
            var random = new Random(seed);
            var s = new MigrationScript();
            var watch = new Watch(s, seed);
            for (var i = 0; i < random.Next(Messages); i++)
            {
                Step(s, random, watch);
            }

            if (s.State.PostCopy)
            {
                // Neither copy is whole by a host's earlier word: that ends by the destination's or an operator's word only.
                continue;
            }

            for (var i = 0; i < 400 && !s.State.IsOver; i++)
            {
                var sent = s.Last.OfType<SendToHost>().ToList();
                foreach (var command in sent)
                {
                    AnswerTruly(s, command, onSource, onDestination);
                }

                s.FireTimer();
                watch.Check();
            }

            Assert.True(s.State.IsOver, $"Seed {seed}: still {s.Phase} (work {s.State.WorkPhase}), inquiry {s.State.Inquiry}.");
        }
    }

    static VmInfo Vm1 => new() { Id = Vm, Name = "web-1", State = VmState.Running, Vcpus = 2, MemoryMiB = 512 };

    static void Step(MigrationScript s, Random random, Watch watch)
    {
        var message = Next(s, random);
        if (message is null)
        {
            var fired = s.State.Timer;
            s.FireTimer();
            Assert.True(s.State.IsOver || s.State.Timer > fired, $"Phase {s.Phase}: the timer fired and none is armed.");
        }
        else
        {
            s.After(TimeSpan.FromMilliseconds(random.Next(3000))).Play(message);
        }

        watch.Check();
    }

    static object? Next(MigrationScript s, Random random)
    {
        var step = s.All.OfType<SendToHost>().Select(e => e.Command).OfType<IHostCommand>().Select(c => c.Step).Where(_ => random.Next(3) > 0).LastOrDefault() ?? "none";
        var host = random.Next(2) == 0 ? SourceHost : DestinationHost;
        var state = States[random.Next(States.Length)];
        var outcome = (VmTransferOutcome)random.Next(1, 5);
        return random.Next(20) switch
        {
            0 => new MigrationSourceChecked { OperationId = s.Operation, Step = step, HostId = SourceHost, VmId = Vm, Findings = [], Source = new MigrationSourceFacts { Vm = Vm1, SourceHostName = "a", Hypervisor = HypervisorKind.Simulated } },
            1 => new MigrationDestinationChecked { OperationId = s.Operation, Step = step, HostId = DestinationHost, VmId = Vm, Findings = [] },
            2 => new MigrationCapacityReserved { OperationId = s.Operation, HostId = DestinationHost },
            3 => new MigrationDestinationPrepared { OperationId = s.Operation, Step = step, HostId = DestinationHost, VmId = Vm, MigrationUri = "x" },
            4 => new VmTransferEnded { OperationId = s.Operation, Step = "transfer", HostId = SourceHost, VmId = Vm, Outcome = outcome, At = s.Now },
            5 => new MigrationFinishedOnDestination { OperationId = s.Operation, Step = step, HostId = DestinationHost, VmId = Vm, State = state, At = s.Now },
            6 => new MigrationConfirmedOnSource { OperationId = s.Operation, Step = step, HostId = SourceHost, VmId = Vm, At = s.Now },
            7 => new MigrationDestinationCleanedUp { OperationId = s.Operation, Step = step, HostId = DestinationHost, VmId = Vm, At = s.Now },
            8 => new MigrationSourceRestored { OperationId = s.Operation, Step = step, HostId = SourceHost, VmId = Vm, State = state, At = s.Now },
            9 => new MigrationStepFailed { OperationId = s.Operation, Step = step, HostId = host, VmId = Vm, Error = new ErrorInfo { Kind = (ErrorKind)random.Next(1, 11), Code = "x", Message = "x" } },
            10 when random.Next(4) == 0 => new CancelMigrationRequested { OperationId = s.Operation, Trail = s.State.Trail },
            11 when random.Next(4) == 0 => new ResolveMigrationRequested { OperationId = s.Operation, Resolution = (MigrationResolution)random.Next(1, 4), Trail = s.State.Trail },
            12 => new MigrationCapacityDeferred { OperationId = s.Operation, HostId = DestinationHost, Reason = $"{random.Next(3)} wait", RetryAfterMs = random.Next(-5, 100_000) },
            < 16 => null,
            _ => new MigratingVmInspected
            {
                OperationId = s.Operation,
                Step = random.Next(10) == 0 ? "inspect-1" : s.State.Inquiry?.Step ?? "inspect-0",
                HostId = host,
                VmId = Vm,
                Exists = random.Next(3) > 0,
                State = state,
                TransferRunning = random.Next(8) == 0,
                PausedByMigration = state == VmState.Paused && random.Next(2) == 0,
                Incoming = state == VmState.Paused && host == DestinationHost && random.Next(2) == 0,
                PostCopy = random.Next(60) == 0,
                Epoch = 3,
                At = s.Now,
            },
        };
    }

    static void AnswerTruly(MigrationScript s, SendToHost sent, VmState? onSource, VmState? onDestination)
    {
        var runsThere = onDestination == VmState.Running;
        void Refuse(string step, HostId host) => s.StepFails(step, ErrorKind.InvalidState, host);
        switch (sent.Command)
        {
            case InspectMigratingVm when s.State.Inquiry is not null:
                s.Answer(sent.Host, sent.Host == SourceHost ? onSource : onDestination);
                break;
            case CleanUpMigrationDestination c when runsThere:
                Refuse(c.Step, DestinationHost);
                break;
            case CleanUpMigrationDestination:
                s.CleanedUp();
                break;
            case RestoreMigrationSource c when onSource is null:
                Refuse(c.Step, SourceHost);
                break;
            case RestoreMigrationSource:
                s.Restored(onSource!.Value);
                break;
            case FinishMigrationOnDestination c when !runsThere:
                Refuse(c.Step, DestinationHost);
                break;
            case FinishMigrationOnDestination:
                s.Finished();
                break;
            case ConfirmMigrationOnSource c when onSource == VmState.Running:
                Refuse(c.Step, SourceHost);
                break;
            case ConfirmMigrationOnSource:
                s.Confirmed();
                break;
            case TransferVm:
                s.TransferEnded(runsThere ? VmTransferOutcome.Completed : VmTransferOutcome.Failed);
                break;
            case CheckMigrationSource or CheckMigrationDestination or PrepareMigrationDestination:
                s.StepFails(((IHostCommand)sent.Command).Step, ErrorKind.Fatal, sent.Host);
                break;
        }
    }

    /// <summary>The rules, checked after every message.</summary>
    sealed class Watch(MigrationScript s, int seed)
    {
        bool _destinationHadIt;
        readonly HashSet<string> _cleaned = [];
        bool _ran;
        int _cancels;
        bool _operator;
        int _seen;
        int _noted;

        void Note(object message)
        {
            switch (message)
            {
                case MigratingVmInspected { Exists: true } i when i.HostId == DestinationHost:
                case MigrationFinishedOnDestination:
                    _destinationHadIt = true;
                    break;
                case MigrationDestinationCleanedUp m:
                    _cleaned.Add(m.Step);
                    break;
                case CancelMigrationRequested:
                    _cancels++;
                    break;
            }
        }

        public void Check()
        {
            s.Played.Skip(_noted).ToList().ForEach(Note);
            _noted = s.Played.Count;
            _operator |= s.Facts<MigrationResolvedByOperator>().Any();
            foreach (var effect in s.All.Skip(_seen))
            {
                switch (effect)
                {
                    case SendToHost { Command: ConfirmMigrationOnSource }:
                        Holds(_destinationHadIt || _operator, "the source is cleared before the destination was seen to have the VM");
                        break;
                    case SendToHost { Command: RestoreMigrationSource c }:
                        var cleanUp = s.All.OfType<SendToHost>().Select(e => e.Command).OfType<CleanUpMigrationDestination>().Last();
                        Holds(_operator || _cleaned.Contains(cleanUp.Step), "the source is restored before the destination was cleaned in this round");
                        Holds(!(c.WasRunning && _ran), "a guest that has run on the destination is resumed on the source");
                        break;
                    case PublishFact { Fact: MigrationPhaseChanged { To: MigrationPhase.Finishing or MigrationPhase.Confirming } } when !s.State.IsCold:
                        _ran = true;
                        break;
                }
            }

            _seen = s.All.Count;
            var ends = s.Facts<MigrationCompleted>().Count() + s.Facts<MigrationRolledBack>().Count() + s.Facts<MigrationFailed>().Count();
            Holds(ends == (s.State.IsOver ? 1 : 0), $"{ends} terminal events in phase {s.Phase}");
            var answers = s.Facts<CancelRejected>().Count() + s.Facts<MigrationRolledBack>().Count(e => e.Cancelled);
            Holds(answers <= _cancels, "a cancel was answered twice");
            Holds(_cancels == 0 || answers > 0 || s.State.CancelRequested && !s.State.IsOver, "a cancel is neither answered nor pending");
            var timer = s.All.LastOrDefault(e => e is ArmTimer or DisarmTimer);
            Holds(s.State.IsOver ? timer is DisarmTimer : timer is ArmTimer a && a.Timer == s.State.Timer && a.DueAt == s.State.TimerDueAt, "no timer is armed");
        }

        void Holds(bool rule, string broken) => Assert.True(rule, $"Seed {seed}, message {s.Recording("").Inputs.Count}, phase {s.Phase}: {broken}.");
    }
}
