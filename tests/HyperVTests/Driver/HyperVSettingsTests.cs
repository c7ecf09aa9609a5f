using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;
using HvPlatform.HyperVSimulator.Model;
using HvPlatform.HyperVSimulator.Model.Network;
using Xunit;
using State = HvPlatform.HyperVSimulator.Model.VmState;

namespace HvPlatform.HyperVTests.Driver;

public sealed class HyperVSettingsTests : DriverOnModel
{
    const string Hostile = "it's \"quoted\" <&]]> \u200F\u05D0\r\ntwo\tlines";

    [Fact]
    public async Task Processor_and_memory_are_changed_where_they_differ()
    {
        var vm = Add(new NewVm("cpu"));
        await ChangeAsync(vm, new VmSettings
        {
            Processor = new VmProcessorSettings { Count = 4, LimitPercent = 62.5, ReservationPercent = 10, Weight = 250 },
            Memory = new VmMemorySettings { StartupMiB = 4096, Dynamic = true, MinimumMiB = 1024, MaximumMiB = 8192, BufferPercent = 30, Weight = 6000 },
        });
        var state = await SettingsAsync(vm);
        Assert.Equal(new VmProcessorSettings { Count = 4, LimitPercent = 62.5, ReservationPercent = 10, Weight = 250 }, state.Processor);
        Assert.Equal(new VmMemorySettings { StartupMiB = 4096, Dynamic = true, MinimumMiB = 1024, MaximumMiB = 8192, BufferPercent = 30, Weight = 6000 }, state.Memory);
    }

    [Theory]
    [InlineData("processor.count")]
    [InlineData("memory.dynamic")]
    [InlineData("consoleMode")]
    public async Task What_needs_the_VM_off_is_refused_before_anything_is_changed(string member)
    {
        var vm = Add(new NewVm("busy") { State = State.Running });
        var change = new VmSettings { Notes = "new" };
        change = member switch
        {
            "processor.count" => change with { Processor = new VmProcessorSettings { Count = 8 } },
            "memory.dynamic" => change with { Memory = new VmMemorySettings { Dynamic = true } },
            _ => change with { ConsoleMode = VmConsoleMode.Com1 },
        };
        var error = await FailsAsync(ErrorKind.InvalidState, () => ChangeAsync(vm, change));
        Assert.Equal(["Off"], error.AllowedStates);
        Assert.Contains(member, error.Message, StringComparison.Ordinal);
        Assert.Null((await SettingsAsync(vm)).Notes);
    }

    [Fact]
    public async Task What_cannot_be_is_refused_by_its_member()
    {
        var vm = Add(new NewVm("wrong"));
        async Task WrongAsync(string field, VmSettings settings) => Assert.Equal(field, (await FailsAsync(ErrorKind.Validation, () => ChangeAsync(vm, settings))).Field);
        await WrongAsync("processor.count", new VmSettings { Processor = new VmProcessorSettings { Count = 0 } });
        await WrongAsync("processor.reservationPercent", new VmSettings { Processor = new VmProcessorSettings { LimitPercent = 10, ReservationPercent = 20 } });
        await WrongAsync("memory.startupMiB", new VmSettings { Memory = new VmMemorySettings { StartupMiB = 1001 } });
        await WrongAsync("memory.minimumMiB", new VmSettings { Memory = new VmMemorySettings { Dynamic = true, MinimumMiB = 8192 } });
        await WrongAsync("serialPorts.pipe", new VmSettings { SerialPorts = [new VmSerialPort { Number = 1, Pipe = "COM1" }] });
        await WrongAsync("serialPorts.number", new VmSettings { SerialPorts = [new VmSerialPort { Number = 3, Pipe = "" }] });
        await WrongAsync("disks[0].path", new VmSettings { Disks = [new VmDiskChange { Action = VmDeviceAction.Add, Path = "relative.vhdx" }] });
        await WrongAsync("disks[0].path", new VmSettings { Disks = [new VmDiskChange { Action = VmDeviceAction.Add, Path = "C:\\a\"b.vhdx" }] });
        await WrongAsync("disks[0].capacityBytes", new VmSettings { Disks = [new VmDiskChange { Action = VmDeviceAction.Create, Path = @"C:\a.vhdx", CapacityBytes = 1 }] });
        await WrongAsync("adapters[0].macAddress", new VmSettings { Adapters = [new VmAdapterChange { Action = VmDeviceAction.Add, Adapter = "x", MacAddress = "00-15-5D-00-00-01" }] });
        await WrongAsync("firmware.bootOrder", new VmSettings { Firmware = new VmFirmwareSettings { BootOrder = ["nothing"] } });
    }

    [Fact]
    public async Task Notes_are_carried_unchanged_and_the_epoch_in_them_stays()
    {
        var vm = Add(new NewVm("notes") { Notes = Hypervisors.HyperV.EpochNote.Write("old", 7) });
        await ChangeAsync(vm, new VmSettings { Notes = Hostile });
        Assert.Equal(Hostile, (await SettingsAsync(vm)).Notes);
        Assert.Equal(7, (await Driver.GetAsync(vm, default))!.Epoch);
        var long64 = new string('x', 64 * 1024);
        await ChangeAsync(vm, new VmSettings { Notes = long64 });
        Assert.Equal(long64, (await SettingsAsync(vm)).Notes);
        Assert.Equal(7, (await Driver.GetAsync(vm, default))!.Epoch);
    }

    [Fact]
    public async Task Integration_serial_ports_and_console_mode()
    {
        var vm = Add(new NewVm("small"));
        Assert.True((await SettingsAsync(vm)).NeverStarted);
        await ChangeAsync(vm, new VmSettings
        {
            Integration = new VmIntegrationSettings { Heartbeat = false, GuestServices = true },
            SerialPorts = [new VmSerialPort { Number = 2, Pipe = @"\\.\pipe\it's 2" }],
            ConsoleMode = VmConsoleMode.Com2,
        });
        var state = await SettingsAsync(vm);
        Assert.Equal(new VmIntegrationSettings { Heartbeat = false, GuestServices = true }, state.Integration);
        Assert.Equal(["", @"\\.\pipe\it's 2"], state.SerialPorts.Select(p => p.Pipe));
        Assert.Equal(VmConsoleMode.Com2, state.ConsoleMode);
        await ChangeAsync(vm, new VmSettings { SerialPorts = [new VmSerialPort { Number = 2, Pipe = "" }] });
        Assert.Equal(["", ""], (await SettingsAsync(vm)).SerialPorts.Select(p => p.Pipe));
    }

    [Theory]
    [InlineData(1, "IDE")]
    [InlineData(2, "SCSI")]
    public async Task Disks_are_created_attached_resized_and_detached(int generation, string controller)
    {
        var vm = Add(new NewVm("disks") { Generation = generation, Disks = [new NewVmDisk(@"C:\VMs\os.vhdx")] });
        const string Path = @"C:\VMs\it's data.vhdx";
        await ChangeAsync(vm, new VmSettings { Disks = [new VmDiskChange { Action = VmDeviceAction.Create, Path = Path, CapacityBytes = 1L << 30 }] });
        var disk = Assert.Single((await SettingsAsync(vm)).Disks, d => d.Path == Path);
        Assert.Equal((controller, "disk"), (disk.Controller, disk.Kind));
        await ChangeAsync(vm, new VmSettings { Disks = [new VmDiskChange { Action = VmDeviceAction.Add, Path = Path }] });
        Assert.Single((await SettingsAsync(vm)).Disks, d => d.Path == Path);
        await ChangeAsync(vm, new VmSettings { Disks = [new VmDiskChange { Action = VmDeviceAction.Change, Path = Path, CapacityBytes = 2L << 30 }] });
        await FailsAsync(ErrorKind.Validation, () => ChangeAsync(vm, new VmSettings { Disks = [new VmDiskChange { Action = VmDeviceAction.Change, Path = Path, CapacityBytes = 1L << 30 }] }));
        await ChangeAsync(vm, new VmSettings { Disks = [new VmDiskChange { Action = VmDeviceAction.Remove, Path = Path }] });
        Assert.DoesNotContain((await SettingsAsync(vm)).Disks, d => d is { Kind: "disk", Path: null or Path });
        await ChangeAsync(vm, new VmSettings { Disks = [new VmDiskChange { Action = VmDeviceAction.Add, Path = Path, Controller = controller, Location = 1 }] });
        Assert.Equal(1, Assert.Single((await SettingsAsync(vm)).Disks, d => d.Path == Path).Location);
        await FailsAsync(ErrorKind.NotFound, () => ChangeAsync(vm, new VmSettings { Disks = [new VmDiskChange { Action = VmDeviceAction.Change, Path = @"C:\no.vhdx", CapacityBytes = 1L << 30 }] }));
    }

    [Fact]
    public async Task A_file_that_cannot_be_attached_leaves_no_empty_drive()
    {
        var vm = Add(new NewVm("missing"));
        var before = (await SettingsAsync(vm)).Disks.Count;
        await Assert.ThrowsAsync<Hypervisors.HypervisorException>(() => ChangeAsync(vm, new VmSettings { Disks = [new VmDiskChange { Action = VmDeviceAction.Add, Path = @"C:\VMs\none.vhdx" }] }));
        Assert.Equal(before, (await SettingsAsync(vm)).Disks.Count);
    }

    [Fact]
    public async Task Adapters_are_added_changed_and_removed()
    {
        Host.AddSwitch("it's LAN", SwitchKind.External);
        Host.AddSwitch("Lab", SwitchKind.Private);
        var vm = Add(new NewVm("net"));
        await ChangeAsync(vm, new VmSettings { Adapters = [new VmAdapterChange { Action = VmDeviceAction.Add, Adapter = "front", MacAddress = "00:15:5d:00:00:0a", Switch = "it's LAN", VlanId = 12 }] });
        var adapter = Assert.Single((await SettingsAsync(vm)).Adapters);
        Assert.Equal(("front", "00:15:5d:00:00:0a", "it's LAN", 12), (adapter.Name, adapter.MacAddress, adapter.Switch, adapter.VlanId));

        await ChangeAsync(vm, new VmSettings { Adapters = [new VmAdapterChange { Action = VmDeviceAction.Change, Adapter = "front", Switch = "Lab", VlanId = 13 }] });
        adapter = Assert.Single((await SettingsAsync(vm)).Adapters);
        Assert.Equal(("Lab", 13), (adapter.Switch, adapter.VlanId));

        await ChangeAsync(vm, new VmSettings { Adapters = [new VmAdapterChange { Action = VmDeviceAction.Change, Adapter = "00:15:5d:00:00:0a", Switch = "", VlanId = 0, MacAddress = "00:15:5d:00:00:0b" }] });
        adapter = Assert.Single((await SettingsAsync(vm)).Adapters);
        Assert.Equal((null, null, "00:15:5d:00:00:0b"), (adapter.Switch, adapter.VlanId, adapter.MacAddress));

        await FailsAsync(ErrorKind.NotFound, () => ChangeAsync(vm, new VmSettings { Adapters = [new VmAdapterChange { Action = VmDeviceAction.Change, Adapter = "front", Switch = "nowhere" }] }));
        await FailsAsync(ErrorKind.NotFound, () => ChangeAsync(vm, new VmSettings { Adapters = [new VmAdapterChange { Action = VmDeviceAction.Change, Adapter = "none", VlanId = 3 }] }));
        await ChangeAsync(vm, new VmSettings { Adapters = [new VmAdapterChange { Action = VmDeviceAction.Remove, Adapter = "front" }] });
        Assert.Empty((await SettingsAsync(vm)).Adapters);
    }

    [Fact]
    public async Task The_boot_order_of_both_generations_is_read_and_changed()
    {
        var first = Add(new NewVm("gen1") { Generation = 1 });
        var order = (await SettingsAsync(first)).BootOrder.Select(d => d.Id).ToList();
        await ChangeAsync(first, new VmSettings { Firmware = new VmFirmwareSettings { BootOrder = [order[^1]] } });
        Assert.Equal([order[^1], .. order[..^1]], (await SettingsAsync(first)).BootOrder.Select(d => d.Id));
        await FailsAsync(ErrorKind.Unsupported, () => ChangeAsync(first, new VmSettings { Firmware = new VmFirmwareSettings { SecureBoot = true } }));

        Host.AddSwitch("LAN", SwitchKind.Internal);
        var second = Add(new NewVm("gen2") { Disks = [new NewVmDisk(@"C:\VMs\boot.vhdx")], Switches = ["LAN"] });
        order = [.. (await SettingsAsync(second)).BootOrder.Select(d => d.Id)];
        Assert.True(order.Count >= 2, string.Join(", ", order));
        await ChangeAsync(second, new VmSettings { Firmware = new VmFirmwareSettings { BootOrder = [order[^1]], SecureBoot = false } });
        var after = await SettingsAsync(second);
        Assert.Equal([order[^1], .. order[..^1]], after.BootOrder.Select(d => d.Id));
        Assert.False(after.SecureBoot);
        Assert.False(after.Tpm);
    }

    [Fact]
    public async Task Switches_are_listed_with_their_kinds()
    {
        Host.AddSwitch("b ext", SwitchKind.External);
        Host.AddSwitch("a int", SwitchKind.Internal);
        Host.AddSwitch("c priv", SwitchKind.Private);
        var switches = (await Driver.Switches.ListAsync(default)).Switches;
        Assert.Equal([("a int", "internal"), ("b ext", "external"), ("c priv", "private")], switches.Select(s => (s.Name, s.Kind ?? "")));
    }
}
