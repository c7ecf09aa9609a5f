using System.Collections.Concurrent;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors;
using HvPlatform.Hypervisors.Libvirt;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.VmTests;

/// <summary>A test on the two real hosts of <see cref="LibvirtPair"/>: its VMs are gone afterwards.</summary>
public abstract class LibvirtPairTest(LibvirtPair pair) : IAsyncLifetime
{
    protected static CancellationToken None => CancellationToken.None;

    protected LibvirtHosts Hosts { get; private set; } = null!;

    protected LibvirtDriver Source { get; private set; } = null!;

    protected LibvirtDriver Destination { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Hosts = await pair.HostsAsync();
        Source = await Hosts.ConnectAsync(1);
        Destination = await Hosts.ConnectAsync(2);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var driver in new[] { Source, Destination }.OfType<LibvirtDriver>())
        {
            await LibvirtPair.RemoveAllAsync(driver);
            await driver.DisposeAsync();
        }
    }

    protected async Task<VmId> DefineAsync(VmSpec spec)
    {
        Hosts.ForgetSerialLogs(spec.Name);
        var id = new VmId(Guid.NewGuid());
        await Source.Definition!.DefineAsync(id, spec, None);
        return id;
    }

    protected async Task<VmId> StartAsync(VmSpec spec)
    {
        var id = await DefineAsync(spec);
        await Source.StartAsync(id, None);
        await Eventually.Until(() => Hosts.SerialLog(1, spec.Name).Contains('R'), $"guest {spec.Name} is up");
        return id;
    }

    /// <summary>Both checks, which must pass, and the preparation of the destination.</summary>
    protected async Task<(MigrationSourceFacts Facts, string Uri)> PrepareAsync(VmId id, MigrationPolicy policy)
    {
        var (findings, facts) = await Source.Migration!.CheckSourceAsync(id, policy, None);
        Assert.DoesNotContain(findings, f => !f.Passed);
        Assert.DoesNotContain(await Destination.Migration!.CheckDestinationAsync(facts!, policy, None), f => !f.Passed);
        return (facts!, await Destination.Migration.PrepareDestinationAsync(facts!, policy, None));
    }

    protected async Task<(TransferResult Result, MigrationSourceFacts Facts, ProgressSeen Progress)> TransferAsync(VmId id, MigrationPolicy policy)
    {
        var (facts, uri) = await PrepareAsync(id, policy);
        var progress = new ProgressSeen();
        return (await Source.Migration!.TransferAsync(new TransferRequest(id, uri, policy, facts), progress, None), facts, progress);
    }

    protected async Task<TransferResult> MoveAsync(VmId id, MigrationPolicy policy)
    {
        var (result, facts, progress) = await TransferAsync(id, policy);
        Assert.True(result.Outcome == VmTransferOutcome.Completed, result.ToString());
        progress.AssertTruthful();
        await Destination.Migration!.FinishDestinationAsync(id, facts, None);
        await Source.Migration!.ConfirmSourceAsync(id, None);
        Assert.Null(await Source.GetAsync(id, None));
        return result;
    }

    /// <summary>The guest says more on a host than it has so far.</summary>
    protected async Task CountsOnAsync(int host, string name)
    {
        var said = GuestCounter.OnSerial(Hosts.SerialLog(host, name)).Count;
        await Eventually.Until(() => GuestCounter.OnSerial(Hosts.SerialLog(host, name)).Count > said + 5, $"{name} counts on host {host}");
    }

    protected sealed class ProgressSeen : IProgress<MigrationProgress>
    {
        readonly ConcurrentQueue<MigrationProgress> _seen = [];

        public MigrationProgress? Last => _seen.LastOrDefault();

        public IReadOnlyList<MigrationProgress> All => [.. _seen];

        public void Report(MigrationProgress value) => _seen.Enqueue(value);

        public void AssertTruthful()
        {
            Assert.All(All, p =>
            {
                Assert.InRange(p.Percent, 0, 100);
                Assert.True((p.DiskTransferredBytes ?? 0) <= (p.DiskTotalBytes ?? 0), $"{p}");
                Assert.True((p.DiskTransferredBytes ?? 0) <= p.TransferredBytes, $"{p}");
            });
            Assert.All(All.Zip(All.Skip(1)), p => Assert.True(
                p.First.Percent <= p.Second.Percent && p.First.TransferredBytes <= p.Second.TransferredBytes && p.First.ElapsedMs <= p.Second.ElapsedMs,
                $"{p.First} then {p.Second}"));
        }
    }
}
