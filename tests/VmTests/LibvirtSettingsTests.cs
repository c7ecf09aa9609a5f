using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.VmTests;

/// <summary>Devices of real VMs that run or do not, and where their screens are.</summary>
[Collection(VmCollections.Driver)]
public sealed class LibvirtSettingsTests(LibvirtPair pair) : LibvirtPairTest(pair)
{
    [Fact]
    public async Task Devices_given_twice_are_there_once_and_what_cannot_be_is_refused_before_anything_changes()
    {
        var id = await DefineAsync(await Hosts.NewSpecAsync("fitted"));
        var path = $"{Hosts.SharedFolder}/fitted-more.qcow2";
        var create = new VmSettings { Disks = [new VmDiskChange { Action = VmDeviceAction.Create, Path = path, CapacityBytes = 64 << 20 }] };
        await Source.Settings!.ChangeAsync(id, create, None);
        await Source.Settings.ChangeAsync(id, create, None);
        var disk = (await Source.GetAsync(id, None))!.Disks;
        Assert.Equal(["vda", "vdb"], disk.Select(d => d.Target));
        Assert.Equal("qcow2", disk[1].Format);

        var nic = new VmSettings { Adapters = [new VmAdapterChange { Action = VmDeviceAction.Add, Adapter = "second", Switch = "default" }] };
        await Source.Settings.ChangeAsync(id, nic, None);
        await Source.Settings.ChangeAsync(id, nic, None);
        Assert.Single((await Source.GetAsync(id, None))!.Nics);
        await Source.Settings.ChangeAsync(id, new VmSettings { Adapters = [new VmAdapterChange { Action = VmDeviceAction.Remove, Adapter = "second" }] }, None);
        Assert.Empty((await Source.GetAsync(id, None))!.Nics);

        var mixed = new VmSettings { Notes = "never", ConsoleMode = VmConsoleMode.Com1 };
        var refused = await Assert.ThrowsAsync<Hypervisors.HypervisorException>(() => Source.Settings.ChangeAsync(id, mixed, None));
        Assert.Equal(ErrorKind.Unsupported, refused.Kind);
        Assert.Null((await Source.Settings.ReadAsync(id, None)).Notes);

        await Source.Settings.ChangeAsync(id, new VmSettings { Disks = [new VmDiskChange { Action = VmDeviceAction.Remove, Path = path }] }, None);
        Assert.Single((await Source.GetAsync(id, None))!.Disks);
        Assert.True(File.Exists(path), "the file stays");
        File.Delete(path);
    }

    [Fact]
    public async Task A_screen_is_found_where_the_running_VM_has_one()
    {
        var spec = await Hosts.NewSpecAsync("screened");
        var plain = await DefineAsync(spec);
        Assert.Equal(ErrorKind.Unsupported, (await Assert.ThrowsAsync<Hypervisors.HypervisorException>(() => Source.Display!.FindAsync(plain, None))).Kind);

        var xml = (await Hosts.VirshAsync(1, "dumpxml", "screened")).Replace("<name>screened</name>", "<name>pictured</name>", StringComparison.Ordinal)
            .Replace("</devices>", "<graphics type='vnc' port='-1' autoport='yes' listen='127.0.0.1'/></devices>", StringComparison.Ordinal)
            .Replace($"<uuid>{plain}</uuid>", "", StringComparison.Ordinal).Replace("screened.log", "pictured.log", StringComparison.Ordinal);
        var id = await DefineAsync(spec with { Name = "pictured", NativeDefinition = xml });
        Assert.Equal(ErrorKind.InvalidState, (await Assert.ThrowsAsync<Hypervisors.HypervisorException>(() => Source.Display!.FindAsync(id, None))).Kind);
        await Source.StartAsync(id, None);
        var screen = await Source.Display!.FindAsync(id, None);
        Assert.Equal(("vnc", "127.0.0.1"), (screen.Protocol, screen.Address));
        Assert.InRange(screen.Port, 5900, 65535);
    }

    [Fact]
    public async Task A_disk_of_a_running_guest_comes_and_goes_at_once()
    {
        var id = await StartAsync(await Hosts.NewSpecAsync("plugged"));
        var path = $"{Hosts.SharedFolder}/plugged-more.qcow2";
        await Source.Settings!.ChangeAsync(id, new VmSettings { Disks = [new VmDiskChange { Action = VmDeviceAction.Create, Path = path, CapacityBytes = 64 << 20, Controller = "SCSI" }] }, None);
        Assert.Contains(path, await Hosts.VirshAsync(1, "domblklist", "plugged"));
        var busy = await Assert.ThrowsAsync<Hypervisors.HypervisorException>(() => Source.Settings.ChangeAsync(id, new VmSettings { Processor = new VmProcessorSettings { Count = 2 } }, None));
        Assert.Equal(ErrorKind.InvalidState, busy.Kind);
        await Source.Settings.ChangeAsync(id, new VmSettings { Disks = [new VmDiskChange { Action = VmDeviceAction.Remove, Path = path }] }, None);
        Assert.DoesNotContain(path, await Hosts.VirshAsync(1, "domblklist", "plugged"));
        await RunsOnAsync("plugged");
        File.Delete(path);
    }

    async Task RunsOnAsync(string name)
    {
        var said = Hosts.SerialLog(1, name).Length;
        await Eventually.Until(() => Hosts.SerialLog(1, name).Length > said, $"{name} runs on");
    }
}
