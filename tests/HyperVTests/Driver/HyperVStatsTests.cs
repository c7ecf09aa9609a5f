using HvPlatform.Hypervisors;
using HvPlatform.Hypervisors.HyperV;
using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Model;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.HyperVTests.Driver;

public sealed class HyperVStatsTests : DriverOnModel
{
    [Fact]
    public async Task A_VM_is_sampled_by_its_name_also_where_counters_write_it_in_another_way()
    {
        var vm = Add(new NewVm("web (1/2)") { Processors = 4, MemoryMb = 4096, State = VmState.Running });
        Add(new NewVm("off"));
        Add(new NewVm("paused") { State = VmState.Paused });
        VmSample? sample = null;
        await Eventually.Until(async () => (sample = Assert.Single(await Driver.Stats.SampleAsync(default))).CpuTimeNs > 0, "it has worked");
        Assert.Equal((vm, 4, 4096L), (sample!.Vm, sample.Vcpus, sample.MemoryUsedMiB));
        Assert.Equal((null, null, null, null), (sample.DiskReadBytes, sample.DiskWriteBytes, sample.NetReceivedBytes, sample.NetSentBytes));

        var host = (await Driver.Stats.ReadHostCpuAsync(default))!;
        Assert.True(host.BusyNs >= sample.CpuTimeNs && host.TotalNs > host.BusyNs, $"{host} with {sample}");
        await Driver.ForceOffAsync(vm, default);
        Assert.Empty(await Driver.Stats.SampleAsync(default));
        var later = (await Driver.Stats.ReadHostCpuAsync(default))!;
        Assert.True(later.BusyNs >= host.BusyNs && later.TotalNs >= host.TotalNs, $"{later} after {host}: the host's counters do not go back when a VM leaves");
    }

    [Fact]
    public async Task Of_running_VMs_with_one_name_none_is_given_the_others_figures()
    {
        Add(new NewVm("twin") { State = VmState.Running });
        var other = Add(new NewVm("twin") { State = VmState.Running });
        var alone = Add(new NewVm("alone") { State = VmState.Running });
        Assert.Equal([alone], (await Driver.Stats.SampleAsync(default)).Select(s => s.Vm));

        await Driver.Power.PauseAsync(other, default);
        Assert.Equal([alone], (await Driver.Stats.SampleAsync(default)).Select(s => s.Vm));

        await Driver.ForceOffAsync(other, default);
        Assert.Equal(2, (await Driver.Stats.SampleAsync(default)).Count);
    }

    [Theory]
    [InlineData(CimErrorKind.ClassNotFound)]
    [InlineData(CimErrorKind.AccessDenied)]
    [InlineData(CimErrorKind.Timeout)]
    [InlineData(CimErrorKind.Failed)]
    public async Task Figures_are_offered_where_the_host_has_the_counters_and_a_host_that_does_not_give_them_is_managed_without(CimErrorKind failure)
    {
        var broken = true;
        await using var with = await HyperVDriver.ConnectAsync(new HyperVOptions(), _ => Host.OpenSession());
        Assert.Contains("stats", (await with.GetCapabilitiesAsync(default)).Facets);
        await using var without = await HyperVDriver.ConnectAsync(new HyperVOptions(), _ => new ChangedSession(Host.OpenSession())
        {
            Read = one =>
            {
                if (broken && one.ClassName.StartsWith("Win32_PerfRawData", StringComparison.Ordinal))
                {
                    throw new CimException(failure, "The provider says no.");
                }
            },
        });
        Assert.Null(without.Stats);
        Assert.DoesNotContain("stats", (await without.GetCapabilitiesAsync(default)).Facets);
        Assert.Contains("The provider says no.", without.NoFigures, StringComparison.Ordinal);
        broken = false;
        Assert.Contains("stats", (await without.GetCapabilitiesAsync(default)).Facets);
        Assert.NotNull(without.Stats);
    }
}
