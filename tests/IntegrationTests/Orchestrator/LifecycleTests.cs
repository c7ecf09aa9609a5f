using System.Net;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Operations;
using HvPlatform.Contracts.Vms;
using Xunit;

namespace HvPlatform.IntegrationTests.Orchestrator;

public sealed class LifecycleTests(OrchestratorFixture fixture) : IClassFixture<OrchestratorFixture>
{
    [Fact]
    public async Task A_start_becomes_an_operation_a_command_to_the_host_and_one_terminal_event()
    {
        var vm = await fixture.AddVmAsync();

        using var response = await fixture.PostAsync($"/v1/vms/{vm}/start", null, ("X-Requested-By", "ada"), ("X-Reason", "demo"));

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        var operation = await fixture.GetAsync(response.Headers.Location!.ToString());
        var id = OrchestratorFixture.IdOf(operation);
        Assert.Equal("Accepted", operation.GetProperty("status").GetString());
        Assert.Equal("ada (via local)", operation.GetProperty("trail").GetProperty("requestedBy").GetString());
        Assert.Equal("demo", operation.GetProperty("trail").GetProperty("reason").GetString());
        var command = await fixture.Probe.NextAsync<StartVmOnHost>(c => c.OperationId == id);
        Assert.Equal((vm, fixture.Alpha, 1L), (command.VmId, command.HostId, command.Epoch));
        var accepted = await fixture.Probe.NextAsync<OperationAccepted>(e => e.OperationId == id);
        Assert.Equal(OperationKind.StartVm, accepted.Kind);

        await fixture.CompleteAsync(id, vm, OperationKind.StartVm, VmState.Running);

        await fixture.StatusBecomesAsync(id, OperationStatus.Succeeded);
        await fixture.Probe.NextAsync<OperationSucceeded>(e => e.OperationId == id);
        await fixture.CompleteAsync(id, vm, OperationKind.StartVm, VmState.Running);
        var next = await fixture.AcceptedAsync($"/v1/vms/{vm}/pause");
        Assert.Equal(2, next.GetProperty("epoch").GetInt64());
        await fixture.Probe.NextAsync<PauseVmOnHost>(c => c.VmId == vm);
        Assert.Single(fixture.Probe.Of<OperationSucceeded>(), e => e.OperationId == id);
    }
}
