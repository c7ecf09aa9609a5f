using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Hypervisors.Simulated;
using Xunit;

namespace HvPlatform.IntegrationTests.HostAgent;

/// <summary>What an agent says of a transfer's end: before it begins, and while it runs.</summary>
public sealed class TransferForecastTests
{
    [Fact]
    public async Task Source_check_forecasts_if_asked_by_the_cap_or_by_what_earlier_transfers_reached()
    {
        await using var host = await AgentHost.StartAsync("inmemory");
        var vm = host.RunningVm(host.First);
        host.First.SetGuest(vm, new SimulatedGuest { DirtyMiBps = 64, WorkingSetMiB = 256 });
        Assert.Null((await CheckAsync(host, vm, new MigrationPolicy())).Forecast);

        var capped = (await CheckAsync(host, vm, new MigrationPolicy { BandwidthMiBps = 16, RequireConvergence = true })).Forecast!;
        Assert.False(capped.Converges);
        Assert.Equal((64, 16), (capped.DirtyRateMiBps, capped.BandwidthMiBps));
        var unknown = (await CheckAsync(host, vm, new MigrationPolicy { Forecast = true })).Forecast!;
        Assert.Null(unknown.Converges);

        var first = HostAgentTests.Transfer(host, vm, OperationId.New());
        await host.SendAsync(first);
        await host.HearAsync<VmTransferEnded>(e => e.OperationId == first.OperationId && e.Outcome == VmTransferOutcome.Completed);
        var other = VmId.From(Guid.NewGuid());
        host.First.AddVm(SimulatedFleet.NewVm(other, "other", 1, 256, VmState.Running), new SimulatedGuest { DirtyMiBps = 10 });
        var known = (await CheckAsync(host, other, new MigrationPolicy { Forecast = true })).Forecast!;
        Assert.True(known.Converges, known.Verdict);
        Assert.True(known.BandwidthMiBps > 100, known.Verdict);
        Assert.True(known.TotalP10Ms < known.TotalP90Ms, known.Verdict);
    }

    [Fact]
    public async Task Running_transfer_tells_when_it_will_end_and_a_second_attempt_never_goes_back()
    {
        await using var host = await AgentHost.StartAsync("inmemory");
        var (vm, operation) = (host.RunningVm(host.First), OperationId.New());
        host.First.Inject(new SimulatedTransferFault(SimulatedTransferFaultKind.JobFails, AtPercent: 60, vm));
        var command = HostAgentTests.Transfer(host, vm, operation, new MigrationPolicy { BandwidthMiBps = 50 });
        await host.SendAsync(command);
        var told = await host.HearAsync<MigrationProgressed>(p => p.OperationId == operation && p.Progress is { EtaP90Ms: not null, Percent: > 20 });

        // 256 MiB at 50 MiB/s are 5.1 s in all.
        Assert.InRange(told.Progress.EtaP10Ms!.Value, 0, 5500);
        Assert.InRange(told.Progress.EtaP90Ms!.Value, told.Progress.EtaP10Ms.Value, 30_000);
        await host.HearAsync<VmTransferEnded>(e => e.OperationId == operation && e.Outcome == VmTransferOutcome.Failed);

        await host.SendAsync(command with { Step = "transfer-again", Policy = new MigrationPolicy { BandwidthMiBps = 100 } });
        await host.HearAsync<VmTransferEnded>(e => e.OperationId == operation && e.Outcome == VmTransferOutcome.Completed);
        var all = host.Heard<MigrationProgressed>(p => p.OperationId == operation);
        Assert.All(all, p => Assert.InRange(p.Progress.Percent, 0, 100));
        Assert.All(all.Zip(all.Skip(1)), p => Assert.True(
            p.First.Progress.Percent <= p.Second.Progress.Percent && p.First.Progress.TransferredBytes <= p.Second.Progress.TransferredBytes, $"{p.First.Progress} then {p.Second.Progress}"));
    }

    static async Task<MigrationSourceChecked> CheckAsync(AgentHost host, VmId vm, MigrationPolicy policy)
    {
        var operation = OperationId.New();
        await host.SendAsync(new CheckMigrationSource { OperationId = operation, HostId = host.First.Id, VmId = vm, Epoch = 1, Policy = policy });
        return await host.HearAsync<MigrationSourceChecked>(c => c.OperationId == operation);
    }
}
