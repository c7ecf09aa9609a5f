using System.Net;
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

    [Fact]
    public async Task A_start_ends_when_it_is_cancelled_and_says_how_far_it_is()
    {
        using var ending = new CancellationTokenSource();
        var made = 0;
        var progress = new Counting(number =>
        {
            made = number;
            ending.Cancel();
        });
        await Assert.ThrowsAsync<OperationCanceledException>(() => HyperVFleet.StartAsync(new HyperVFleetOptions { Vms = 1000 }, ending.Token, progress));
        Assert.Equal(1, made);
    }

    [Fact]
    public async Task A_taken_port_and_an_address_of_another_machine_are_named_by_their_option()
    {
        await using var fleet = await HyperVFleet.StartAsync(new HyperVFleetOptions { ControlPort = 0 });
        var port = await Assert.ThrowsAsync<IOException>(() => HyperVFleet.StartAsync(new HyperVFleetOptions { Port = fleet.Hosts[0].Address.Port }));
        Assert.Contains($"port {fleet.Hosts[0].Address.Port} (--port): the port is taken", port.Message, StringComparison.Ordinal);
        var control = await Assert.ThrowsAsync<IOException>(() => HyperVFleet.StartAsync(new HyperVFleetOptions { ControlPort = fleet.ControlAddress!.Port }));
        Assert.Contains("(--control-port): the port is taken", control.Message, StringComparison.Ordinal);
        var address = await Assert.ThrowsAsync<IOException>(() => HyperVFleet.StartAsync(new HyperVFleetOptions { ListenOn = IPAddress.Parse("192.0.2.1") }));
        Assert.Contains("192.0.2.1 (--listen), port 0 (--port): this machine does not have that address", address.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"kind\":\"Nonsense\"}", "The member kind cannot have this value. Members: kind (Delay, LostReply,")]
    [InlineData("{\"kind\":\"Delay\",\"colour\":1}", "There is no member colour. Members: kind (Delay,")]
    [InlineData("{\"count\":1}", "The member kind is missing.")]
    [InlineData("[]", "The body is no JSON object.")]
    [InlineData("{\"kind\":\"Delay\",\"count\":0}", "A fault's count is positive or null, its delay 0 to 3600 seconds.\"")]
    public async Task The_control_endpoint_says_what_is_wrong_in_its_own_words(string body, string says)
    {
        await using var fleet = await HyperVFleet.StartAsync(new HyperVFleetOptions { ControlPort = 0 });
        using var client = new HttpClient { BaseAddress = fleet.ControlAddress };
        using var content = new StringContent(body);
        using var answer = await client.PostAsync(new Uri("/hosts/HV1/faults", UriKind.Relative), content);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var text = (await answer.Content.ReadAsStringAsync()).Replace("\\u0027", "'", StringComparison.Ordinal);
        Assert.Contains(says, text, StringComparison.Ordinal);
        Assert.DoesNotContain("HvPlatform", text, StringComparison.Ordinal);
        Assert.Contains("POST /hosts/{name}/faults: kind (Delay", await client.GetStringAsync(new Uri("/", UriKind.Relative)), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync(new Uri("/nowhere", UriKind.Relative))).StatusCode);
    }

    [Theory]
    [InlineData("--hosts", "0")]
    [InlineData("--vms", "many")]
    [InlineData("--auth", "kerberos")]
    [InlineData("--port")]
    [InlineData("--colour", "red")]
    [InlineData("--https=yes")]
    [InlineData("--vms", "100001")]
    [InlineData("--port", "65535", "--hosts", "2")]
    [InlineData("--https-port=65535", "--hosts=2")]
    public void Wrong_arguments_are_refused(params string[] args) => Assert.Throws<FormatException>(() => CommandLine.Parse(args));

    [Fact]
    public void Arguments_are_read()
    {
        var options = CommandLine.Parse(["--hosts=50", "--vms", "2000", "--port", "0", "--auth", "ntlm", "--encrypted-only", "--speed", "10", "--https"])!;
        Assert.Equal((50, 2000, 0, false, true, false, true), (options.Hosts, options.Vms, options.Port, options.Basic, options.Ntlm, options.AllowUnencrypted, options.Https));
        Assert.Equal(new SimulatedHostOptions().JobDuration / 10, options.Host.JobDuration);
        Assert.Null(CommandLine.Parse(["--help"]));
    }

    private sealed class Counting(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }
}
