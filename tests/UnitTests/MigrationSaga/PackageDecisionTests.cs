using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Operations;
using HvPlatform.Contracts.Packages;
using HvPlatform.Contracts.Vms;
using HvPlatform.MigrationSaga.ExportVm;
using HvPlatform.MigrationSaga.ImportVm;
using HvPlatform.MigrationSaga.MigrateVm;
using HvPlatform.MigrationSaga.Packages;
using Xunit;

namespace HvPlatform.UnitTests.MigrationSaga;

/// <summary>The decisions of exports and imports: the ways forward and back, lost words, doubts, cancels.</summary>
public sealed class PackageDecisionTests
{
    static readonly MigrationTimings s_timings = MigrationTimings.Default;
    static readonly DateTimeOffset s_start = new(2026, 5, 4, 3, 2, 1, TimeSpan.Zero);

    [Fact]
    public void An_export_checks_writes_verifies_and_completes()
    {
        var saga = Saga.Export();
        Assert.IsType<CheckVmExport>(saga.Sent());
        saga.Ends("check");
        Assert.IsType<ExportVmOnHost>(saga.Sent());
        saga.Ends("export");
        Assert.Equal("inspect-1", Assert.IsType<InspectExport>(saga.Sent()).Step);
        saga.Sees(PackagePresence.Complete);
        Assert.Equal(PackagePhase.Completed, saga.State.Phase);
        Assert.Single(saga.Published<ExportCompleted>());
        Assert.Contains(saga.Last.Effects, e => e is DisarmTimer);
    }

    [Fact]
    public void An_import_plans_validates_realises_and_completes_with_the_VM()
    {
        var saga = Saga.Import();
        saga.Ends("check").Ends("plan").Ends("validate");
        Assert.IsType<RealiseVmImport>(saga.Sent());
        saga.Ends("realise", vm: Vm).Sees(PackagePresence.Complete, Vm);
        Assert.Equal(Vm.Id, Assert.Single(saga.Published<ImportCompleted>()).ImportedVmId);
    }

    [Fact]
    public void A_check_that_does_not_pass_ends_it_untouched()
    {
        var saga = Saga.Export();
        saga.Ends("check", findings: [new MigrationFinding { Check = "vm-state", Passed = false, Detail = "It runs." }]);
        var failed = Assert.Single(saga.Published<ExportFailed>());
        Assert.Equal((PackagePhase.RolledBack, true, "export-check-failed"), (saga.State.Phase, failed.Clean, failed.Error.Code));
    }

    [Theory]
    [InlineData("export")]
    [InlineData("plan")]
    [InlineData("validate")]
    public void Before_the_point_of_no_return_a_failure_discards_and_ends_undone(string step)
    {
        var saga = step == "export" ? Saga.Export().Ends("check") : step == "plan" ? Saga.Import().Ends("check") : Saga.Import().Ends("check").Ends("plan");
        saga.Fails(step, Error(ErrorKind.Resource));
        Assert.Equal(PackagePhase.Discarding, saga.State.Phase);
        saga.Ends("discard");
        Assert.Equal((PackagePhase.RolledBack, "planted"), (saga.State.Phase, saga.State.Error!.Code));
    }

    [Fact]
    public void What_cannot_be_discarded_ends_failed_and_says_so()
    {
        var saga = Saga.Export().Ends("check");
        saga.Fails("export", Error(ErrorKind.Resource)).Fails("discard", Error(ErrorKind.Denied));
        Assert.Equal(PackagePhase.Failed, saga.State.Phase);
        Assert.False(Assert.Single(saga.Published<ExportFailed>()).Clean);
    }

    [Fact]
    public void A_passing_failure_is_tried_again_under_a_new_name_and_not_for_ever()
    {
        var saga = Saga.Export().Ends("check");
        for (var i = 1; i < s_timings.MaxAttempts; i++)
        {
            saga.Fails(i == 1 ? "export" : $"export#{i}", Error(ErrorKind.Transient));
            Assert.Equal(PackagePhase.Exporting, saga.State.Phase);
            saga.Ticks();
            Assert.Equal($"export#{i + 1}", saga.Sent<ExportVmOnHost>().Step);
        }

        saga.Fails($"export#{s_timings.MaxAttempts}", Error(ErrorKind.Transient));
        Assert.Equal(PackagePhase.Discarding, saga.State.Phase);
    }

    [Theory]
    [InlineData(PackagePresence.Complete, PackagePhase.Completed)]
    [InlineData(PackagePresence.Partial, PackagePhase.Discarding)]
    [InlineData(PackagePresence.None, PackagePhase.Discarding)]
    public void A_realising_that_failed_is_believed_only_after_the_host_was_asked(PackagePresence there, PackagePhase expected)
    {
        var saga = Saga.Import().Ends("check").Ends("plan").Ends("validate");
        saga.Fails("realise", Error(ErrorKind.Fatal));
        Assert.Equal(PackagePhase.Realising, saga.State.Phase);
        saga.Sees(there, there == PackagePresence.Complete ? Vm : null);
        for (var i = 0; i < 2 && expected == PackagePhase.Discarding; i++)
        {
            // Once is not enough: it may still be at it.
            Assert.Equal(PackagePhase.Realising, saga.State.Phase);
            saga.Ticks().Sees(there);
        }

        Assert.Equal(expected, saga.State.Phase);
    }

    [Fact]
    public void A_silent_host_makes_a_doubt_and_its_word_ends_it_where_it_was()
    {
        var saga = Saga.Export().Ends("check");
        saga.Silent();
        Assert.Equal(PackagePhase.InDoubt, saga.State.Phase);
        Assert.True(Assert.Single(saga.Published<ExportInDoubt>()).HostSilent);
        saga.Sees(PackagePresence.Running);
        Assert.Equal(PackagePhase.Exporting, saga.State.Phase);

        // The same name: the journal runs it once, or repeats its end.
        Assert.Equal("export", saga.Sent<ExportVmOnHost>().Step);
        saga.Ends("export").Sees(PackagePresence.Complete);
        Assert.Equal(PackagePhase.Completed, saga.State.Phase);
    }

    [Fact]
    public void The_end_of_a_step_ends_a_doubt_too()
    {
        var saga = Saga.Import().Ends("check").Ends("plan").Ends("validate");
        saga.Silent().Ends("realise", vm: Vm);
        Assert.Equal(PackagePhase.Verifying, saga.State.Phase);
    }

    [Fact]
    public void A_silent_host_that_was_only_to_check_ends_it_untouched()
    {
        var saga = Saga.Import();
        saga.Silent();
        Assert.Equal((PackagePhase.RolledBack, "step-unanswered"), (saga.State.Phase, saga.State.Error!.Code));
    }

    [Theory]
    [InlineData("check", PackagePhase.RolledBack)]
    [InlineData("plan", PackagePhase.Planning)]
    [InlineData("validate", PackagePhase.Discarding)]
    public void A_cancel_before_the_point_of_no_return_undoes(string during, PackagePhase next)
    {
        var saga = Saga.Import();
        foreach (var step in new[] { "check", "plan" }.TakeWhile(s => s != during))
        {
            saga.Ends(step);
        }

        saga.Cancels();
        Assert.Equal(next, saga.State.Phase);
        if (during == "plan")
        {
            Assert.IsType<AbortImport>(saga.Sent());
            saga.Answers("plan", PackageOutcome.Cancelled, Error(ErrorKind.Cancelled));
        }

        if (during != "check")
        {
            saga.Ends("discard");
        }

        var failed = Assert.Single(saga.Published<ImportFailed>());
        Assert.Equal((PackagePhase.RolledBack, true, true), (saga.State.Phase, failed.Cancelled, failed.Clean));
    }

    [Fact]
    public void A_cancel_that_comes_with_the_end_of_the_step_still_undoes()
    {
        var saga = Saga.Export().Ends("check");
        saga.Cancels().Ends("export");
        Assert.Equal(PackagePhase.Discarding, saga.State.Phase);
    }

    [Fact]
    public void From_realising_on_a_cancel_is_refused()
    {
        var saga = Saga.Import().Ends("check").Ends("plan").Ends("validate");
        saga.Cancels();
        Assert.Equal("past-point-of-no-return", Assert.Single(saga.Published<CancelRejected>()).Error.Code);
        Assert.Equal(PackagePhase.Realising, saga.State.Phase);
    }

    [Fact]
    public void A_cancel_may_overtake_the_beginning()
    {
        var saga = new Saga(ExportProcedure.Instance);
        saga.Cancels();
        Assert.Equal(PackagePhase.Requested, saga.State.Phase);
        saga.Tell(Saga.BeginExport);
        Assert.Equal(PackagePhase.RolledBack, saga.State.Phase);
        Assert.True(Assert.Single(saga.Published<ExportFailed>()).Cancelled);
    }

    [Theory]
    [InlineData(PackageResolution.Done, PackagePhase.Completed)]
    [InlineData(PackageResolution.NotDone, PackagePhase.Failed)]
    public void An_operator_ends_a_doubt(PackageResolution word, PackagePhase end)
    {
        var saga = Saga.Export().Ends("check");
        saga.Resolves(word);
        Assert.Equal("not-in-doubt", Assert.Single(saga.Published<PackageResolveRejected>()).Error.Code);
        saga.Silent().Resolves(word);
        Assert.Equal(end, saga.State.Phase);
        Assert.Single(saga.Published<PackageResolvedByOperator>());
        if (end == PackagePhase.Failed)
        {
            // Should the host come back, nothing is begun there any more.
            Assert.IsType<AbortExport>(saga.Sent());
        }
    }

    [Fact]
    public void A_fresh_word_of_the_host_contradicts_an_operator()
    {
        var saga = Saga.Export().Ends("check").Ends("export");
        saga.Sees(PackagePresence.Partial).Silent().Resolves(PackageResolution.Done);
        Assert.Equal("resolution-contradicted", Assert.Single(saga.Published<PackageResolveRejected>()).Error.Code);
        Assert.Equal(PackagePhase.InDoubt, saga.State.Phase);
    }

    [Fact]
    public void A_verified_import_that_vanished_is_not_undone_silently()
    {
        var saga = Saga.Import().Ends("check").Ends("plan").Ends("validate").Ends("realise", vm: Vm);
        saga.Sees(PackagePresence.None).Ticks().Sees(PackagePresence.None).Ticks().Sees(PackagePresence.None);
        var failed = Assert.Single(saga.Published<ImportFailed>());
        Assert.Equal((PackagePhase.Failed, false, "import-vanished"), (saga.State.Phase, failed.Clean, failed.Error.Code));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Whatever_comes_in_whatever_order_it_ends_once_and_never_undoes_what_may_exist(int seed)
    {
        for (var run = 0; run < 400; run++)
        {
            var random = new Random((seed * 1000) + run);
            var saga = random.Next(2) == 0 ? Saga.Export() : Saga.Import();
            for (var i = 0; i < 400 && !saga.State.IsOver; i++)
            {
                Step(saga, random);
            }

            // Left alone with a host that answers, each comes to an end.
            for (var i = 0; i < 60 && !saga.State.IsOver; i++)
            {
                saga.Answer(PackageOutcome.Succeeded, PackagePresence.Complete);
            }

            Assert.True(saga.State.IsOver, $"seed {seed} run {run}: {saga.State.Phase}");
            Assert.Single(saga.All, e => e is ExportCompleted or ExportFailed or ImportCompleted or ImportFailed);
            var before = saga.All.Count;
            saga.Ends(saga.StepName).Ticks();
            Assert.Equal(before, saga.All.Count);
        }
    }

    [Theory]
    [InlineData(PackagePresence.None)]
    [InlineData(PackagePresence.Partial)]
    public void After_a_doubt_one_word_of_the_host_is_not_enough_either(PackagePresence there)
    {
        var saga = Saga.Import().Ends("check").Ends("plan").Ends("validate").Ends("realise", vm: Vm);
        saga.Silent().Ticks().Ticks().Ticks().Sees(there);
        Assert.Equal(PackagePhase.Verifying, saga.State.Phase);
        saga.Ticks().Sees(there);
        Assert.Equal(PackagePhase.Verifying, saga.State.Phase);
        saga.Ticks().Sees(there);
        Assert.Equal(PackagePhase.Failed, saga.State.Phase);
    }

    [Fact]
    public void A_cancelled_copy_that_does_not_end_becomes_a_doubt_that_a_word_ends()
    {
        var saga = Saga.Export().Ends("check");
        saga.Cancels().Ticks().Sees(PackagePresence.Running);
        var limit = saga.State.Deadline;
        saga.Ticks().Sees(PackagePresence.Running);
        Assert.Equal(limit, saga.State.Deadline);
        saga.Silent().Sees(PackagePresence.Running);
        Assert.Equal(PackagePhase.InDoubt, saga.State.Phase);
        saga.Resolves(PackageResolution.NotDone);
        Assert.Equal(PackagePhase.Failed, saga.State.Phase);
    }

    [Fact]
    public void The_end_of_a_cancelled_copy_ends_its_doubt()
    {
        var saga = Saga.Export().Ends("check");
        saga.Cancels().Silent().Sees(PackagePresence.Running).Answers("export", PackageOutcome.Cancelled, Error(ErrorKind.Cancelled));
        Assert.Equal(PackagePhase.Discarding, saga.State.Phase);
    }

    [Fact]
    public void A_host_that_cannot_say_is_not_called_silent()
    {
        var saga = Saga.Export().Ends("check").Ends("export");
        saga.Fails(saga.State.Question, Error(ErrorKind.Denied)).Silent();
        var doubt = Assert.Single(saga.Published<ExportInDoubt>());
        Assert.False(doubt.HostSilent);
        Assert.Contains("planted", saga.State.Unknown, StringComparison.Ordinal);
        saga.Sees(PackagePresence.Complete);
        Assert.Equal((PackagePhase.Completed, null), (saga.State.Phase, saga.State.InquiryError));
    }

    [Fact]
    public void A_cancel_in_doubt_is_not_forgotten_when_the_export_is_there()
    {
        var saga = Saga.Export().Ends("check").Ends("export");
        saga.Silent().Cancels().Sees(PackagePresence.Complete);
        Assert.Equal(PackagePhase.Discarding, saga.State.Phase);
        saga.Ends("discard");
        Assert.True(Assert.Single(saga.Published<ExportFailed>()).Cancelled);
    }

    [Fact]
    public void An_import_found_complete_but_not_started_says_so()
    {
        var saga = Saga.Import(start: true).Ends("check").Ends("plan").Ends("validate");
        saga.Fails("realise", Error(ErrorKind.Fatal)).Sees(PackagePresence.Complete, Vm);
        Assert.Equal((PackagePhase.Completed, "import-not-started"), (saga.State.Phase, saga.State.StartError?.Code));
    }

    static void Step(Saga saga, Random random)
    {
        switch (random.Next(12))
        {
            case 0:
                saga.Cancels();
                break;
            case 1:
                saga.Silent();
                break;
            case 2:
                saga.Resolves((PackageResolution)random.Next(1, 3));
                break;
            case 3 or 4:
                saga.Ticks();
                break;
            case 5:
                saga.Ends("earlier");
                break;
            default:
                var realising = saga.State.WorkPhase == PackagePhase.Realising;
                saga.Answer((PackageOutcome)random.Next(1, 5), (PackagePresence)random.Next(1, 5));
                if (realising && saga.State.Phase == PackagePhase.Discarding)
                {
                    Assert.True(saga.State.Seen is PackagePresence.None or PackagePresence.Partial, "it was undone without the host's word");
                }

                break;
        }
    }

    static VmInfo Vm { get; } = new() { Id = new VmId(Guid.Parse("5f0a0000-0000-0000-0000-000000000009")), Name = "vm", State = VmState.Off, Vcpus = 1, MemoryMiB = 1 };

    static ErrorInfo Error(ErrorKind kind) => new() { Kind = kind, Code = "planted", Message = "Planted." };

    /// <summary>A saga and its host, told by the test.</summary>
    sealed class Saga(PackageProcedure procedure)
    {
        static readonly OperationId s_operation = new(Guid.Parse("5f0a0000-0000-0000-0000-000000000001"));
        static readonly Trail s_trail = new() { RequestedBy = "test", RequestedAt = s_start };
        static readonly HostId s_host = new(Guid.Parse("5f0a0000-0000-0000-0000-000000000002"));
        static readonly VmId s_vm = new(Guid.Parse("5f0a0000-0000-0000-0000-000000000003"));

        DateTimeOffset _now = s_start;

        bool IsExport => procedure is ExportProcedure;

        public PackageDecision Last { get; private set; } = null!;

        public PackageJob State => Last.State;

        public List<object> All { get; } = [];

        public string StepName => State.Attempt == 1 ? PackageProcedure.StepOf(State.WorkPhase) : $"{PackageProcedure.StepOf(State.WorkPhase)}#{State.Attempt}";

        public static BeginExport BeginExport { get; } = new()
        {
            OperationId = s_operation,
            VmId = s_vm,
            VmName = "vm",
            HostId = s_host,
            Epoch = 7,
            Settings = new ExportSettings { Directory = "/exports/vm" },
            Trail = s_trail,
        };

        public static Saga Export() => new Saga(ExportProcedure.Instance).Tell(BeginExport);

        public static Saga Import(bool start = false) => new Saga(ImportProcedure.Instance).Tell(new BeginImport
        {
            OperationId = s_operation,
            VmId = s_vm,
            VmName = "vm",
            HostId = s_host,
            Epoch = 7,
            Settings = new ImportSettings { Directory = "/exports/vm", Start = start },
            Trail = s_trail,
        });

        public Saga Tell(object message)
        {
            _now = _now.AddMilliseconds(10);
            Last = PackageDecisions.Decide(procedure, Last?.State, message, _now, s_timings);
            foreach (var effect in Last.Effects)
            {
                All.Add(effect switch { SendToHost s => s.Command, PublishFact p => p.Fact, _ => effect });
            }

            Assert.All(Last.Effects.OfType<SendToHost>(), s => Assert.Equal((7L, s_host), (((IHostCommand)s.Command).Epoch, s.Host)));
            return this;
        }

        public object Sent() => Last.Effects.OfType<SendToHost>().First().Command;

        public T Sent<T>() => Last.Effects.OfType<SendToHost>().Select(s => s.Command).OfType<T>().First();

        public IEnumerable<T> Published<T>() => All.OfType<T>();

        public Saga Ends(string step, VmInfo? vm = null, IReadOnlyList<MigrationFinding>? findings = null) => Answers(step, PackageOutcome.Succeeded, null, vm, findings);

        public Saga Fails(string step, ErrorInfo error) => Answers(step, PackageOutcome.Failed, error);

        public Saga Answers(string step, PackageOutcome outcome, ErrorInfo? error = null, VmInfo? vm = null, IReadOnlyList<MigrationFinding>? findings = null) => Tell(IsExport
            ? new ExportStepEnded { OperationId = s_operation, Step = step, HostId = s_host, VmId = s_vm, Outcome = outcome, Error = error, Findings = findings ?? [], At = _now }
            : new ImportStepEnded { OperationId = s_operation, Step = step, HostId = s_host, VmId = s_vm, Outcome = outcome, Error = error, Findings = findings ?? [], Vm = vm, At = _now });

        public Saga Sees(PackagePresence presence, VmInfo? vm = null) => Tell(IsExport
            ? new VmExportInspected { OperationId = s_operation, Step = State.Question, HostId = s_host, VmId = s_vm, Round = State.Rounds, Presence = presence, At = _now }
            : new VmImportInspected { OperationId = s_operation, Step = State.Question, HostId = s_host, VmId = s_vm, Round = State.Rounds, Presence = presence, Vm = vm, At = _now });

        /// <summary>Answers whatever was asked last.</summary>
        public Saga Answer(PackageOutcome outcome, PackagePresence presence)
        {
            if (State.Asking || State.WorkPhase == PackagePhase.Verifying)
            {
                return Sees(presence, presence == PackagePresence.Complete ? Vm : null);
            }

            var error = outcome switch
            {
                PackageOutcome.Succeeded => null,
                PackageOutcome.Cancelled => Error(ErrorKind.Cancelled),
                _ => Error(_now.Millisecond % 20 == 0 ? ErrorKind.Transient : ErrorKind.Fatal),
            };
            return Answers(StepName, outcome, error, Vm);
        }

        public Saga Ticks() => Tell(procedure.Timer(s_operation, Last.State.Timer));

        public Saga Silent()
        {
            _now += s_timings.StepDeadline;
            return Ticks();
        }

        public Saga Cancels() => Tell(IsExport ? new CancelExportRequested { OperationId = s_operation, Trail = s_trail } : new CancelImportRequested { OperationId = s_operation, Trail = s_trail });

        public Saga Resolves(PackageResolution resolution) => Tell(IsExport
            ? new ResolveExportRequested { OperationId = s_operation, Resolution = resolution, Trail = s_trail }
            : new ResolveImportRequested { OperationId = s_operation, Resolution = resolution, Trail = s_trail });
    }
}
