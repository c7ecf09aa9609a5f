using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Operations;
using HvPlatform.Contracts.Vms;
using Xunit;

namespace HvPlatform.IntegrationTests.Orchestrator;

/// <summary>Commands from other systems are judged as REST requests are, and a refusal is an event.</summary>
public sealed class BusCommandTests(OrchestratorFixture fixture) : IClassFixture<OrchestratorFixture>
{
    static Trail By(string who) => new() { RequestedBy = who, RequestedAt = TimeProvider.System.GetUtcNow() };

    [Fact]
    public async Task A_command_is_accepted_and_sent_on_once_however_often_it_comes()
    {
        var vm = await fixture.AddVmAsync();
        var command = new StartVm { OperationId = OperationId.New(), VmId = vm, Trail = By("scheduler") };
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => fixture.SendToOrchestratorAsync(command)));
        await fixture.SendToOrchestratorAsync(command);

        await fixture.SendToOrchestratorAsync(command with { OperationId = OperationId.New() });

        var accepted = await fixture.Probe.NextAsync<OperationAccepted>(e => e.OperationId == command.OperationId);
        Assert.Equal("scheduler", accepted.Trail.RequestedBy);
        var rejected = await fixture.Probe.NextAsync<CommandRejected>(e => e.VmId == vm);
        Assert.Equal(("StartVm", "vm-busy"), (rejected.Command, rejected.Error.Code));
        Assert.DoesNotContain(fixture.Probe.Of<CommandRejected>(), e => e.OperationId == command.OperationId);
        await fixture.Probe.NextAsync<StartVmOnHost>(c => c.VmId == vm);
        Assert.Single(fixture.Probe.Of<OperationAccepted>(), e => e.VmId == vm);
        Assert.Equal(1, await fixture.ScalarAsync<long>($"SELECT count(*) FROM operations WHERE vm_id = '{vm}'"));
    }

    [Fact]
    public async Task A_refused_command_is_an_event_and_changes_nothing()
    {
        var vm = await fixture.AddVmAsync(VmState.Running);
        var before = await fixture.FootprintAsync();
        var id = OperationId.New();

        await fixture.SendToOrchestratorAsync(new StartVm { OperationId = id, VmId = vm, Trail = By("scheduler") });

        var rejected = await fixture.Probe.NextAsync<CommandRejected>(e => e.OperationId == id);
        Assert.Equal(("wrong-state", ErrorKind.InvalidState), (rejected.Error.Code, rejected.Error.Kind));
        Assert.Equal(before, await fixture.FootprintAsync());
        await fixture.SendToOrchestratorAsync(new PauseVm { OperationId = OperationId.New(), VmId = vm, Trail = By("scheduler") });
        await fixture.Probe.NextAsync<PauseVmOnHost>(c => c.VmId == vm && c.Epoch == 1);
    }

    [Fact]
    public async Task Each_lifecycle_command_reaches_the_host_as_itself()
    {
        async Task<VmId> Sent<T>(VmState state, Func<VmId, T> command)
            where T : class
        {
            var vm = await fixture.AddVmAsync(state);
            await fixture.SendToOrchestratorAsync(command(vm));
            return vm;
        }

        var off = await Sent(VmState.Running, vm => new ShutDownVm { OperationId = OperationId.New(), VmId = vm, Trail = By("s") });
        var forced = await Sent(VmState.Paused, vm => new ForceOffVm { OperationId = OperationId.New(), VmId = vm, Trail = By("s") });
        var resumed = await Sent(VmState.Paused, vm => new ResumeVm { OperationId = OperationId.New(), VmId = vm, Trail = By("s") });
        var rebooted = await Sent(VmState.Running, vm => new RebootVm { OperationId = OperationId.New(), VmId = vm, Trail = By("s") });
        var deleted = await Sent(VmState.Off, vm => new DeleteVm { OperationId = OperationId.New(), VmId = vm, Trail = By("s") });

        await fixture.Probe.NextAsync<ShutDownVmOnHost>(c => c.VmId == off);
        await fixture.Probe.NextAsync<ForceOffVmOnHost>(c => c.VmId == forced);
        await fixture.Probe.NextAsync<ResumeVmOnHost>(c => c.VmId == resumed);
        await fixture.Probe.NextAsync<RebootVmOnHost>(c => c.VmId == rebooted);
        await fixture.Probe.NextAsync<DeleteVmOnHost>(c => c.VmId == deleted);
    }

    [Fact]
    public async Task A_migration_over_the_bus_begins_the_saga_or_is_rejected()
    {
        var vm = await fixture.AddVmAsync(VmState.Running);
        var good = new MigrateVm { OperationId = OperationId.New(), VmId = vm, DestinationHostId = fixture.Beta, Trail = By("drain"), Policy = new MigrationPolicy { BandwidthMiBps = 100 } };
        var bad = good with { OperationId = OperationId.New(), Policy = new MigrationPolicy { TimeoutSeconds = -1 } };

        await fixture.SendToOrchestratorAsync(good);
        await fixture.SendToOrchestratorAsync(bad);

        var begin = await fixture.Probe.NextAsync<BeginMigration>(m => m.OperationId == good.OperationId);
        Assert.Equal((fixture.Alpha, fixture.Beta, 100), (begin.SourceHostId, begin.DestinationHostId, begin.Policy.BandwidthMiBps));
        Assert.Equal("invalid-request", (await fixture.Probe.NextAsync<CommandRejected>(e => e.OperationId == bad.OperationId)).Error.Code);
    }

    [Fact]
    public async Task A_cancel_over_the_bus_goes_to_the_saga_or_is_rejected()
    {
        var vm = await fixture.AddVmAsync(VmState.Running);
        var migration = OrchestratorFixture.IdOf(await fixture.AcceptedAsync($"/v1/vms/{vm}/migrations", new { destinationHostId = fixture.Beta }));
        var unknown = OperationId.New();

        await fixture.SendToOrchestratorAsync(new CancelMigration { OperationId = migration, Trail = By("ada") });
        await fixture.SendToOrchestratorAsync(new CancelMigration { OperationId = unknown, Trail = By("ada") });

        Assert.Equal("ada", (await fixture.Probe.NextAsync<CancelMigrationRequested>(m => m.OperationId == migration)).Trail.RequestedBy);
        Assert.Equal("migration-not-found", (await fixture.Probe.NextAsync<CancelRejected>(e => e.OperationId == unknown)).Error.Code);
    }

    [Fact]
    public async Task An_operation_the_agent_has_journaled_is_running()
    {
        var vm = await fixture.AddVmAsync();
        var id = OrchestratorFixture.IdOf(await fixture.AcceptedAsync($"/v1/vms/{vm}/start"));
        await fixture.PublishAsync(new HostJobAccepted { OperationId = id, Step = "start", HostId = fixture.Alpha, VmId = vm, At = TimeProvider.System.GetUtcNow() });

        await fixture.StatusBecomesAsync(id, OperationStatus.Running);
    }
}
