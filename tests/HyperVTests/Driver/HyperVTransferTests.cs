using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Hypervisors;
using HvPlatform.Hypervisors.HyperV;
using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Control;
using HvPlatform.HyperVSimulator.Model;
using Xunit;
using VmState = HvPlatform.Contracts.VmState;

namespace HvPlatform.HyperVTests.Driver;

/// <summary>What a transfer says of itself when its host's answers leave open what happened, and what is done afterwards on both sides.</summary>
public sealed class HyperVTransferTests
{
    private const string JobClass = "Msvm_MigrationJob";
    private const string Disk = HyperVPair.Share + @"\web.vhdx";

    [Theory]
    [InlineData(CimErrorKind.Malformed)]
    [InlineData(CimErrorKind.TooLarge)]
    [InlineData(CimErrorKind.Failed)]
    [InlineData(CimErrorKind.ReplyLost)]
    public async Task A_begun_migration_whose_reply_is_not_understood_has_not_failed(CimErrorKind kind)
    {
        await using var test = await StartAsync();
        test.Source.Invoked = (method, call) => method == "MigrateVirtualSystemToHost" ? BrokenAsync(call) : null;
        var result = await test.TransferAsync();
        Assert.Contains(result.Outcome, new[] { VmTransferOutcome.Completed, VmTransferOutcome.Indeterminate });

        async Task<CimInstance> BrokenAsync(Func<Task<CimInstance>> call)
        {
            await call();
            throw new CimException(kind, "The answer cannot be read.");
        }
    }

    [Fact]
    public async Task A_job_that_its_host_does_not_name_has_not_failed()
    {
        await using var test = await StartAsync();
        test.Source.Invoked = (method, call) => method == "MigrateVirtualSystemToHost" ? NamelessAsync(call) : null;
        Assert.Contains((await test.TransferAsync()).Outcome, new[] { VmTransferOutcome.Completed, VmTransferOutcome.Indeterminate });

        static async Task<CimInstance> NamelessAsync(Func<Task<CimInstance>> call)
        {
            await call();
            return CimBlank.Result(4096);
        }
    }

    [Fact]
    public async Task A_refusal_has_failed()
    {
        await using var test = await StartAsync();
        test.Source.Invoked = (method, _) => method == "MigrateVirtualSystemToHost" ? Task.FromResult(CimBlank.Result(32769)) : null;
        Assert.Equal(VmTransferOutcome.Failed, (await test.TransferAsync()).Outcome);
    }

    [Theory]
    [InlineData(CimErrorKind.Malformed)]
    [InlineData(CimErrorKind.Failed)]
    public async Task A_job_that_was_not_seen_to_end_is_not_judged(CimErrorKind kind)
    {
        await using var test = await StartAsync();
        test.Source.Got = path => path.ClassName == JobClass ? throw new CimException(kind, "The answer cannot be read.") : null;
        Assert.Equal(VmTransferOutcome.Indeterminate, (await test.TransferAsync()).Outcome);
    }

    [Fact]
    public async Task A_migration_to_another_host_is_neither_followed_nor_stopped()
    {
        await using var test = await StartAsync();
        test.Source.Also = name => name == JobClass ? [Job("ELSEWHERE", 4)] : [];
        test.Source.Got = path => path.ClassName == JobClass ? Job("ELSEWHERE", 7) : null;
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        var result = await test.TransferAsync(cancellationToken: stop.Token);
        Assert.Equal((VmTransferOutcome.Failed, "another-migration"), (result.Outcome, result.Error?.Code));
        Assert.Empty(test.Source.Calls);
    }

    [Fact]
    public async Task A_found_job_that_left_the_VM_where_it_was_has_not_moved_it()
    {
        await using var test = await StartAsync();
        test.Source.Also = name => name == JobClass ? [Job(test.Pair.DestinationHost.Name, 4)] : [];
        test.Source.Got = path => path.ClassName == JobClass ? Job(test.Pair.DestinationHost.Name, 7) : null;
        var result = await test.TransferAsync();
        Assert.Equal((VmTransferOutcome.Indeterminate, "not-moved"), (result.Outcome, result.Error?.Code));
    }

    [Fact]
    public async Task A_VM_saved_to_be_moved_is_started_only_when_its_source_is_restored()
    {
        await using var test = await StartAsync();
        var policy = new MigrationPolicy { HyperV = new HyperVMigrationOptions { ToSuspended = true } };
        var (_, facts) = await test.Migration.CheckSourceAsync(test.Vm, policy, default);
        Assert.Equal((VmState.Running, true), (facts?.Vm.State, facts?.HyperV?.ToSuspended));
        test.Pair.Fleet.Hosts[0].Apply(new JobFault { ErrorCode = 32768, Class = JobClass });
        Assert.Equal(VmTransferOutcome.Failed, (await test.TransferAsync(policy)).Outcome);
        Assert.Equal(VmState.Saved, (await test.Migration.InspectAsync(test.Vm, default)).State);
        Assert.Equal(VmState.Saved, await test.Migration.RestoreSourceAsync(test.Vm, wasRunning: false, default));
        Assert.Equal(VmState.Running, await test.Migration.RestoreSourceAsync(test.Vm, wasRunning: true, default));
    }

    [Fact]
    public async Task A_VM_saved_to_be_moved_arrives_saved()
    {
        await using var test = await StartAsync();
        var policy = new MigrationPolicy { HyperV = new HyperVMigrationOptions { ToSuspended = true } };
        var (_, facts) = await test.Migration.CheckSourceAsync(test.Vm, policy, default);
        Assert.Equal(VmTransferOutcome.Completed, (await test.TransferAsync(policy)).Outcome);
        Assert.Equal(VmState.Saved, await test.Pair.Destination.Migration!.FinishDestinationAsync(test.Vm, facts, default));
    }

    [Fact]
    public async Task A_second_copy_at_rest_is_told_and_stays()
    {
        await using var test = await StartAsync(HyperVSimulator.Model.VmState.Off);
        Assert.Equal("vm-defined-here", (await FailsAsync(() => test.Migration.CleanUpDestinationAsync(test.Vm, null, default))).Code);
    }

    [Theory]
    [InlineData("#hvplatform-import#:op", false)]
    [InlineData("", true)]
    public async Task A_planned_VM_is_no_destination_and_one_of_an_import_stays(string notes, bool removed)
    {
        await using var test = await StartAsync();
        var (_, facts) = await test.Migration.CheckSourceAsync(test.Vm, new(), default);
        var id = new VmId(Guid.NewGuid());
        test.Source.Got = path => path.ClassName switch
        {
            "Msvm_PlannedComputerSystem" => CimBlank.Of("Msvm_PlannedComputerSystem"),
            "Msvm_VirtualSystemSettingData" => new CimInstance("Msvm_VirtualSystemSettingData") { ["Notes"] = new[] { notes } },
            _ => null,
        };
        test.Source.Invoked = (method, _) => method == "DestroySystem" ? Task.FromResult(CimBlank.Result(0)) : null;
        Assert.Equal("planned-vm-exists", (await FailsAsync(() => test.Migration.PrepareDestinationAsync(facts! with { Vm = facts.Vm with { Id = id } }, new(), default))).Code);
        await test.Migration.CleanUpDestinationAsync(id, null, default);
        Assert.Equal(removed, test.Source.Calls.Contains("DestroySystem"));
    }

    [Fact]
    public async Task What_is_left_of_a_VM_with_checkpoints_on_shared_disks_is_not_removed()
    {
        await using var test = await StartAsync(HyperVSimulator.Model.VmState.Off);
        await test.Pair.Source.Checkpoints!.CreateAsync(test.Vm, "before", default);
        Assert.Equal("vm-left-with-checkpoints", (await FailsAsync(() => test.Migration.ConfirmSourceAsync(test.Vm, default))).Code);
        Assert.NotEmpty(test.Pair.SourceHost.Vms);
    }

    [Theory]
    [InlineData(32769u, false)]
    [InlineData(32768u, false)]
    [InlineData(32779u, true)]
    public async Task A_path_is_free_only_if_its_host_says_so(uint answer, bool free)
    {
        await using var test = await StartAsync();
        var (_, facts) = await test.Migration.CheckSourceAsync(test.Vm, new(), default);
        var copied = facts! with { HyperV = facts.HyperV! with { Disks = [new HyperVDiskMove { Source = Disk, Destination = @"C:\Moved\web.vhdx" }] } };
        test.Source.Invoked = (method, _) => method == "GetVirtualHardDiskSettingData" ? Task.FromResult(CimBlank.Result(answer)) : null;
        Assert.Equal(free, (await test.Migration.CheckDestinationAsync(copied, new(), default)).Single(f => f.Check == "disk-exists").Passed);
    }

    private static CimInstance Job(string destination, ushort state) => new(JobClass)
    {
        ["InstanceID"] = "AAAA",
        ["JobState"] = state,
        ["PercentComplete"] = (ushort)10,
        ["Cancellable"] = true,
        ["VirtualSystemName"] = Vm.ToString().ToUpperInvariant(),
        ["DestinationHost"] = destination,
    };

    private static VmId Vm { get; } = new(Guid.NewGuid());

    private static async Task<ErrorInfo> FailsAsync(Func<Task> action) => (await Assert.ThrowsAsync<HypervisorException>(action)).Error;

    private static async Task<Test> StartAsync(HyperVSimulator.Model.VmState state = HyperVSimulator.Model.VmState.Running)
    {
        var pair = await HyperVPair.StartAsync();
        HyperVPair.MakeDisk(pair.SourceHost, Disk);
        pair.SourceHost.AddVm(new NewVm("web") { Id = Vm.Value, MemoryMb = 128, Disks = [new NewVmDisk(Disk, 1UL << 30)], State = state });
        return new Test(pair);
    }

    private sealed class Test : IAsyncDisposable
    {
        private readonly HyperVConnector connector;

        public Test(HyperVPair pair)
        {
            Pair = pair;
            Source = new HookedSession(pair.SourceHost.OpenSession());
            connector = new HyperVConnector(new HyperVOptions { SharedPaths = [HyperVPair.Share] }, Source, TimeProvider.System);
            Migration = new HyperVMigration(connector, (vm, token) => pair.Source.GetAsync(vm, token), _ => Task.FromResult<long?>(null));
        }

        public HyperVPair Pair { get; }

        public HookedSession Source { get; }

        public HyperVMigration Migration { get; }

        public VmId Vm => HyperVTransferTests.Vm;

        public async Task<TransferResult> TransferAsync(MigrationPolicy? policy = null, CancellationToken cancellationToken = default)
        {
            policy ??= new();
            var facts = (await Pair.Source.Migration!.CheckSourceAsync(Vm, policy, default)).Facts!;
            var uri = await Pair.Destination.Migration!.PrepareDestinationAsync(facts, policy, default);
            return await Migration.TransferAsync(new(Vm, uri, policy, facts), new Progress<MigrationProgress>(), cancellationToken);
        }

        public async ValueTask DisposeAsync()
        {
            await connector.DisposeAsync();
            await Pair.DisposeAsync();
        }
    }
}
