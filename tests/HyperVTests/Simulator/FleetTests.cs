using HvPlatform.HyperVSimulator;
using HvPlatform.HyperVSimulator.Model;
using Xunit;

namespace HvPlatform.HyperVTests.Simulator;

public sealed class FleetTests
{
    [Fact]
    public async Task Virtual_machines_are_spread_over_hosts_that_know_each_other_and_are_the_same_each_time()
    {
        var options = new HyperVFleetOptions { Hosts = 3, Vms = 10 };
        await using var fleet = await HyperVFleet.StartAsync(options);
        await using var again = await HyperVFleet.StartAsync(options);
        Assert.Equal(["HV1", "HV2", "HV3"], fleet.Hosts.Select(host => host.Name));
        Assert.Equal([3, 3, 4], fleet.Hosts.Select(host => host.Model.Vms.Count));
        Assert.Equal(fleet.Hosts.SelectMany(host => host.Model.Vms.Keys), again.Hosts.SelectMany(host => host.Model.Vms.Keys));
        Assert.Same(fleet["HV2"].Model, fleet["HV1"].Model.Fleet!.Find("hv2"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_host_without_power_is_gone_and_comes_back_with_its_machines_off_or_as_they_were(bool stay)
    {
        await using var fleet = await HyperVFleet.StartAsync(new HyperVFleetOptions());
        var host = fleet.Hosts[0];
        var vm = host.Model.AddVm(new NewVm("web") { State = VmState.Running });
        var saved = host.Model.AddVm(new NewVm("db") { State = VmState.Saved });
        await host.PowerOffAsync(stay);
        Assert.False(host.IsUp);
        await host.ConnectAsync();
        Assert.False(host.IsUp);
        await host.PowerOnAsync();
        Assert.True(host.IsUp);
        Assert.Equal(stay ? VmState.Running : VmState.Off, vm.State);
        Assert.Equal(VmState.Saved, saved.State);
    }

    [Theory]
    [InlineData("--hosts", "0")]
    [InlineData("--vms", "many")]
    [InlineData("--auth", "kerberos")]
    [InlineData("--port")]
    [InlineData("--colour", "red")]
    public void Wrong_arguments_are_refused(params string[] args) => Assert.Throws<FormatException>(() => CommandLine.Parse(args));

    [Fact]
    public void Arguments_are_read()
    {
        var options = CommandLine.Parse(["--hosts", "50", "--vms", "2000", "--port", "0", "--auth", "ntlm", "--encrypted-only", "--speed", "10", "--https"])!;
        Assert.Equal((50, 2000, 0, false, true, false, true), (options.Hosts, options.Vms, options.Port, options.Basic, options.Ntlm, options.AllowUnencrypted, options.Https));
        Assert.Equal(new SimulatedHostOptions().JobDuration / 10, options.Host.JobDuration);
        Assert.Null(CommandLine.Parse(["--help"]));
    }
}
