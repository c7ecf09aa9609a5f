using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.HostAgent.Hosts;
using HvPlatform.Hypervisors;
using Xunit;

namespace HvPlatform.UnitTests.HostAgent;

public sealed class SampleRatesTests
{
    static readonly HostId s_host = new(Guid.NewGuid());
    static readonly VmId s_vm = new(Guid.NewGuid());
    readonly SampleRates _rates = new(TimeSpan.FromSeconds(15));
    TimeSpan _now = TimeSpan.FromHours(1);

    [Fact]
    public void Rates_are_what_was_counted_since_the_last_sample()
    {
        var first = Take(0, Vm(cpuSeconds: 100, bytes: 1000), new(50, 1000));
        Assert.Null(first.IntervalSeconds);
        Assert.Null(first.CpuPercent);
        Assert.Equal((null, null, 512L), (first.Vms[0].CpuPercent, first.Vms[0].DiskReadBytesPerSecond, first.Vms[0].MemoryUsedMiB));

        var second = Take(5, Vm(cpuSeconds: 105, bytes: 6000), new(300, 2000));
        Assert.Equal((5.0, 25.0, 1), (second.IntervalSeconds, second.CpuPercent, second.RunningVms));
        // 5 s of processor time in 5 s, of a VM with two processors.
        Assert.Equal(
            new HostVmSample
            {
                VmId = s_vm,
                CpuPercent = 50,
                MemoryUsedMiB = 512,
                DiskReadBytesPerSecond = 1000,
                DiskWriteBytesPerSecond = 2000,
                NetReceivedBytesPerSecond = 3000,
                NetSentBytesPerSecond = 4000,
            },
            second.Vms[0]);
    }

    [Fact]
    public void A_counter_that_went_back_gives_no_rate_and_the_next_sample_does()
    {
        Take(0, Vm(cpuSeconds: 100, bytes: 1_000_000), null);
        var restarted = Take(5, Vm(cpuSeconds: 1, bytes: 10), null).Vms[0];
        Assert.Equal((null, null, null, 512L), (restarted.CpuPercent, restarted.DiskReadBytesPerSecond, restarted.NetSentBytesPerSecond, restarted.MemoryUsedMiB));
        Assert.Equal(2L, Take(5, Vm(cpuSeconds: 2, bytes: 20), null).Vms[0].DiskReadBytesPerSecond);
    }

    [Fact]
    public void What_a_hypervisor_does_not_count_has_no_rate_and_the_rest_has()
    {
        static VmSample ProcessorOnly(long cpuSeconds) => Vm(cpuSeconds, 0) with { DiskReadBytes = null, DiskWriteBytes = null, NetReceivedBytes = null, NetSentBytes = null };
        Take(0, ProcessorOnly(100), null);
        var sample = Take(5, ProcessorOnly(105), null).Vms[0];
        Assert.Equal((50.0, null, null, null, null), (sample.CpuPercent, sample.DiskReadBytesPerSecond, sample.DiskWriteBytesPerSecond, sample.NetReceivedBytesPerSecond, sample.NetSentBytesPerSecond));
    }

    [Fact]
    public void A_VM_that_was_away_begins_anew()
    {
        Take(0, Vm(cpuSeconds: 100, bytes: 1000), null);
        Assert.Empty(_rates.Take(s_host, DateTimeOffset.UnixEpoch, _now += TimeSpan.FromSeconds(5), [], null).Vms);
        Assert.Null(Take(5, Vm(cpuSeconds: 200, bytes: 9000), null).Vms[0].DiskReadBytesPerSecond);
    }

    [Fact]
    public void After_a_gap_there_is_no_mean_over_it()
    {
        Take(0, Vm(cpuSeconds: 100, bytes: 1000), new(50, 1000));
        var late = Take(16, Vm(cpuSeconds: 110, bytes: 9000), new(60, 2000));
        Assert.Equal((null, null, null), (late.IntervalSeconds, late.CpuPercent, late.Vms[0].CpuPercent));
    }

    [Fact]
    public void A_share_is_never_above_a_hundred()
    {
        Take(0, Vm(cpuSeconds: 100, bytes: 0), null);
        Assert.Equal(100, Take(5, Vm(cpuSeconds: 111, bytes: 0), null).Vms[0].CpuPercent);
    }

    static VmSample Vm(long cpuSeconds, long bytes) => new(s_vm, 2, cpuSeconds * 1_000_000_000, 512, bytes, bytes * 2, bytes * 3, bytes * 4);

    HostSampled Take(int seconds, VmSample vm, HostCpuTime? cpu) => _rates.Take(s_host, DateTimeOffset.UnixEpoch, _now += TimeSpan.FromSeconds(seconds), [vm], cpu);
}
