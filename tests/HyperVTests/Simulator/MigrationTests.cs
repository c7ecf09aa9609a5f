using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Model;
using HvPlatform.HyperVSimulator.Model.Migration;
using HvPlatform.HyperVSimulator.Model.Network;
using HvPlatform.HyperVSimulator.Model.Storage;
using Xunit;

namespace HvPlatform.HyperVTests.Simulator;

public sealed class MigrationTests
{
    private const string Service = "Msvm_VirtualSystemMigrationService";
    private const string Shared = @"\\nas\vms\web.vhdx";
    private const string Local = @"C:\VMs\web.vhdx";
    private const string Target = @"D:\Arrived\web.vhdx";
    private readonly ModelClock clock = new();
    private readonly SimulatedFleet fleet;
    private readonly ModelTest one;
    private readonly ModelTest two;

    public MigrationTests()
    {
        fleet = new SimulatedFleet(clock);
        one = ModelTest.Create(name: "HV1", clock: clock);
        two = ModelTest.Create(name: "HV2", clock: clock);
        fleet.Add(one.Host);
        fleet.Add(two.Host);
        one.Host.AddSwitch("LAN", SwitchKind.External);
        two.Host.AddSwitch("LAN", SwitchKind.External);
    }

    [Theory]
    [InlineData(VmState.Running)]
    [InlineData(VmState.Off)]
    [InlineData(VmState.Saved)]
    [InlineData(VmState.Paused)]
    public void ASharedMachine_GoesWithAllItHas(VmState state)
    {
        var vm = TestVm.Place(one.Host, disk: Shared, state: state, switchName: "LAN");
        var answer = Migrate(vm, MigrationType.VirtualSystem);
        var job = one.Job(answer);
        Assert.Equal("Msvm_MigrationJob", job.ClassName);
        Assert.Equal(vm.Key, job.String("VirtualSystemName"));
        Assert.Equal("HV2", job.String("DestinationHost"));
        Assert.Equal(305L, job.Number("JobType"));
        one.Succeed(answer);

        Assert.Empty(one.Host.Vms);
        var moved = Assert.Single(two.Host.Vms).Value;
        Assert.Equal((vm.Id, vm.Name, state), (moved.Id, moved.Name, moved.State));
        Assert.Equal(vm.Configuration.Settings.Array<string>("Notes"), moved.Configuration.Settings.Array<string>("Notes"));
        var connection = moved.Configuration.Of("Msvm_EthernetPortAllocationSettingData").Single();
        Assert.Equal(two.Host.Switches[0].Path.ToObjectPath("HV2"), connection.Array<string>("HostResource").Single());
        Assert.NotNull(two.Host.Files.Find(Shared));
    }

    [Fact]
    public void ALiveMigration_TakesItsTimeAndCanBeCancelledUntilTheSwitch()
    {
        var vm = TestVm.Place(one.Host, disk: Shared, state: VmState.Running, memoryMb: 16384);
        var answer = Migrate(vm, MigrationType.VirtualSystem);
        clock.Pass(TimeSpan.FromSeconds(7));
        var job = one.Job(answer);
        Assert.InRange(job.Number("PercentComplete")!.Value, 30, 70);
        Assert.True(job.Boolean("Cancellable"));
        Assert.Equal(1, one.Catalogue.Get(one.Service(Service))!.Number("ActiveVirtualSystemMigrationCount"));
        Assert.Equal(two.Host.Options.MemoryMb - 16384, two.Host.FreeMemoryMb);
        Assert.Equal(4096, one.Call(answer.Reference("Job")!, "RequestStateChange", ("RequestedState", (ushort)4)).Number("ReturnValue"));
        Assert.Equal(8, one.Finish(answer).Number("JobState"));
        Assert.Same(vm, one.Host.Vms[vm.Key]);
        Assert.Empty(two.Host.Vms);
        Assert.Equal(two.Host.Options.MemoryMb, two.Host.FreeMemoryMb);
        one.Succeed(Migrate(vm, MigrationType.VirtualSystem));
        Assert.Empty(one.Host.Vms);
    }

    [Fact]
    public void AfterTheSwitch_TheJobCannotBeCancelled()
    {
        var vm = TestVm.Place(one.Host, disk: Shared, state: VmState.Running);
        var answer = Migrate(vm, MigrationType.VirtualSystem);
        while (two.Host.Vms.Count == 0)
        {
            one.Job(answer);
            clock.Pass(TimeSpan.FromMilliseconds(10));
        }

        Assert.False(one.Job(answer).Boolean("Cancellable"));
        Assert.Equal(4097, one.Call(answer.Reference("Job")!, "RequestStateChange", ("RequestedState", (ushort)5)).Number("ReturnValue"));
        one.Succeed(answer);
    }

    [Fact]
    public void StorageGoesAlong_WithTheDisksBeneathAndIsDeletedOnTheSource()
    {
        var vm = TestVm.Place(one.Host, disk: Local, state: VmState.Running, switchName: "LAN");
        one.Host.Disks.CreateChild(@"C:\VMs\web_1.avhdx", Local);
        vm.Configuration.Redirect(new Dictionary<string, string> { [Local] = @"C:\VMs\web_1.avhdx" });
        one.Succeed(Migrate(vm, MigrationType.VirtualSystemAndStorage, disk: @"D:\Arrived\web_1.avhdx"));
        Assert.Equal(@"D:\Arrived\web_1.avhdx", two.Host.Vms[vm.Key].Configuration.DiskPaths().Single());
        Assert.Equal([@"D:\Arrived\web_1.avhdx", Target], two.Host.Disks.Chain(@"D:\Arrived\web_1.avhdx").Select(link => link.Path));
        Assert.Empty(one.Host.Files.List(@"C:\VMs"));
    }

    [Theory]
    [InlineData("RetainVhdCopiesOnSource")]
    [InlineData("AvoidRemovingVHDs")]
    public void SourceDisks_StayIfAsked(string setting)
    {
        var vm = TestVm.Place(one.Host, disk: Local);
        one.Succeed(Migrate(vm, MigrationType.VirtualSystemAndStorage, disk: Target, more: (setting, true)));
        Assert.NotNull(one.Host.Files.Find(Local));
        Assert.NotNull(two.Host.Files.Find(Target));
    }

    [Fact]
    public void AnExistingFile_IsOverwrittenOnlyIfAllowed()
    {
        var vm = TestVm.Place(one.Host, disk: Local);
        two.Host.Files.WriteWithDirectory(Target, 7);
        Assert.Contains("0x80070050", one.Fail(Migrate(vm, MigrationType.VirtualSystemAndStorage, disk: Target), 32768).String("ErrorDescription"), StringComparison.Ordinal);
        Assert.Equal(7UL, two.Host.Files.Read(Target).SizeBytes);
        one.Succeed(Migrate(vm, MigrationType.VirtualSystemAndStorage, disk: Target, more: ("AllowOverwriteExistingFile", true)));
        Assert.IsType<VirtualDisk>(two.Host.Files.Read(Target).Content);
    }

    [Fact]
    public void StorageAlone_StaysOnTheHost()
    {
        var vm = TestVm.Place(one.Host, disk: Local, state: VmState.Running);
        one.Succeed(Migrate(vm, MigrationType.Storage, destination: null, disk: Target));
        Assert.Equal(Target, one.Host.Vms[vm.Key].Configuration.DiskPaths().Single());
        Assert.Null(one.Host.Files.Find(Local));
        Assert.NotNull(one.Host.Files.Find(Target));
    }

    [Fact]
    public void ALocalDisk_CannotStayBehind()
    {
        var vm = TestVm.Place(one.Host, disk: Local);
        Assert.Contains("0x80070002", one.Fail(Migrate(vm, MigrationType.VirtualSystem), 32768).String("ErrorDescription"), StringComparison.Ordinal);
        Assert.Same(vm, one.Host.Vms[vm.Key]);
    }

    [Fact]
    public void AStagedMachine_IsPlannedAndThenBecomesTheMigratedOne()
    {
        var vm = TestVm.Place(one.Host, disk: Shared, state: VmState.Running);
        one.Succeed(Migrate(vm, MigrationType.Staged));
        Assert.Same(vm, one.Host.Vms[vm.Key]);
        Assert.True(Assert.Single(two.Host.PlannedVms).Value.IsPlanned);
        Assert.Contains("0x800700B7", one.Fail(Migrate(vm, MigrationType.VirtualSystem), 32768).String("ErrorDescription"), StringComparison.Ordinal);
        one.Succeed(Migrate(vm, MigrationType.VirtualSystem, more: ("DestinationPlannedVirtualSystemId", vm.Key)));
        Assert.Empty(two.Host.PlannedVms);
        Assert.Equal(VmState.Running, two.Host.Vms[vm.Key].State);
    }

    [Fact]
    public void ADeepCheck_ChangesNothing()
    {
        var vm = TestVm.Place(one.Host, disk: Local);
        one.Succeed(Migrate(vm, MigrationType.StorageDeepCheck, disk: Target));
        two.Host.Files.Local.CapacityBytes = 1000;
        Assert.Contains("0x80070070", one.Fail(Migrate(vm, MigrationType.StorageDeepCheck, disk: Target), 32768).String("ErrorDescription"), StringComparison.Ordinal);
        Assert.Null(two.Host.Files.Find(Target));
        Assert.Same(vm, one.Host.Vms[vm.Key]);
    }

    [Theory]
    [InlineData("nobody", "0x80072AF9")]
    [InlineData("HV1", "0x80070057")]
    public void ADestinationThatIsNone_IsNamed(string destination, string error)
    {
        var vm = TestVm.Place(one.Host, disk: Shared);
        Assert.Contains(error, one.Fail(Migrate(vm, MigrationType.VirtualSystem, destination), 32768).String("ErrorDescription"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HV2.example.org")]
    [InlineData("10.77.0.2")]
    public void ADestination_HasSeveralNames(string destination)
    {
        var vm = TestVm.Place(one.Host, disk: Shared);
        one.Succeed(Migrate(vm, MigrationType.VirtualSystem, destination, more: ("DestinationIPAddressList", two.Host.MigrationAddresses.ToArray())));
        Assert.Single(two.Host.Vms);
    }

    [Fact]
    public void WhatTheDestinationLacks_IsSaid()
    {
        var vm = TestVm.Place(one.Host, disk: Shared, state: VmState.Running, switchName: "LAN", memoryMb: 4096);
        Refused(vm, "0x8007274D", ("DestinationIPAddressList", new[] { "10.1.1.1" }));
        TestVm.Place(two.Host, "big", state: VmState.Running, memoryMb: (int)two.Host.Options.MemoryMb - 1000);
        Refused(vm, "0x8007000E");
        two.Host.Remove(two.Host.Vms.Values.Single());
        var other = CimXml.Read(CimXml.Write(two.Host.Switches[0].Settings));
        other["ElementName"] = "WAN";
        two.Call("Msvm_VirtualEthernetSwitchManagementService", "ModifySystemSettings", ("SystemSettings", CimXml.Write(other)));
        Assert.Contains("'LAN'", Refused(vm, "33012"), StringComparison.Ordinal);
        var connection = vm.Configuration.Of("Msvm_EthernetPortAllocationSettingData").Single().Copy();
        connection["HostResource"] = new[] { two.Host.Switches[0].Path.ToObjectPath("HV2") };
        Enable(two, false);
        Refused(vm, "0x80070005", ("NewResourceSettingData", new[] { CimXml.Write(connection) }));
        Enable(two, true);
        one.Succeed(Migrate(vm, MigrationType.VirtualSystem, resources: [connection]));
        Assert.Equal("WAN", two.Host.Vms[vm.Key].Configuration.Of("Msvm_EthernetPortAllocationSettingData").Single().String("LastKnownSwitchName"));
    }

    [Fact]
    public void ALongBlackout_CancelsIfAsked()
    {
        var vm = TestVm.Place(one.Host, disk: Shared, state: VmState.Running, memoryMb: 8192);
        vm.DirtyBytesPerSecond = 5e9;
        Assert.Contains("0x800704C7", Refused(vm, "black-out", ("CancelIfBlackoutThresholdExceeded", true)), StringComparison.Ordinal);
        one.Succeed(Migrate(vm, MigrationType.VirtualSystem));
    }

    [Theory]
    [InlineData(0.05)]
    [InlineData(0.3)]
    [InlineData(0.6)]
    [InlineData(0.9)]
    public void AtWhateverPointItFails_TheMachineIsWholeOnExactlyOneHost(double at)
    {
        var vm = TestVm.Place(one.Host, disk: Local, state: VmState.Running);
        one.Host.Jobs.FailNext(32768, "told to", at: at);
        one.Fail(Migrate(vm, MigrationType.VirtualSystemAndStorage, disk: Target), 32768);
        var stayed = one.Host.Vms.Count == 1;
        Assert.Equal(stayed ? 0 : 1, two.Host.Vms.Count);
        Assert.Equal(stayed, one.Host.Files.Find(Local) is not null);
        Assert.Equal(!stayed, two.Host.Files.Find(Target) is not null);
        Assert.True(stayed == at < 0.8, $"At {at} of the job the machine {(stayed ? "stayed" : "went")}.");
    }

    [Fact]
    public void ACutNetworkOrALostDestination_FailsTheMigrationAndLeavesTheMachine()
    {
        var vm = TestVm.Place(one.Host, disk: Local, state: VmState.Running, memoryMb: 16384);
        var answer = Migrate(vm, MigrationType.VirtualSystemAndStorage, disk: Target);
        clock.Pass(TimeSpan.FromSeconds(5));
        one.Job(answer);
        fleet.Cut("hv2", "HV1");
        one.Fail(answer, 32768);
        Assert.Null(two.Host.Files.Find(Target));
        fleet.Cut("HV1", "HV2", cut: false);

        answer = Migrate(vm, MigrationType.VirtualSystemAndStorage, disk: Target);
        clock.Pass(TimeSpan.FromSeconds(5));
        one.Job(answer);
        two.Host.IsDown = true;
        one.Fail(answer, 32768);
        Assert.Same(vm, one.Host.Vms[vm.Key]);
        Assert.Empty(two.Host.Vms);
    }

    [Fact]
    public void ARestartOfTheDestination_IsNoticedThoughItIsUpAgain()
    {
        var vm = TestVm.Place(one.Host, disk: Local, state: VmState.Running, memoryMb: 16384);
        var answer = Migrate(vm, MigrationType.VirtualSystemAndStorage, disk: Target);
        clock.Pass(TimeSpan.FromSeconds(5));
        one.Job(answer);
        two.Host.LosePower();
        clock.Pass(TimeSpan.FromMilliseconds(1));
        two.Host.RegainPower();
        Assert.Contains("0x80072746", one.Fail(answer, 32768).String("ErrorDescription"), StringComparison.Ordinal);
        Assert.Null(two.Host.Files.Find(Target));
    }

    [Fact]
    public void ALossOfPowerOfTheSource_LeavesTheMachineThereAndNothingElsewhere()
    {
        var vm = TestVm.Place(one.Host, disk: Local, state: VmState.Running, memoryMb: 16384);
        var answer = Migrate(vm, MigrationType.VirtualSystemAndStorage, disk: Target);
        clock.Pass(TimeSpan.FromSeconds(5));
        one.Job(answer);
        Assert.NotNull(two.Host.Files.Find(Target));
        one.Host.LosePower();
        clock.Pass(TimeSpan.FromMinutes(1));
        one.Host.RegainPower();
        Assert.Equal(VmState.Off, one.Host.Vms[vm.Key].State);
        Assert.Empty(two.Host.Vms);
        Assert.Null(two.Host.Files.Find(Target));
        Assert.Equal(two.Host.Options.MemoryMb, two.Host.FreeMemoryMb);
        one.Succeed(Migrate(vm, MigrationType.VirtualSystemAndStorage, disk: Target));
    }

    [Fact]
    public void AWholeMachine_IsTheSameElsewhereAndRemembersNothingOfTheSource()
    {
        var vm = one.Host.AddVm(new NewVm("web")
        {
            State = VmState.Running,
            Switches = ["LAN", string.Empty],
            Disks = [new NewVmDisk(Shared), new NewVmDisk(@"\\nas\vms\data.vhdx")],
            Notes = "of web",
        });
        vm.Guest.Exchange.Set("role", "db");
        one.Succeed(one.Call("Msvm_VirtualSystemManagementService", "AddKvpItems", ("TargetSystem", vm.Path), ("DataItems", new[] { CimXml.Write(new CimInstance("Msvm_KvpExchangeDataItem") { ["Name"] = "a", ["Data"] = "1", ["Source"] = (ushort)0 }) })));
        one.Succeed(one.Call("Msvm_VirtualSystemSnapshotService", "CreateSnapshot", ("AffectedSystem", vm.Path), ("SnapshotType", (ushort)2)));
        var before = Summary(one);
        one.Succeed(Migrate(vm, MigrationType.VirtualSystem));

        var moved = two.Host.Vms[vm.Key];
        Assert.Equal("db", moved.Guest.Exchange["role"]);
        var after = Summary(two);
        foreach (var property in (string[])["Name", "ElementName", "CreationTime", "EnabledState", "Notes", "NumberOfProcessors", "Version", "GuestOperatingSystem", "Heartbeat"])
        {
            Assert.True(before[property] is not null && before[property]!.Equals(after[property]), $"{property}: {before[property]}, then {after[property]}");
        }

        Assert.True((ulong)after["UpTime"]! > (ulong)before["UpTime"]!);
        Assert.Single(after.Array<string>("Snapshots"));
        var texts = CimSchema.Instance.Classes.Where(known => known.Name.StartsWith("Msvm_", StringComparison.Ordinal) && !known.IsAbstract && known.Name != "Msvm_MigrationJob")
            .SelectMany(known => two.Catalogue.Enumerate(CimPath.Virtualization, known.Name))
            .SelectMany(instance => instance.Properties.Select(property => (instance.ClassName, property.Key, Text: property.Value switch { string text => text, string[] array => string.Join(' ', array), _ => string.Empty })));
        Assert.DoesNotContain(texts, text => text.Text.Contains("HV1", StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain(one.Catalogue.Enumerate(CimPath.Virtualization, "Msvm_ProcessorSettingData"), settings => settings.String("InstanceID")!.Contains(vm.Key, StringComparison.Ordinal));

        CimInstance Summary(ModelTest host) => Assert.IsType<CimInstance[]>(host.Call(
            "Msvm_VirtualSystemManagementService",
            "GetSummaryInformation",
            ("SettingData", new[] { VmPath.OfSettings(host.Host.Vms[vm.Key].Configuration) }),
            ("RequestedInformation", Enumerable.Range(0, 12).Concat(Enumerable.Range(100, 20)).Select(number => (uint)number).ToArray()))["SummaryInformation"]).Single();
    }

    [Fact]
    public void AMachineThatChangesItsStateMeanwhile_Stays()
    {
        var vm = TestVm.Place(one.Host, disk: Shared, state: VmState.Running);
        var answer = Migrate(vm, MigrationType.VirtualSystem);
        vm.State = VmState.Off;
        one.Fail(answer, 32775);
        Assert.Same(vm, one.Host.Vms[vm.Key]);
    }

    [Fact]
    public void WrongArguments_AreRefused()
    {
        var vm = TestVm.Place(one.Host, disk: Shared);
        Assert.Equal(32773, Migrate(vm, (MigrationType)3).Number("ReturnValue"));
        Assert.Equal(32773, Migrate(vm, MigrationType.VirtualSystem, more: ("TransportType", (ushort)2)).Number("ReturnValue"));
        Assert.Equal(32773, Migrate(vm, MigrationType.VirtualSystem, destination: null).Number("ReturnValue"));
        Assert.Equal(32773, one.Call(Service, "MigrateVirtualSystemToHost", ("ComputerSystem", two.Host.Path), ("DestinationHost", "HV2")).Number("ReturnValue"));
        Assert.Equal(1, one.Call(Service, "MigrateVirtualSystemToSystem", ("ComputerSystem", VmPath.Of(vm)), ("DestinationSystem", two.Host.Path)).Number("ReturnValue"));
        vm.State = VmState.Starting;
        Assert.Equal(32775, Migrate(vm, MigrationType.VirtualSystem).Number("ReturnValue"));
        vm.State = VmState.Off;
        Migrate(vm, MigrationType.VirtualSystem);
        Assert.Equal(32774, Migrate(vm, MigrationType.VirtualSystem).Number("ReturnValue"));
    }

    [Fact]
    public void Checks_SayWhetherItWouldGo()
    {
        var vm = TestVm.Place(one.Host, disk: Shared, switchName: "LAN");
        var settings = CimXml.Write(Settings(MigrationType.VirtualSystem));
        var arguments = new (string, object?)[] { ("ComputerSystem", VmPath.Of(vm)), ("DestinationHost", "HV2"), ("MigrationSettingData", settings) };
        Assert.True(one.Call(Service, "CheckVirtualSystemIsMigratableToHost", arguments).Boolean("IsMigratable"));
        one.Succeed(one.Call(Service, "CheckVirtualSystemIsMigratable", arguments));
        Enable(two, false);
        Assert.False(one.Call(Service, "CheckVirtualSystemIsMigratableToHost", arguments).Boolean("IsMigratable"));
        one.Fail(one.Call(Service, "CheckVirtualSystemIsMigratable", arguments), 32768);
        var info = one.Call(Service, "GetSystemCompatibilityInfo", ("ComputerSystem", VmPath.Of(vm)))["CompatibilityInfo"];
        Assert.Equal(0, two.Call(Service, "CheckSystemCompatibilityInfo", ("CompatibilityInfo", info)).Number("ReturnValue"));
        vm.Configuration.Settings = HostServices.Changed(vm.Configuration.Settings, new CimInstance("Msvm_VirtualSystemSettingData") { ["Version"] = "99.0" }, new HashSet<string> { "Version" });
        info = one.Call(Service, "GetSystemCompatibilityInfo", ("ComputerSystem", VmPath.Of(vm)))["CompatibilityInfo"];
        Assert.Equal(32784, two.Call(Service, "CheckSystemCompatibilityInfo", ("CompatibilityInfo", info)).Number("ReturnValue"));
    }

    [Fact]
    public void Networks_AreAddedChangedAndRemoved()
    {
        var network = new CimInstance("Msvm_VirtualSystemMigrationNetworkSettingData") { ["SubnetNumber"] = "10.0.0.0", ["PrefixLength"] = (byte)24 };
        Assert.Equal(0, one.Call(Service, "AddNetworkSettings", ("NetworkSettings", new[] { CimXml.Write(network) })).Number("ReturnValue"));
        var settings = one.Catalogue.Associators(one.Service(Service), "Msvm_ElementSettingData", null).Single();
        var added = one.Catalogue.Associators(one.Catalogue.PathOf(settings), "Msvm_VirtualSystemMigrationServiceSettingDataComponent", null).Single().Copy();
        added["Metric"] = 5u;
        Assert.Equal(0, one.Call(Service, "ModifyNetworkSettings", ("NetworkSettings", new[] { CimXml.Write(added) })).Number("ReturnValue"));
        Assert.Equal(5, one.Catalogue.Get(one.Catalogue.PathOf(added))!.Number("Metric"));
        Assert.Equal(0, one.Call(Service, "RemoveNetworkSettings", ("NetworkSettings", new[] { one.Catalogue.PathOf(added) })).Number("ReturnValue"));
        Assert.Empty(one.Catalogue.Enumerate(CimPath.Virtualization, "Msvm_VirtualSystemMigrationNetworkSettingData"));
    }

    [Fact]
    public void TwoHostsThatSendEachOtherMachinesAtOnce_DoNotWaitForEachOther()
    {
        for (var i = 0; i < 10; i++)
        {
            TestVm.Place(one.Host, "a" + i, disk: @"\\nas\vms\a" + i + ".vhdx", state: VmState.Running);
            TestVm.Place(two.Host, "b" + i, disk: @"\\nas\vms\b" + i + ".vhdx", state: VmState.Running);
        }

        Enable(one, true, most: 100);
        Enable(two, true, most: 100);
        var jobs = new[] { one, two }.Select(from => from.Host.Vms.Values.ToList().ConvertAll(vm => (from, Migrate(vm, MigrationType.VirtualSystem, from == one ? "HV2" : "HV1", from: from)))).ToList();
        Parallel.ForEach(jobs, list =>
        {
            while (list.Exists(job => job.from.Job(job.Item2).Number("JobState") is 4))
            {
                clock.Pass(TimeSpan.FromMilliseconds(5));
                Assert.True(clock.GetUtcNow().Year == 2026, "The migrations do not end.");
            }
        });
        Assert.All(jobs.SelectMany(list => list), job => Assert.Equal(7, job.from.Job(job.Item2).Number("JobState")));
        Assert.All(one.Host.Vms.Values, vm => Assert.StartsWith("b", vm.Name, StringComparison.Ordinal));
        Assert.Equal((10, 10), (one.Host.Vms.Count, two.Host.Vms.Count));
    }

    private string Refused(SimulatedVm vm, string error, params (string Name, object Value)[] more)
    {
        var text = one.Fail(Migrate(vm, MigrationType.VirtualSystem, more: more), 32768).String("ErrorDescription")!;
        Assert.Contains(error, text, StringComparison.Ordinal);
        Assert.Same(vm, one.Host.Vms[vm.Key]);
        return text;
    }

    private static void Enable(ModelTest host, bool enabled, uint most = 2)
    {
        var settings = new CimInstance("Msvm_VirtualSystemMigrationServiceSettingData") { ["EnableVirtualSystemMigration"] = enabled, ["MaximumActiveVirtualSystemMigration"] = most };
        Assert.Equal(0, host.Call(Service, "ModifyServiceSettings", ("ServiceSettingData", CimXml.Write(settings))).Number("ReturnValue"));
    }

    private static CimInstance Settings(MigrationType type) => new("Msvm_VirtualSystemMigrationSettingData") { ["MigrationType"] = (ushort)type, ["TransportType"] = (ushort)5 };

    private CimInstance Migrate(
        SimulatedVm vm, MigrationType type, string? destination = "HV2", string? disk = null, IReadOnlyList<CimInstance>? resources = null, ModelTest? from = null, params (string Name, object Value)[] more)
    {
        var settings = Settings(type);
        var changed = resources?.Select(CimXml.Write).ToArray() ?? [];
        foreach (var (name, value) in more)
        {
            if (name == "NewResourceSettingData")
            {
                changed = (string[])value;
            }
            else
            {
                settings[name] = value;
            }
        }

        if (disk is not null)
        {
            changed = [CimXml.Write(VmDisks.WithFile(vm.Configuration.HardDisks().Single(), disk))];
        }

        return (from ?? one).Call(
            Service, "MigrateVirtualSystemToHost", ("ComputerSystem", VmPath.Of(vm)), ("DestinationHost", destination), ("MigrationSettingData", CimXml.Write(settings)), ("NewResourceSettingData", changed));
    }
}
