using System.Net;
using System.Net.Sockets;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors;
using HvPlatform.Hypervisors.Libvirt;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.VmTests;

/// <summary>Guests whose disks only their host has: copied while they run, and nothing but what was made for them is ever removed or written over.</summary>
[Collection(VmCollections.Moves)]
public sealed class LibvirtStorageMigrationTests(LibvirtPair pair) : LibvirtPairTest(pair)
{
    static readonly MigrationPolicy s_full = new() { Storage = MigrationStorage.CopyFull };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Guest_that_writes_moves_with_a_full_copy_of_its_disk(bool onBase)
    {
        var name = $"copied-{onBase}";
        var spec = await Hosts.NewPrivateSpecAsync(1, name, counting: true, onBase: onBase);
        var id = await StartAsync(spec);
        await CountsOnAsync(1, name);
        var result = await MoveAsync(id, s_full);
        Assert.True(result.TransferredBytes > 0);
        await CountsOnAsync(2, name);
        await AssertWholeAsync(id, spec, name);
        if (onBase)
        {
            Assert.DoesNotContain("backing", await QemuImgInfoAsync(Hosts.OnHost(2, spec.Disks[0].Source!)));
        }
    }

    [Fact]
    public async Task Guest_that_writes_moves_with_an_incremental_copy_on_the_base_that_both_hosts_have()
    {
        var spec = await Hosts.NewPrivateSpecAsync(1, "overlay", counting: true, onBase: true);
        var id = await StartAsync(spec);
        await CountsOnAsync(1, "overlay");
        await MoveAsync(id, new MigrationPolicy { Storage = MigrationStorage.CopyIncremental });
        await CountsOnAsync(2, "overlay");
        await AssertWholeAsync(id, spec, "overlay");
        Assert.Contains("backing file", await QemuImgInfoAsync(Hosts.OnHost(2, spec.Disks[0].Source!)));
    }

    [Fact]
    public async Task Progress_counts_disk_and_memory_together()
    {
        var spec = await Hosts.NewPrivateSpecAsync(1, "counted", busy: true, counting: true);
        var id = await StartAsync(spec);
        await CountsOnAsync(1, "counted");
        var (result, _, progress) = await TransferAsync(id, s_full with { BandwidthMiBps = 64 });
        Assert.Equal(VmTransferOutcome.Completed, result.Outcome);
        progress.AssertTruthful();
        Assert.Contains(progress.All, p => p.DiskTotalBytes > 0 && p.DiskTransferredBytes < p.DiskTotalBytes || p.Percent < 50);
        Assert.Equal(100, progress.Last!.Percent);
        Assert.True(progress.Last.DiskTotalBytes >= 16L << 20);
        Assert.True(progress.Last.TransferredBytes > progress.Last.DiskTransferredBytes);
    }

    [Fact]
    public async Task Private_disks_are_refused_without_the_policy_and_what_they_lie_upon_counts()
    {
        var own = await StartAsync(await Hosts.NewPrivateSpecAsync(1, "private"));
        var (findings, facts) = await Source.Migration!.CheckSourceAsync(own, new(), None);
        Assert.Null(facts);
        Assert.Contains("CopyFull", findings.Single(f => f is { Check: "disks-reachable", Passed: false }).Detail);

        // The top image alone is shared: the destination could not read what is below it.
        var spec = await Hosts.NewPrivateSpecAsync(1, "half-shared");
        var overlay = $"{Hosts.SharedFolder}/half-shared.qcow2";
        await LibvirtHosts.QemuImgAsync("create", "-q", "-u", "-f", "qcow2", "-b", spec.Disks[0].Source!, "-F", "qcow2", overlay, "16M");
        var id = await StartAsync(spec with { Disks = [spec.Disks[0] with { Source = overlay }] });
        Assert.False((await Source.GetAsync(id, None))!.Disks[0].Shared);
        (findings, _) = await Source.Migration.CheckSourceAsync(id, new(), None);
        Assert.Contains(findings, f => f is { Check: "disks-reachable", Passed: false });
        await Source.ForceOffAsync(id, None);
        (findings, _) = await Source.Migration.CheckSourceAsync(id, new(), None);
        Assert.Contains(findings, f => f is { Check: "cold-copy-unsupported", Passed: false });
    }

    [Fact]
    public async Task A_raw_disk_into_which_its_guest_wrote_an_image_is_copied_as_what_it_is()
    {
        var spec = await Hosts.NewPrivateSpecAsync(1, "disguised");
        var disk = spec.Disks[0].Source!;
        await LibvirtHosts.QemuImgAsync("create", "-q", "-u", "-f", "qcow2", "-b", "/etc/hostname", "-F", "raw", Hosts.OnHost(1, disk), "16M");
        var id = await DefineAsync(spec with { Disks = [spec.Disks[0] with { Format = "raw" }] });
        await Source.StartAsync(id, None);
        var (findings, facts) = await Source.Migration!.CheckSourceAsync(id, new MigrationPolicy { Storage = MigrationStorage.CopyIncremental }, None);
        Assert.DoesNotContain(findings, f => !f.Passed);
        var image = Assert.Single(facts!.CopyImages);
        var sectors = (new FileInfo(Hosts.OnHost(1, disk)).Length + 511) / 512;
        Assert.Equal(("raw", null, sectors * 512), (image.Format, image.BackingPath, image.CapacityBytes));
    }

    [Fact]
    public async Task File_in_the_way_is_refused_and_never_touched()
    {
        var spec = await Hosts.NewPrivateSpecAsync(1, "in-the-way");
        var id = await StartAsync(spec);
        var (_, facts) = await Source.Migration!.CheckSourceAsync(id, s_full, None);
        var there = Hosts.OnHost(2, spec.Disks[0].Source!);
        await File.WriteAllTextAsync(there, "someone's");
        Assert.Contains(await Destination.Migration!.CheckDestinationAsync(facts!, s_full, None), f => f is { Check: "disk-exists", Passed: false });
        var error = await Assert.ThrowsAsync<HypervisorException>(() => Destination.Migration.PrepareDestinationAsync(facts!, s_full, None));
        Assert.Equal((ErrorKind.Conflict, "disk-exists"), (error.Kind, error.Error.Code));
        await Destination.Migration.CleanUpDestinationAsync(id, facts, None);
        Assert.Equal("someone's", await File.ReadAllTextAsync(there));
        File.Delete(there);
    }

    [Fact]
    public async Task Clean_up_removes_what_was_prepared_and_only_that()
    {
        var spec = await Hosts.NewPrivateSpecAsync(1, "cleaned");
        var id = await StartAsync(spec);
        var (facts, _) = await PrepareAsync(id, s_full);
        var there = Hosts.OnHost(2, spec.Disks[0].Source!);
        Assert.Equal(2, Around(there).Length);

        // Prepared again, as after a crash; then as if the crash had come between the mark and the file; then with a stranger's file in its place.
        await Destination.Migration!.PrepareDestinationAsync(facts, s_full, None);
        File.Delete(there);
        await Destination.Migration.PrepareDestinationAsync(facts, s_full, None);
        await Destination.Migration.CleanUpDestinationAsync(id, facts, None);
        Assert.Empty(Around(there));
        await Destination.Migration.PrepareDestinationAsync(facts, s_full, None);
        File.Delete(there);
        await File.WriteAllTextAsync(there, "someone's");
        await Destination.Migration.CleanUpDestinationAsync(id, facts, None);
        Assert.Equal([there], Around(there));
        File.Delete(there);
    }

    [Fact]
    public async Task Stopped_copy_leaves_the_guest_where_it_was_and_no_file_behind()
    {
        var spec = await Hosts.NewPrivateSpecAsync(1, "stopped-copy", busy: true, counting: true);
        var id = await StartAsync(spec);
        var policy = s_full with { BandwidthMiBps = 1 };
        var (facts, uri) = await PrepareAsync(id, policy);
        using var abort = new CancellationTokenSource();
        var progress = new ProgressSeen();
        var transfer = Source.Migration!.TransferAsync(new TransferRequest(id, uri, policy, facts), progress, abort.Token);
        await Eventually.Until(() => progress.Last?.TransferredBytes > 0 || transfer.IsCompleted, "bytes are moving");
        await abort.CancelAsync();
        Assert.Equal(VmTransferOutcome.Aborted, (await transfer).Outcome);
        progress.AssertTruthful();
        await Destination.Migration!.CleanUpDestinationAsync(id, facts, None);
        Assert.Empty(Around(Hosts.OnHost(2, spec.Disks[0].Source!)));
        await CountsOnAsync(1, "stopped-copy");
        await Source.ForceOffAsync(id, None);
        Assert.Null(GuestCounter.Fault([Hosts.SerialLog(1, "stopped-copy")], await GuestCounter.OnDiskAsync(Hosts.OnHost(1, spec.Disks[0].Source!)), moves: 1));
    }

    [Fact]
    public async Task Disks_of_a_vm_that_arrived_are_kept_by_a_late_clean_up()
    {
        var spec = await Hosts.NewPrivateSpecAsync(1, "late-clean-up", counting: true);
        var id = await StartAsync(spec);
        var (result, facts, _) = await TransferAsync(id, s_full);
        Assert.Equal(VmTransferOutcome.Completed, result.Outcome);
        Assert.Equal(ErrorKind.InvalidState, (await Assert.ThrowsAsync<HypervisorException>(() => Destination.Migration!.CleanUpDestinationAsync(id, facts, None))).Kind);
        await Destination.ForceOffAsync(id, None);
        Assert.Equal("vm-defined-here", (await Assert.ThrowsAsync<HypervisorException>(() => Destination.Migration!.CleanUpDestinationAsync(id, facts, None))).Error.Code);
        Assert.True(File.Exists(Hosts.OnHost(2, spec.Disks[0].Source!)));
    }

    [Fact]
    public async Task Disk_whose_arrival_nobody_noted_is_nobodys_to_remove_once_its_vm_has_left()
    {
        var spec = await Hosts.NewPrivateSpecAsync(1, "unnoted");
        var id = await StartAsync(spec);
        var (there, facts, _) = await TransferAsync(id, s_full);
        Assert.Equal(VmTransferOutcome.Completed, there.Outcome);
        var left = Hosts.OnHost(2, spec.Disks[0].Source!);
        Assert.Equal(2, Around(left).Length);

        File.Delete(Hosts.OnHost(1, spec.Disks[0].Source!));
        var (_, back) = await Destination.Migration!.CheckSourceAsync(id, s_full, None);
        var uri = await Source.Migration!.PrepareDestinationAsync(back!, s_full, None);
        Assert.Equal(VmTransferOutcome.Completed, (await Destination.Migration.TransferAsync(new TransferRequest(id, uri, s_full, back), new ProgressSeen(), None)).Outcome);
        await Source.Migration.FinishDestinationAsync(id, back, None);
        await Destination.Migration.ConfirmSourceAsync(id, None);

        await Destination.Migration.CleanUpDestinationAsync(id, facts, None);
        Assert.Equal([left], Around(left));
        Assert.Equal("disk-exists", (await Assert.ThrowsAsync<HypervisorException>(() => Destination.Migration.PrepareDestinationAsync(facts, s_full, None))).Error.Code);
        File.Delete(left);
    }

    [Fact]
    public async Task Driver_that_is_not_on_the_host_says_that_copying_needs_it_there()
    {
        var id = await StartAsync(await Hosts.NewPrivateSpecAsync(1, "remote"));
        using var far = new Relay(Hosts.Uri(1).Split("socket=")[1]);
        await using var driver = await LibvirtDriver.ConnectAsync(await Hosts.OptionsAsync(1) with { Uri = $"qemu+tcp://127.0.0.1:{far.Port}/system" });
        var (findings, facts) = await driver.Migration!.CheckSourceAsync(id, s_full, None);
        Assert.Null(facts);
        Assert.Contains("on the host itself", findings.Single(f => f is { Check: "disks-copyable", Passed: false }).Detail);
        Assert.DoesNotContain("migration-storage", (await driver.GetCapabilitiesAsync(None)).Facets);

        (_, facts) = await Source.Migration!.CheckSourceAsync(id, s_full, None);
        Assert.Contains(await driver.Migration.CheckDestinationAsync(facts!, s_full, None), f => f is { Check: "disks-copyable", Passed: false });
        var other = facts! with { Vm = facts.Vm with { Id = new VmId(Guid.NewGuid()) } };
        Assert.Equal(ErrorKind.Unsupported, (await Assert.ThrowsAsync<HypervisorException>(() => driver.Migration.PrepareDestinationAsync(other, s_full, None))).Kind);
    }

    async Task AssertWholeAsync(VmId id, VmSpec spec, string name)
    {
        await Destination.ForceOffAsync(id, None);
        var there = Hosts.OnHost(2, spec.Disks[0].Source!);
        Assert.Equal([there], Around(there));
        Assert.Null(GuestCounter.Fault([Hosts.SerialLog(1, name), Hosts.SerialLog(2, name)], await GuestCounter.OnDiskAsync(there), moves: 1));
        await LibvirtHosts.QemuImgAsync("check", "-q", there);
    }

    static string[] Around(string file) => Directory.GetFiles(Path.GetDirectoryName(file)!, Path.GetFileName(file) + "*");

    static Task<string> QemuImgInfoAsync(string file) => LibvirtHosts.QemuImgAsync("info", "-U", file);

    /// <summary>A host's socket at a TCP port of this machine, as a driver elsewhere would reach it.</summary>
    sealed class Relay : IDisposable
    {
        readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        readonly string _socket;

        public Relay(string socket)
        {
            _socket = socket;
            _listener.Start();
            _ = AcceptAsync();
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public void Dispose() => _listener.Dispose();

        async Task AcceptAsync()
        {
            try
            {
                while (true)
                {
                    _ = PumpAsync(await _listener.AcceptTcpClientAsync());
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // Closed.
            }
        }

        async Task PumpAsync(TcpClient client)
        {
            using var near = client;
            using var far = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await far.ConnectAsync(new UnixDomainSocketEndPoint(_socket));
            await using var there = new NetworkStream(far);
            var back = there.CopyToAsync(near.GetStream());
            await near.GetStream().CopyToAsync(there);
            far.Shutdown(SocketShutdown.Both);
            await back;
        }
    }
}
