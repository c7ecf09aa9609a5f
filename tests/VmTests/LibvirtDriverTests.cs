using System.Xml.Linq;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors;
using HvPlatform.Hypervisors.Libvirt;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.VmTests;

/// <summary>What holds for libvirt beyond the contract.</summary>
[Collection(VmCollections.Driver)]
public sealed class LibvirtDriverTests(LibvirtPair pair) : IAsyncLifetime
{
    static readonly CancellationToken s_none = CancellationToken.None;
    LibvirtHosts _hosts = null!;
    LibvirtDriver _driver = null!;

    public async ValueTask InitializeAsync()
    {
        _hosts = await pair.HostsAsync();
        _driver = await _hosts.ConnectAsync(1);
    }

    public async ValueTask DisposeAsync()
    {
        if (_driver is not null)
        {
            await LibvirtPair.RemoveAllAsync(_driver);
            await _driver.DisposeAsync();
        }
    }

    [Fact]
    public async Task Twenty_vms_are_listed_with_two_native_calls()
    {
        for (var i = 0; i < 20; i++)
        {
            await DefineAsync($"many-{i}");
        }

        await _driver.StartAsync((await ListAsync())[0].Id, s_none);

        // Events of the definitions and of the start may still be under way; once they are in, nothing is read twice.
        long calls = 0;
        await Eventually.Until(
            async () =>
            {
                var before = _driver.NativeCalls;
                await ListAsync();
                calls = _driver.NativeCalls - before;
                return calls <= 2;
            },
            "a scan needs two calls");
        var before = _driver.NativeCalls;
        Assert.Equal(20, (await ListAsync()).Count);
        Assert.Equal(2, _driver.NativeCalls - before);
        Assert.All(await ListAsync(), vm => Assert.True(vm.Disks[0].Shared && vm.Disks[0].CapacityBytes == 16 << 20, $"{vm.Disks[0]}"));
    }

    /// <summary>The host is this machine, so what the kernel itself counts stands on both sides of what libvirt says of it.</summary>
    [Fact]
    public async Task The_hosts_processor_time_is_what_the_kernel_counts()
    {
        await _driver.StartAsync(await DefineAsync("busy-host"), s_none);
        HostCpuTime? last = null;
        for (var i = 0; i < 3; i++)
        {
            var before = KernelBusyNs();
            var cpu = (await _driver.Stats!.ReadHostCpuAsync(s_none))!;
            Assert.InRange(cpu.BusyNs, before, KernelBusyNs());
            Assert.True(cpu.TotalNs > cpu.BusyNs, $"{cpu}: a host has idled too since it started");
            Assert.True(last is null || (cpu.BusyNs >= last.BusyNs && cpu.TotalNs >= last.TotalNs), $"{cpu} after {last}");
            last = cpu;
        }

        await Eventually.Until(async () => (await _driver.Stats!.ReadHostCpuAsync(s_none))!.BusyNs > last!.BusyNs, "it works on");

        // user, nice, system, idle, iowait, irq, softirq: ticks of 10 ms of all processors.
        static long KernelBusyNs()
        {
            var ticks = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..8].Select(long.Parse).ToArray();
            return (ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6]) * 10_000_000;
        }
    }

    [Fact]
    public async Task Disk_and_metadata_changed_by_others_are_seen_by_the_next_scans()
    {
        var id = await DefineAsync("changed");
        await _driver.StartAsync(id, s_none);
        Assert.Single((await ListAsync())[0].Disks);
        var second = (await _hosts.NewSpecAsync("second")).Disks[0].Source!;
        await _hosts.VirshAsync(1, "attach-disk", "changed", second, "sdb", "--targetbus", "scsi", "--subdriver", "qcow2", "--live");
        await Eventually.Until(async () => (await ListAsync())[0].Disks.Any(d => d.Source == second), "the plugged disk is listed");

        Assert.Equal(0, (await ListAsync())[0].Epoch);
        await _hosts.VirshAsync(1, "metadata", "changed", "--uri", "https://hvplatform.dev/xmlns/vm/1", "--key", "hv", "--set", "<vm epoch='7'/>", "--live", "--config");
        await Eventually.Until(async () => (await ListAsync())[0].Epoch == 7, "the epoch is read");
    }

    [Fact]
    public async Task Vms_that_come_and_go_during_scans_make_no_scan_fail()
    {
        var stays = await DefineAsync("stays");
        using var stop = new CancellationTokenSource();
        var churn = Task.Run(async () =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                var id = await DefineAsync($"churn-{i}");
                await _driver.Definition!.DeleteAsync(id, s_none);
            }

            return true;
        });
        await using var scanner = await _hosts.ConnectAsync(1);
        for (var i = 0; i < 200; i++)
        {
            var scan = await scanner.ListAsync(s_none);
            Assert.Empty(scan.Unreadable);
            Assert.Contains(scan.Vms, v => v.Id == stays);
        }

        await stop.CancelAsync();
        Assert.True(await churn);
    }

    [Fact]
    public async Task Saved_vm_is_listed_as_saved_and_starts_where_it_was()
    {
        var id = await DefineAsync("saved");
        await _driver.StartAsync(id, s_none);
        await Eventually.Until(() => _hosts.SerialLog(1, "saved").Contains('.'), "the guest runs");
        await _hosts.VirshAsync(1, "managedsave", "saved");
        Assert.Equal(VmState.Saved, Assert.Single(await ListAsync()).State);
        Assert.Equal(VmState.Saved, (await _driver.GetAsync(id, s_none))!.State);
        await _driver.StartAsync(id, s_none);
        var printed = _hosts.SerialLog(1, "saved").Length;
        await Eventually.Until(() => _hosts.SerialLog(1, "saved").Length > printed, "the guest goes on");
        Assert.Equal(1, _hosts.SerialLog(1, "saved").Count(c => c == 'R'));
    }

    [Fact]
    public async Task What_is_left_of_a_moved_vm_goes_without_its_nvram_file_and_a_deleted_vm_with_it()
    {
        var nvram = Path.Combine(_hosts.SharedFolder, $"{Guid.NewGuid()}_VARS.fd");
        foreach (var (moved, stays) in new[] { (true, true), (false, false) })
        {
            await File.WriteAllBytesAsync(nvram, [1]);
            var id = new VmId(Guid.NewGuid());
            var spec = await _hosts.NewSpecAsync("nvram");
            var xml = (await _hosts.DomainXmlAsync("nvram", 128, spec.Disks[0].Source!))
                .Replace("</os>", $"<loader readonly='yes' type='pflash'>{nvram}.code</loader><nvram>{nvram}</nvram></os>");
            Assert.Contains("<nvram>", xml, StringComparison.Ordinal);
            await _driver.Definition!.DefineAsync(id, spec with { NativeDefinition = xml }, s_none);
            await (moved ? _driver.Migration!.ConfirmSourceAsync(id, s_none) : _driver.Definition.DeleteAsync(id, s_none));
            Assert.Null(await _driver.GetAsync(id, s_none));
            Assert.Equal(stays, File.Exists(nvram));
        }
    }

    [Fact]
    public async Task Call_whose_connection_another_call_closed_is_transient()
    {
        using var connector = new LibvirtConnector(await _hosts.OptionsAsync(1));
        var error = await Assert.ThrowsAsync<HypervisorException>(() => connector.RunAsync(
            s =>
            {
                s.Dispose();
                return DomainScan.All(s);
            },
            s_none));
        Assert.Equal((ErrorKind.Transient, "connection-lost"), (error.Kind, error.Error.Code));
        Assert.Empty((await connector.RunAsync(DomainScan.All, s_none)).Vms);
    }

    [Theory]
    [InlineData("<disk type='file'><source file='/shared/a.qcow2'/></disk>", "/shared/a.qcow2", true)]
    [InlineData("<disk type='file'><source file='/local/a.qcow2'/></disk>", "/local/a.qcow2", false)]
    [InlineData("<disk type='file' device='cdrom'/>", null, false)]
    [InlineData("<disk type='network'><source protocol='rbd' name='pool/a'><host name='ceph.example.net'/></source></disk>", "rbd:pool/a", true)]
    [InlineData("<disk type='network'><source protocol='nbd' name='a'><host name='localhost'/></source></disk>", "nbd:a", false)]
    [InlineData("<disk type='network'><source protocol='nbd' name='a'><host transport='unix' socket='/run/nbd'/></source></disk>", "nbd:a", false)]
    [InlineData("<disk type='volume'><source pool='default' volume='a'/></disk>", "a", false)]
    [InlineData("<disk type='dir'><source dir='/shared/a'/></disk>", "dir:/shared/a", false)]
    [InlineData("<disk type='nvme'><source type='pci' namespace='1'><address domain='0x0000'/></source></disk>", "nvme:pci", false)]
    public void Only_a_disk_that_every_host_reaches_is_shared_and_only_an_empty_drive_has_no_source(string disk, string? source, bool shared)
    {
        var domain = XElement.Parse($"<domain><memory>1024</memory><devices>{disk}</devices></domain>");
        var read = Assert.Single(DomainDetails.Parse(domain, persistent: true, ["/shared"]).Disks);
        Assert.Equal((source, shared), (read.Source, read.Shared));
    }

    [Fact]
    public async Task Native_definition_is_taken_if_name_and_id_agree()
    {
        var spec = await _hosts.NewSpecAsync("native");
        var id = new VmId(Guid.NewGuid());
        var xml = await _hosts.DomainXmlAsync("native", 128, spec.Disks[0].Source!);
        var wrong = await Assert.ThrowsAsync<HypervisorException>(
            () => _driver.Definition!.DefineAsync(id, spec with { Name = "other", NativeDefinition = xml }, s_none));
        Assert.Equal(ErrorKind.Validation, wrong.Kind);
        var foreign = xml.Replace("</name>", $"</name><uuid>{Guid.NewGuid()}</uuid>");
        wrong = await Assert.ThrowsAsync<HypervisorException>(() => _driver.Definition!.DefineAsync(id, spec with { NativeDefinition = foreign }, s_none));
        Assert.Equal(ErrorKind.Validation, wrong.Kind);
        Assert.Empty(await ListAsync());

        Assert.Equal(id, (await _driver.Definition!.DefineAsync(id, spec with { NativeDefinition = xml }, s_none)).Id);
        await _driver.StartAsync(id, s_none);
        await Eventually.Until(() => _hosts.SerialLog(1, "native").Contains('R'), "the guest boots");
    }

    [Fact]
    public async Task Watcher_that_does_not_read_is_told_that_it_lost_events()
    {
        await using var slow = await LibvirtDriver.ConnectAsync(await _hosts.OptionsAsync(1) with { WatchBuffer = 2 });
        await using var watch = slow.WatchAsync(s_none).GetAsyncEnumerator(s_none);
        var first = watch.MoveNextAsync();
        await DefineAsync("first");
        Assert.True(await first);
        for (var i = 0; i < 6; i++)
        {
            await DefineAsync($"flood-{i}");
        }

        // The events arrive in order on one connection, so a later one that has arrived means that the earlier ones have.
        var error = await Assert.ThrowsAsync<HypervisorException>(async () =>
        {
            while (await watch.MoveNextAsync())
            {
                await DefineAsync($"more-{Guid.NewGuid():n}");
                await DefineAsync($"more-{Guid.NewGuid():n}");
            }
        });
        Assert.Equal((ErrorKind.Transient, "events-lost"), (error.Kind, error.Error.Code));
    }

    [Fact]
    public async Task Thousand_scans_and_connections_leave_neither_memory_nor_descriptors_behind()
    {
        for (var i = 0; i < 5; i++)
        {
            await DefineAsync($"leak-{i}");
        }

        await ScanAsync(200);
        await ReconnectAsync(10);
        var (memory, descriptors) = Usage();
        await ScanAsync(1000);
        await ReconnectAsync(50);
        var (after, descriptorsAfter) = Usage();

        // A leaked record list is 20 KiB and more a scan, a leaked connection about 100 KiB and two descriptors.
        Assert.True(after - memory < 15L << 20, $"memory grew from {memory >> 20} to {after >> 20} MiB");
        Assert.True(descriptorsAfter - descriptors < 20, $"descriptors grew from {descriptors} to {descriptorsAfter}");

        async Task ScanAsync(int times)
        {
            for (var i = 0; i < times; i++)
            {
                await ListAsync();
                await _driver.GetCapabilitiesAsync(s_none);
            }
        }

        async Task ReconnectAsync(int times)
        {
            for (var i = 0; i < times; i++)
            {
                await using var other = await _hosts.ConnectAsync(1);
                await other.ListAsync(s_none);
            }
        }
    }

    static (long MemoryBytes, int Descriptors) Usage()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        var rss = File.ReadLines("/proc/self/status").First(l => l.StartsWith("RssAnon:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
        return (long.Parse(rss) * 1024, Directory.GetFiles("/proc/self/fd").Length);
    }

    async Task<IReadOnlyList<VmInfo>> ListAsync() => (await _driver.ListAsync(s_none)).Vms;

    async Task<VmId> DefineAsync(string name)
    {
        _hosts.ForgetSerialLogs(name);
        var id = new VmId(Guid.NewGuid());
        await _driver.Definition!.DefineAsync(id, await _hosts.NewSpecAsync(name), s_none);
        return id;
    }
}
