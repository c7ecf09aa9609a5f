using System.Collections.Concurrent;
using System.Diagnostics;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Hypervisors;
using HvPlatform.Hypervisors.Libvirt;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.VmTests;

/// <summary>Live migration between real hosts, seen from the guest, from QEMU's processes and from virsh.</summary>
[Collection(VmCollections.Driver)]
public sealed class LibvirtMigrationTests(LibvirtPair pair) : IAsyncLifetime
{
    static readonly CancellationToken s_none = CancellationToken.None;
    LibvirtHosts _hosts = null!;
    LibvirtDriver _source = null!;
    LibvirtDriver _destination = null!;

    public async ValueTask InitializeAsync()
    {
        _hosts = await pair.HostsAsync();
        _source = await _hosts.ConnectAsync(1);
        _destination = await _hosts.ConnectAsync(2);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var driver in new[] { _source, _destination }.OfType<LibvirtDriver>())
        {
            await LibvirtPair.RemoveAllAsync(driver);
            await driver.DisposeAsync();
        }
    }

    [Fact]
    public async Task Guest_runs_on_without_noticing_and_exactly_one_process_runs_it()
    {
        var id = await StartAsync("moved", busy: true);
        Assert.Equal(1, LibvirtHosts.QemuProcesses(id.Value));
        var result = await TransferAsync(id, new MigrationPolicy());
        Assert.Equal(VmTransferOutcome.Completed, result.Outcome);
        Assert.Equal(VmState.Running, await _destination.Migration!.FinishDestinationAsync(id, null, s_none));
        await _source.Migration!.ConfirmSourceAsync(id, s_none);

        Assert.Equal(1, LibvirtHosts.QemuProcesses(id.Value));
        Assert.Null(await _source.GetAsync(id, s_none));
        Assert.DoesNotContain("moved", await _hosts.VirshAsync(1, "list", "--all", "--name"));

        // '+' is a whole pass over memory in which no page was found changed or lost; 'X' is such a page, 'R' a reboot.
        var stopped = _hosts.SerialLog(1, "moved");
        await Eventually.Until(() => _hosts.SerialLog(2, "moved").Count(c => c == '+') >= 2, "the guest passes over its memory on the destination", 90);
        Assert.DoesNotContain('X', _hosts.SerialLog(2, "moved"));
        Assert.DoesNotContain('R', _hosts.SerialLog(2, "moved"));
        Assert.Equal(stopped, _hosts.SerialLog(1, "moved"));
    }

    [Fact]
    public async Task Limits_reach_the_hypervisor()
    {
        var id = await StartAsync("limited", busy: true);
        using var abort = new CancellationTokenSource();
        var transfer = TransferAsync(id, new MigrationPolicy { BandwidthMiBps = 3, MaxDowntimeMs = 77, AutoConverge = true }, abort.Token);
        await TransferRunsAsync(id, transfer);
        Assert.Equal("77", (await _hosts.VirshAsync(1, "migrate-getmaxdowntime", "limited")).Trim());
        await Eventually.Until(
            async () => (await QueryAsync("query-migrate-parameters")).Contains($"\"max-bandwidth\":{3 << 20},"), "the bandwidth is capped");
        Assert.Contains("\"downtime-limit\":77,", await QueryAsync("query-migrate-parameters"));
        Assert.Contains("\"state\":true,\"capability\":\"auto-converge\"", await QueryAsync("query-migrate-capabilities"));
        await abort.CancelAsync();
        Assert.Equal(VmTransferOutcome.Aborted, (await transfer).Outcome);

        Task<string> QueryAsync(string command) => _hosts.VirshAsync(1, "qemu-monitor-command", "limited", $"{{\"execute\":\"{command}\"}}");
    }

    [Fact]
    public async Task Transfer_over_its_time_is_stopped_and_the_vm_stays()
    {
        var id = await StartAsync("late", busy: true);
        var result = await TransferAsync(id, new MigrationPolicy { BandwidthMiBps = 2, TimeoutSeconds = 1 });
        Assert.Equal((VmTransferOutcome.Failed, ErrorKind.Timeout), (result.Outcome, result.Error?.Kind));
        Assert.Equal("libvirt:78", result.Error!.Cause!.NativeCode);
        await StayedAsync(id);
    }

    [Fact]
    public async Task Cancelled_before_the_job_is_active_still_stops_it()
    {
        var id = await StartAsync("early", busy: true);
        using var abort = new CancellationTokenSource();
        await abort.CancelAsync();
        Assert.Equal(VmTransferOutcome.Aborted, (await TransferAsync(id, new MigrationPolicy { BandwidthMiBps = 2 }, abort.Token)).Outcome);
        await StayedAsync(id);
    }

    [Fact]
    public async Task Transfer_begun_by_an_agent_that_died_is_followed_to_its_end()
    {
        var id = await StartAsync("orphan", busy: true);
        var uri = await PrepareAsync(id);
        var agent = Process.Start("virsh", ["-c", _hosts.Uri(1), "migrate", "--live", "--p2p", "--persistent", "--undefinesource", "--unsafe", "--bandwidth", "2", "orphan", uri])!;
        await Eventually.Until(async () => (await _source.Migration!.InspectAsync(id, s_none)).TransferRunning, "virsh's transfer runs");
        agent.Kill();
        await agent.WaitForExitAsync();
        Assert.True((await _source.Migration!.InspectAsync(id, s_none)).TransferRunning);

        var seen = new Latest();
        var following = _source.Migration.TransferAsync(new TransferRequest(id, uri, new MigrationPolicy()), seen, s_none);
        await Eventually.Until(() => seen.Value is not null, "its progress is seen");
        await _hosts.VirshAsync(1, "migrate-setspeed", "orphan", "1000");
        var result = await following;
        Assert.Equal(VmTransferOutcome.Completed, result.Outcome);
        Assert.True(result.DowntimeMs >= 0 && result.TransferredBytes > 0, $"{result}");
        Assert.Equal(VmState.Running, await _destination.Migration!.FinishDestinationAsync(id, null, s_none));
        Assert.Equal(1, LibvirtHosts.QemuProcesses(id.Value));
    }

    [Fact]
    public async Task Vm_with_a_local_disk_is_refused_by_the_check_and_by_the_transfer()
    {
        var id = await StartAsync("local");
        await using var strict = await LibvirtDriver.ConnectAsync(await _hosts.OptionsAsync(1) with { SharedPaths = ["/somewhere/else"] });
        var (findings, facts) = await strict.Migration!.CheckSourceAsync(id, new(), s_none);
        Assert.Null(facts);
        Assert.Equal("disks-reachable", Assert.Single(findings, f => !f.Passed).Check);

        var result = await strict.Migration.TransferAsync(new TransferRequest(id, await PrepareAsync(id), new MigrationPolicy()), new Latest(), s_none);
        Assert.Equal((VmTransferOutcome.Failed, "migration-unsafe"), (result.Outcome, result.Error?.Code));
        await StayedAsync(id);
    }

    [Fact]
    public async Task Destination_that_does_not_answer_fails_the_transfer_and_names_it()
    {
        var id = await StartAsync("nowhere");
        var request = new TransferRequest(id, "qemu+tcp://127.0.1.9:16509/system", new MigrationPolicy());
        var result = await _source.Migration!.TransferAsync(request, new Latest(), s_none);
        Assert.Equal((VmTransferOutcome.Failed, ErrorKind.Transient), (result.Outcome, result.Error?.Kind));
        Assert.Contains("127.0.1.9", result.Error!.Message);
        await StayedAsync(id);
    }

    [Fact]
    public async Task Epoch_stored_beside_a_vm_travels_with_it_and_stays_when_it_stops()
    {
        var id = await StartAsync("fenced");
        await _source.SetEpochAsync(id, 41, s_none);
        Assert.Equal(41, (await _source.GetAsync(id, s_none))!.Epoch);
        Assert.Equal(VmTransferOutcome.Completed, (await TransferAsync(id, new MigrationPolicy())).Outcome);
        Assert.Equal(41, (await _destination.Migration!.InspectAsync(id, s_none)).Epoch);
        await _destination.ForceOffAsync(id, s_none);
        Assert.Equal(41, (await _destination.GetAsync(id, s_none))!.Epoch);
    }

    [Fact]
    public async Task Old_definition_of_the_vm_on_the_destination_is_overwritten()
    {
        var id = await StartAsync("stale");
        await _destination.Definition!.DefineAsync(id, await _hosts.NewSpecAsync("stale"), s_none);
        var (_, facts) = await _source.Migration!.CheckSourceAsync(id, new(), s_none);
        Assert.DoesNotContain(await _destination.Migration!.CheckDestinationAsync(facts!, new(), s_none), f => !f.Passed);
        Assert.Equal(VmTransferOutcome.Completed, (await TransferAsync(id, new MigrationPolicy())).Outcome);
        Assert.Equal(facts!.Vm.Disks[0].Source, (await _destination.GetAsync(id, s_none))!.Disks[0].Source);
        await _destination.ForceOffAsync(id, s_none);
        Assert.Equal(facts.Vm.Disks[0].Source, (await _destination.GetAsync(id, s_none))!.Disks[0].Source);
    }

    [Fact]
    public async Task Watches_of_both_hosts_tell_of_the_move()
    {
        var id = await StartAsync("watched-move");
        using var stop = new CancellationTokenSource();
        var onSource = new ConcurrentQueue<DriverEvent>();
        var onDestination = new ConcurrentQueue<DriverEvent>();
        var watching = Task.WhenAll(CollectAsync(_source, onSource), CollectAsync(_destination, onDestination));
        Assert.Equal(VmTransferOutcome.Completed, (await TransferAsync(id, new MigrationPolicy())).Outcome);
        await Eventually.Until(() => Task.FromResult(onSource.Any(e => e.Vm == id && e.Gone)), "it left", lastSeen: () => Task.FromResult(string.Join(", ", onSource)));
        await Eventually.Until(() => onDestination.Any(e => e.Vm == id && e.Cause == "resumed"), "it runs on the destination");
        Assert.DoesNotContain(onDestination, e => e.Gone);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching);

        async Task CollectAsync(LibvirtDriver driver, ConcurrentQueue<DriverEvent> seen)
        {
            await foreach (var e in driver.WatchAsync(stop.Token))
            {
                seen.Enqueue(e);
            }
        }
    }

    async Task<VmId> StartAsync(string name, bool busy = false)
    {
        _hosts.ForgetSerialLogs(name);
        var id = new VmId(Guid.NewGuid());
        await _source.Definition!.DefineAsync(id, await _hosts.NewSpecAsync(name, busy), s_none);
        await _source.StartAsync(id, s_none);
        await Eventually.Until(() => _hosts.SerialLog(1, name).Contains('R'), $"guest {name} is up");
        return id;
    }

    async Task<string> PrepareAsync(VmId id)
    {
        var (_, facts) = await _source.Migration!.CheckSourceAsync(id, new(), s_none);
        return await _destination.Migration!.PrepareDestinationAsync(facts!, new(), s_none);
    }

    async Task<TransferResult> TransferAsync(VmId id, MigrationPolicy policy, CancellationToken cancellationToken = default) =>
        await _source.Migration!.TransferAsync(new TransferRequest(id, await PrepareAsync(id), policy), new Latest(), cancellationToken);

    async Task TransferRunsAsync(VmId id, Task transfer) => await Eventually.Until(
        async () => transfer.IsCompleted || (await _source.Migration!.InspectAsync(id, s_none)).TransferRunning, "the transfer runs");

    async Task StayedAsync(VmId id)
    {
        Assert.Equal(VmState.Running, (await _source.GetAsync(id, s_none))!.State);
        Assert.False((await _source.Migration!.InspectAsync(id, s_none)).TransferRunning);
        Assert.Null(await _destination.GetAsync(id, s_none));
        Assert.Equal(1, LibvirtHosts.QemuProcesses(id.Value));
    }

    sealed class Latest : IProgress<MigrationProgress>
    {
        public volatile MigrationProgress? Value;

        public void Report(MigrationProgress value) => Value = value;
    }
}
