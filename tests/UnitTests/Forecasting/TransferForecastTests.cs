using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.Forecasting;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.UnitTests.Forecasting;

public sealed class TransferForecastTests
{
    [Fact]
    public void Guest_that_is_copied_faster_than_it_writes_converges_in_the_time_of_the_model()
    {
        var f = TransferForecast.Of(Facts(dirty: 20, bandwidth: 100), new());
        Assert.True(f.Converges);

        // 1024 MiB · (1 + 0.2 + 0.04) / 100, the last of which is within the pause.
        Assert.InRange(12_700, f.TotalP10Ms!.Value, f.TotalP90Ms!.Value);
        Assert.InRange(f.DowntimeMs!.Value, 1, 300);
        Assert.Equal(20, f.DirtyRateMiBps);
        Assert.Equal(100, f.BandwidthMiBps);
        Assert.Contains("20 MiB/s", f.Verdict, StringComparison.Ordinal);
    }

    [Fact]
    public void Guest_that_writes_faster_than_it_is_copied_does_not_end_and_the_verdict_says_what_to_change()
    {
        var f = TransferForecast.Of(Facts(dirty: 50, bandwidth: 1000), new MigrationPolicy { BandwidthMiBps = 40 });
        Assert.False(f.Converges);
        Assert.Null(f.TotalP90Ms);
        Assert.Null(f.DowntimeMs);
        Assert.Equal(40, f.BandwidthMiBps);
        Assert.Contains("dirties 50 MiB/s", f.Verdict, StringComparison.Ordinal);
        Assert.Contains("cap above 100 MiB/s", f.Verdict, StringComparison.Ordinal);
        Assert.Contains("auto-converge", f.Verdict, StringComparison.Ordinal);
    }

    [Fact]
    public void Auto_converge_ends_what_does_not_end_without()
    {
        var facts = Facts(dirty: 50, bandwidth: 40);
        Assert.False(TransferForecast.Of(facts, new()).Converges);
        Assert.True(TransferForecast.Of(facts, new MigrationPolicy { AutoConverge = true }).Converges);
    }

    [Fact]
    public void Longer_pause_of_a_rung_ends_what_a_shorter_one_does_not()
    {
        var facts = Facts(dirty: 50, bandwidth: 40, memory: 128);
        var f = TransferForecast.Of(facts, new MigrationPolicy { Ladder = [new() { AfterSeconds = 20, Action = ConvergenceAction.RaiseDowntime, MaxDowntimeMs = 5000 }] });
        Assert.True(f.Converges);
        Assert.InRange(f.DowntimeMs!.Value, 1000, 5000);
        Assert.InRange(20_000, 0, f.TotalP90Ms!.Value);
    }

    [Theory]
    [InlineData(ConvergenceAction.PostCopy, true)]
    [InlineData(ConvergenceAction.Suspend, true)]
    [InlineData(ConvergenceAction.Abort, false)]
    public void Last_rung_decides_about_a_transfer_that_does_not_end_by_itself(ConvergenceAction action, bool converges)
    {
        var policy = new MigrationPolicy { Ladder = [new() { AfterSeconds = 30, Action = action }] };
        var f = TransferForecast.Of(Facts(dirty: 200, bandwidth: 100), policy);
        Assert.Equal(converges, f.Converges);
        Assert.Contains(action.ToString(), f.Verdict, StringComparison.Ordinal);
        if (converges)
        {
            // The rung, and at most all of memory after it.
            Assert.InRange(f.TotalP10Ms!.Value, 30_000, 42_000);
            Assert.Equal(action == ConvergenceAction.Suspend, f.DowntimeMs > 1000);
        }
    }

    [Fact]
    public void Time_limit_below_the_predicted_time_does_not_converge()
    {
        var f = TransferForecast.Of(Facts(dirty: 0, bandwidth: 10), new MigrationPolicy { TimeoutSeconds = 60 });
        Assert.False(f.Converges);
        Assert.Contains("within 60 s", f.Verdict, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_known_is_named()
    {
        var noRate = TransferForecast.Of(Facts(dirty: null, bandwidth: 100), new());
        Assert.Null(noRate.Converges);
        Assert.Contains("dirty rate was not measured", noRate.Verdict, StringComparison.Ordinal);
        var noBandwidth = TransferForecast.Of(Facts(dirty: 10, bandwidth: null), new());
        Assert.Null(noBandwidth.Converges);
        Assert.Contains("bandwidth", noBandwidth.Verdict, StringComparison.Ordinal);
        Assert.Contains("host-1", noBandwidth.Verdict, StringComparison.Ordinal);
        Assert.True(TransferForecast.Of(Facts(dirty: 10, bandwidth: null), new MigrationPolicy { BandwidthMiBps = 100 }).Converges);
    }

    [Fact]
    public void Unknown_rate_with_post_copy_at_the_end_still_ends()
    {
        var policy = new MigrationPolicy { Ladder = [new() { AfterSeconds = 30, Action = ConvergenceAction.PostCopy }] };
        var f = TransferForecast.Of(Facts(dirty: null, bandwidth: 100), policy);
        Assert.True(f.Converges);
        Assert.InRange(f.TotalP10Ms!.Value, 9_000, 11_000);
        Assert.InRange(f.TotalP90Ms!.Value, 40_000, 43_000);
        Assert.Contains("not measured", f.Verdict, StringComparison.Ordinal);
    }

    [Fact]
    public void Disks_that_are_copied_add_their_time()
    {
        var policy = new MigrationPolicy { Storage = MigrationStorage.CopyFull };
        var with = TransferForecast.Of(Facts(dirty: 0, bandwidth: 100, diskMiB: 1000), policy);
        var without = TransferForecast.Of(Facts(dirty: 0, bandwidth: 100), policy);
        Assert.InRange(with.TotalP90Ms!.Value - without.TotalP90Ms!.Value, 9_000, 11_500);
    }

    [Fact]
    public void Vm_that_is_off_moves_its_disks_only()
    {
        var facts = Facts(dirty: null, bandwidth: 100, diskMiB: 1000, state: VmState.Off);
        var f = TransferForecast.Of(facts, new MigrationPolicy { Storage = MigrationStorage.CopyFull });
        Assert.True(f.Converges);
        Assert.Null(f.DowntimeMs);
        Assert.InRange(10_000, f.TotalP10Ms!.Value, f.TotalP90Ms!.Value);
        Assert.Contains("definition", TransferForecast.Of(Facts(null, null, state: VmState.Off), new()).Verdict, StringComparison.Ordinal);
    }

    [Fact]
    public void Paused_vm_needs_no_dirty_rate()
    {
        var f = TransferForecast.Of(Facts(dirty: null, bandwidth: 100, state: VmState.Paused), new());
        Assert.True(f.Converges);
        Assert.InRange(10_240, f.TotalP10Ms!.Value, f.TotalP90Ms!.Value);
    }

    [Fact]
    public void Forecasts_of_recorded_transfers_held()
    {
        var coverage = ForecastCoverage.Of(RecordedTransfer.ReadAll(Path.Combine(Repository.Root, "tests/UnitTests/Forecasting/Recordings")));
        Assert.True(coverage.Recordings >= 20, coverage.ToString());
        Assert.True(coverage.Ended == coverage.Recordings, $"all of them ended: {coverage}");
        Assert.True(coverage.Covered is >= 0.70 and <= 0.95, coverage.ToString());
    }

    [Fact]
    public void Recorded_transfers_that_did_not_end_before_someone_helped_were_forecast_not_to()
    {
        var endless = RecordedTransfer.ReadAll(Path.Combine(Repository.Root, "tests/UnitTests/Forecasting/Recordings")).Where(r => r.Vm.Name.StartsWith("endless", StringComparison.Ordinal)).ToList();
        Assert.True(endless.Count >= 4);
        Assert.All(endless, r => Assert.False(ForecastCoverage.ForecastOf(r.Vm).Converges));
    }

    static MigrationSourceFacts Facts(long? dirty, double? bandwidth, long memory = 1024, long diskMiB = 0, VmState state = VmState.Running) => new()
    {
        Vm = new VmInfo
        {
            Id = VmId.From(Guid.Parse("0d1f7c1e-6f7b-4f0e-8a53-6f6a5f1f0002")),
            Name = "vm",
            State = state,
            Vcpus = 1,
            MemoryMiB = memory,
            Disks = [new VmDisk { Target = "vda", Source = "/local/vm.qcow2", AllocatedBytes = diskMiB << 20 }],
        },
        SourceHostName = "host-1",
        Hypervisor = HypervisorKind.Simulated,
        DirtyRateMiBps = dirty,
        BandwidthMiBps = bandwidth,
        CopyDisks = diskMiB > 0 ? ["vda"] : [],
    };
}
