using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Model;
using Xunit;

namespace HvPlatform.HyperVTests.Simulator;

public sealed class VmPowerTests
{
    private readonly ModelTest one = ModelTest.Create();

    [Fact]
    public void Start_GoesThroughStartingByAJob()
    {
        var vm = one.Host.AddVm(new NewVm("web") { Switches = [""] });
        var answer = Request(vm, 2);
        Assert.Equal(10L, Read(vm).Number("EnabledState"));
        var job = one.Job(answer);
        Assert.Equal(4L, job.Number("JobState"));
        Assert.Equal(12L, job.Number("JobType"));
        one.Pass(TimeSpan.FromMilliseconds(250));
        Assert.Equal(50L, one.Job(answer).Number("PercentComplete"));
        one.Succeed(answer);
        Assert.Equal(2L, Read(vm).Number("EnabledState"));
        Assert.Equal(5L, Read(vm).Number("RequestedState"));
        Assert.Equal(job.Moment("StartTime") + TimeSpan.FromMilliseconds(500), Read(vm).Moment("TimeOfLastStateChange"));
        Assert.StartsWith("00155D", vm.Configuration.Of("Msvm_SyntheticEthernetPortSettingData").Single().String("Address"), StringComparison.Ordinal);
        var onTime = Read(vm).Number("OnTimeInMilliseconds");
        one.Pass(TimeSpan.FromMinutes(2));
        Assert.Equal(onTime + 120_000, Read(vm).Number("OnTimeInMilliseconds"));
    }

    [Theory]
    [InlineData(VmState.Running, 2)]
    [InlineData(VmState.Off, 3)]
    [InlineData(VmState.Off, 4)]
    [InlineData(VmState.Off, 6)]
    [InlineData(VmState.Off, 9)]
    [InlineData(VmState.Off, 11)]
    [InlineData(VmState.Paused, 9)]
    [InlineData(VmState.Saved, 6)]
    public void RequestsThatDoNotFitTheState_AreInvalid(VmState state, int requested)
    {
        var vm = one.Host.AddVm(new NewVm("web") { State = state });
        Assert.Equal(32775L, Request(vm, requested).Number("ReturnValue"));
        Assert.Equal((long)state, Read(vm).Number("EnabledState"));
    }

    [Theory]
    [InlineData(VmState.Running, 9, VmState.Pausing, VmState.Paused)]
    [InlineData(VmState.Running, 6, VmState.Saving, VmState.Saved)]
    [InlineData(VmState.Running, 3, VmState.Stopping, VmState.Off)]
    [InlineData(VmState.Running, 4, VmState.Stopping, VmState.Off)]
    [InlineData(VmState.Running, 11, VmState.Reset, VmState.Running)]
    [InlineData(VmState.Paused, 2, VmState.Resuming, VmState.Running)]
    [InlineData(VmState.Saved, 2, VmState.Starting, VmState.Running)]
    [InlineData(VmState.Saved, 3, VmState.Saved, VmState.Off)]
    public void Transitions_ShowTheStateBetween(VmState from, int requested, VmState between, VmState end)
    {
        var vm = one.Host.AddVm(new NewVm("web") { State = from });
        var answer = Request(vm, requested);
        Assert.Equal((long)between, Read(vm).Number("EnabledState"));
        one.Succeed(answer);
        Assert.Equal((long)end, Read(vm).Number("EnabledState"));
        Assert.Equal(end == VmState.Saved, vm.Configuration.Settings.Boolean("IsSaved"));
    }

    [Fact]
    public void WhileInBetween_OnlyTurningOffIsTaken()
    {
        var vm = one.Host.AddVm(new NewVm("web"));
        var start = Request(vm, 2);
        Assert.Equal(32775L, Request(vm, 2).Number("ReturnValue"));
        Assert.Equal(32775L, Request(vm, 6).Number("ReturnValue"));
        one.Succeed(Request(vm, 3));
        Assert.Equal(10L, one.Finish(start).Number("JobState"));
        Assert.Equal(3L, Read(vm).Number("EnabledState"));
    }

    [Fact]
    public void NumbersOfTheFirstInterface_AreNoStates() =>
        Assert.Equal(32773L, Request(one.Host.AddVm(new NewVm("web") { State = VmState.Running }), 32768).Number("ReturnValue"));

    [Fact]
    public void Start_FailsWithoutMemory()
    {
        one.Host.AddVm(new NewVm("big") { MemoryMb = one.Host.Options.MemoryMb - 1024, State = VmState.Running });
        var vm = one.Host.AddVm(new NewVm("web"));
        var job = one.Fail(Request(vm, 2), 32778);
        Assert.Contains("memory", job.String("ErrorDescription"), StringComparison.Ordinal);
        Assert.Equal(3L, Read(vm).Number("EnabledState"));
    }

    [Fact]
    public void Start_FailsWithoutTheDisk()
    {
        var vm = one.Host.AddVm(new NewVm("web") { Disks = [new NewVmDisk(@"C:\web.vhdx")] });
        one.Host.Files.Delete(@"C:\web.vhdx");
        var answer = Request(vm, 2);
        one.Fail(answer, 32779);
        var errors = one.Call(answer.Reference("Job")!, "GetErrorEx").Array<string>("Errors").Select(CimXml.Read).ToList();
        Assert.Contains(@"C:\web.vhdx", errors[1].String("Message"), StringComparison.Ordinal);
    }

    [Fact]
    public void InjectedFailure_LeavesTheMachineAsItWas()
    {
        var vm = one.Host.AddVm(new NewVm("web") { State = VmState.Running });
        one.Host.Jobs.FailNext(32768, "The disk is full.");
        var job = one.Fail(Request(vm, 6), 32768);
        Assert.Equal("The disk is full.", job.String("ErrorDescription"));
        Assert.Equal(2L, Read(vm).Number("EnabledState"));
    }

    [Fact]
    public void Shutdown_AsksTheGuest()
    {
        var vm = one.Host.AddVm(new NewVm("web") { State = VmState.Running });
        Assert.Equal(0L, Component(vm, "InitiateShutdown", ("Force", false), ("Reason", "maintenance")));
        Assert.Equal(4L, Read(vm).Number("EnabledState"));
        one.Pass(one.Host.Options.GuestShutdownDuration);
        Assert.Equal(3L, Read(vm).Number("EnabledState"));
        Assert.Equal(32775L, Component(vm, "InitiateShutdown", ("Force", false), ("Reason", "again")));
    }

    [Fact]
    public void Shutdown_NeedsAGuestThatAnswers()
    {
        var vm = one.Host.AddVm(new NewVm("empty") { State = VmState.Running, GuestOperatingSystem = null });
        Assert.Equal(32780L, Component(vm, "InitiateShutdown", ("Force", true), ("Reason", "")));
        one.Fail(Request(vm, 4), 32768);
        vm.Guest.IsInstalled = true;
        vm.Guest.IsLocked = true;
        Assert.Equal(32781L, Component(vm, "InitiateShutdown", ("Force", false), ("Reason", "")));
        Assert.Equal(0L, Component(vm, "InitiateShutdown", ("Force", true), ("Reason", "")));
    }

    [Fact]
    public void Hibernate_MustBeAllowed()
    {
        var vm = one.Host.AddVm(new NewVm("web") { State = VmState.Running });
        Assert.Equal(32770L, Component(vm, "InitiateHibernate"));
        var settings = vm.Configuration.Settings.Copy();
        settings["EnableHibernation"] = true;
        vm.Configuration.Settings = settings;
        Assert.Equal(0L, Component(vm, "InitiateHibernate"));
        one.Pass(one.Host.Options.GuestShutdownDuration);
        Assert.Equal((long)VmState.Hibernated, Read(vm).Number("EnabledState"));
        one.Succeed(Request(vm, 2));
    }

    [Fact]
    public void Heartbeat_ComesWhenTheGuestHasBooted_AndCanBeSwitchedOff()
    {
        var vm = one.Host.AddVm(new NewVm("web"));
        one.Succeed(Request(vm, 2));
        Assert.Equal([12], Heartbeat(vm).Array<ushort>("OperationalStatus"));
        one.Pass(one.Host.Options.GuestBootDuration);
        Assert.Equal([2, 2], Heartbeat(vm).Array<ushort>("OperationalStatus"));
        vm.Guest.IsHung = true;
        Assert.Equal([13], Heartbeat(vm).Array<ushort>("OperationalStatus"));
        var settings = vm.Configuration.Of("Msvm_HeartbeatComponentSettingData").Single();
        var changed = new CimInstance(settings.ClassName) { ["InstanceID"] = settings["InstanceID"], ["EnabledState"] = (ushort)3 };
        one.Succeed(one.Call("Msvm_VirtualSystemManagementService", "ModifyResourceSettings", ("ResourceSettings", new[] { CimXml.Write(changed) })));
        Assert.Equal(3L, Heartbeat(vm).Number("EnabledState"));
    }

    [Fact]
    public void TheHost_HasAnObjectOfItsOwn_ThatIsNoMachine()
    {
        var host = one.Catalogue.Get(one.Host.Path)!;
        Assert.Equal(12L, host.Number("RequestedState"));
        Assert.Equal(32770L, one.Call(one.Host.Path, "RequestStateChange", ("RequestedState", (ushort)3)).Number("ReturnValue"));
    }

    [Fact]
    public void Job_IsCancelledOnlyIfItCanBe_AndDisappears()
    {
        var vm = one.Host.AddVm(new NewVm("web"));
        var answer = Request(vm, 2);
        var job = answer.Reference("Job")!;
        Assert.Equal(4097L, one.Call(job, "RequestStateChange", ("RequestedState", (ushort)5)).Number("ReturnValue"));
        Assert.Equal(job, one.Catalogue.PathOf(Assert.Single(one.Catalogue.Associators(vm.Path, "Msvm_AffectedJobElement", null))));
        one.Succeed(answer);
        one.Pass(one.Host.Options.JobRetention);
        Assert.Null(one.Catalogue.Get(job));
    }

    private CimInstance Request(SimulatedVm vm, int state) => one.Call(vm.Path, "RequestStateChange", ("RequestedState", (ushort)state));

    private CimInstance Read(SimulatedVm vm) => one.Catalogue.Get(vm.Path)!;

    private CimInstance Heartbeat(SimulatedVm vm) => Assert.Single(one.Catalogue.Associators(vm.Path, "Msvm_SystemDevice", "Msvm_HeartbeatComponent"));

    private long? Component(SimulatedVm vm, string method, params (string Name, object? Value)[] arguments) =>
        one.Call(one.Catalogue.PathOf(Assert.Single(one.Catalogue.Associators(vm.Path, "Msvm_SystemDevice", "Msvm_ShutdownComponent"))), method, arguments).Number("ReturnValue");
}
