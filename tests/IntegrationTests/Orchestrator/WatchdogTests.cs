using HvPlatform.Contracts;
using HvPlatform.Contracts.Operations;
using HvPlatform.Contracts.Vms;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.IntegrationTests.Orchestrator;

/// <summary>An operation whose host never answers is sent again, and ends.</summary>
public sealed class WatchdogTests : IAsyncLifetime
{
    readonly OrchestratorFixture fixture = new();

    public ValueTask InitializeAsync() => fixture.StartAsync(new() { ["ResendAfter"] = "00:00:00.5", ["OperationTimeout"] = "00:00:02" });

    public ValueTask DisposeAsync() => fixture.DisposeAsync();

    [Fact]
    public async Task A_command_without_an_answer_is_sent_again_and_fails_after_the_limit()
    {
        var vm = await fixture.AddVmAsync();
        var id = OrchestratorFixture.IdOf(await fixture.AcceptedAsync($"/v1/vms/{vm}/start"));
        await fixture.Inventory.ExecuteAsync("UPDATE host_contacts SET last_seen_at = '2026-01-02T03:04:05Z' WHERE host_id = $1", fixture.Alpha.Value);

        await fixture.StatusBecomesAsync(id, OperationStatus.Failed);

        var failed = await fixture.Probe.NextAsync<OperationFailed>(e => e.OperationId == id);
        Assert.Equal((ErrorKind.Timeout, "host-did-not-answer"), (failed.Error.Kind, failed.Error.Code));
        Assert.Contains("2026-01-02T03:04:05Z", failed.Error.Message);
        var sent = fixture.Probe.Of<StartVmOnHost>().Where(c => c.OperationId == id).ToList();
        Assert.True(sent.Count >= 2, $"sent {sent.Count} times");
        Assert.Single(sent.Distinct());
        Assert.Equal(0, await fixture.ScalarAsync<long>("SELECT count(*) FROM vm_locks"));

        await fixture.CompleteAsync(id, vm, OperationKind.StartVm, VmState.Running);
        await Eventually.Until(async () => await fixture.ScalarAsync<long>("SELECT count(*) FROM vm_facts WHERE state = 'Running'") == 1, "the late answer is noted");
        Assert.Equal("Failed", (await fixture.GetAsync($"/v1/operations/{id}")).GetProperty("status").GetString());
        Assert.Empty(fixture.Probe.Of<OperationSucceeded>());
    }

    [Fact]
    public async Task An_answer_ends_the_watch()
    {
        var vm = await fixture.AddVmAsync();
        var id = OrchestratorFixture.IdOf(await fixture.AcceptedAsync($"/v1/vms/{vm}/start"));
        await fixture.CompleteAsync(id, vm, OperationKind.StartVm, VmState.Running);
        await fixture.StatusBecomesAsync(id, OperationStatus.Succeeded);

        Assert.Equal(0, await fixture.ScalarAsync<long>("SELECT count(*) FROM outbox WHERE due_at IS NOT NULL"));
    }
}
