using System.Net;
using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Evacuations;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.IntegrationTests.Orchestrator;

/// <summary>Maintenance and evacuations at the orchestrator's edge; the saga is the test itself. Whole evacuations: EndToEnd.EvacuationTests.</summary>
public sealed class EvacuationApiTests : IAsyncLifetime
{
    readonly OrchestratorFixture fixture = new() { Sections = { ["Evacuations:Interval"] = "00:00:00.3", ["Evacuations:RetryDelay"] = "00:00:00.1" } };

    static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    public ValueTask InitializeAsync() => fixture.InitializeAsync();

    public ValueTask DisposeAsync() => fixture.DisposeAsync();

    async Task<Guid> StartAsync(HostId host, object? body = null) => (await fixture.AcceptedAsync($"/v1/hosts/{host}/evacuations", body ?? new { })).GetProperty("id").GetGuid();

    async Task<JsonElement> UntilAsync(Guid id, Func<JsonElement, bool> wanted, string what)
    {
        JsonElement seen = default;
        await Eventually.Until(async () => wanted(seen = await fixture.GetAsync($"/v1/evacuations/{id}")), what, 20, () => Task.FromResult(seen.ToString()));
        return seen;
    }

    Task CompleteAsync(BeginMigration m) => fixture.PublishAsync(new MigrationCompleted
    {
        OperationId = m.OperationId,
        VmId = m.VmId,
        SourceHostId = m.SourceHostId,
        DestinationHostId = m.DestinationHostId,
        At = Now,
        TotalMs = 5,
        Phases = [],
    });

    [Fact]
    public async Task Maintenance_is_shown_refuses_migrations_there_and_is_left_again()
    {
        using var entered = await fixture.PostAsync($"/v1/hosts/{fixture.Beta}/maintenance", null, ("X-Requested-By", "ada"), ("X-Reason", "new memory"));
        Assert.Equal(HttpStatusCode.Accepted, entered.StatusCode);
        using var again = await fixture.PostAsync($"/v1/hosts/{fixture.Beta}/maintenance", null, ("X-Requested-By", "bob"));
        Assert.Equal(HttpStatusCode.Accepted, again.StatusCode);

        var maintenance = (await fixture.GetAsync($"/v1/hosts/{fixture.Beta}")).GetProperty("maintenance");
        Assert.Equal(("ada (via local)", "new memory"), (maintenance.GetProperty("requestedBy").GetString(), maintenance.GetProperty("reason").GetString()));
        Assert.Equal("beta", Assert.Single((await fixture.GetAsync("/v1/hosts?maintenance=true")).GetProperty("items").EnumerateArray()).GetProperty("name").GetString());

        var vm = await fixture.AddVmAsync(VmState.Running);
        using (var refused = await fixture.PostAsync($"/v1/vms/{vm}/migrations", new { destinationHostId = fixture.Beta }))
        {
            var problem = await OrchestratorFixture.ProblemAsync(refused, 409, "host-in-maintenance");
            Assert.Equal("beta", problem.GetProperty("where").GetString());
        }

        using (var stale = await fixture.SendAsync(HttpMethod.Delete, $"/v1/hosts/{fixture.Beta}/maintenance", null, ("If-Match", "\"0-Online\"")))
        {
            await OrchestratorFixture.ProblemAsync(stale, 412, "etag-mismatch");
        }

        using (var left = await fixture.SendAsync(HttpMethod.Delete, $"/v1/hosts/{fixture.Beta}/maintenance"))
        {
            Assert.Equal(HttpStatusCode.Accepted, left.StatusCode);
        }

        await fixture.AcceptedAsync($"/v1/vms/{vm}/migrations", new { destinationHostId = fixture.Beta });
        await Eventually.Until(() => fixture.Probe.Of<HostMaintenanceChanged>().Count == 2, "it is told twice: once entered, once left");
        Assert.Equal("ada (via local)", Assert.Single(fixture.Probe.Of<HostMaintenanceChanged>(), m => m.InMaintenance).Trail.RequestedBy);
    }

    [Fact]
    public async Task What_is_not_there_or_out_of_range_is_named()
    {
        var unknown = Guid.NewGuid();
        foreach (var (path, body, status, code) in ((string, object?, int, string)[])
        [
            ($"/v1/hosts/{unknown}/evacuations", new { }, 404, "host-not-found"),
            ($"/v1/hosts/{unknown}/maintenance", null, 404, "host-not-found"),
            ($"/v1/evacuations/{unknown}/pause", null, 404, "evacuation-not-found"),
            ($"/v1/evacuations/{unknown}/cancel", null, 404, "evacuation-not-found"),
            ("/v1/evacuations/x/pause", null, 400, "invalid-id"),
            ($"/v1/hosts/{fixture.Alpha}/evacuations", new { destinationHostIds = new[] { unknown } }, 422, "unknown-host"),
            ($"/v1/hosts/{fixture.Alpha}/evacuations", new { destinationHostIds = new[] { fixture.Alpha } }, 422, "same-host"),
            ($"/v1/hosts/{fixture.Alpha}/evacuations", new { maxConcurrent = 0, maxAttempts = 0 }, 400, "invalid-request"),
            ($"/v1/hosts/{fixture.Alpha}/evacuations", new { concurrency = 3 }, 400, "invalid-request"),
        ])
        {
            using var response = await fixture.PostAsync(path, body);
            await OrchestratorFixture.ProblemAsync(response, status, code);
        }

        Assert.Equal(0L, await fixture.ScalarAsync<long>("SELECT (SELECT count(*) FROM evacuations) + (SELECT count(*) FROM host_maintenance)"));
        var command = new PauseEvacuation { EvacuationId = new(unknown), Trail = new() { RequestedBy = "bus", RequestedAt = Now } };
        await fixture.SendToOrchestratorAsync(command);
        Assert.Equal("evacuation-not-found", (await fixture.Probe.NextAsync<EvacuationRejected>(r => r.EvacuationId == command.EvacuationId)).Error.Code);
    }

    [Fact]
    public async Task A_move_in_doubt_counts_as_running_and_a_busy_VM_waits_without_losing_an_attempt()
    {
        var first = await fixture.AddVmAsync(VmState.Running, name: "a", memoryMiB: 512);
        var second = await fixture.AddVmAsync(VmState.Running, name: "b");
        var id = await StartAsync(fixture.Alpha, new { maxConcurrent = 1, order = "ByName", destinationHostIds = new[] { fixture.Beta } });
        var begin = await fixture.Probe.NextAsync<BeginMigration>(m => m.VmId == first);
        Assert.Contains($"evacuation {id}", begin.Trail.Reason, StringComparison.Ordinal);
        Assert.Equal(fixture.Beta, begin.DestinationHostId);

        await fixture.PublishAsync(new MigrationInDoubt { OperationId = begin.OperationId, VmId = first, UnansweredHostIds = [fixture.Beta], Since = Now, Unknown = "where it runs" });
        await fixture.StatusBecomesAsync(begin.OperationId, OperationStatus.InDoubt);
        var power = OrchestratorFixture.IdOf(await fixture.AcceptedAsync($"/v1/vms/{second}/pause"));
        var inDoubtAt = Now;
        var seen = await UntilAsync(id, e => e.GetProperty("updatedAt").GetDateTimeOffset() > inDoubtAt.AddSeconds(1), "it has looked again several times");
        Assert.Equal((1, 1), (seen.GetProperty("moving").GetInt32(), seen.GetProperty("waiting").GetInt32()));

        await CompleteAsync(begin);
        seen = await UntilAsync(id, e => e.GetProperty("moved").GetInt32() == 1, "the first has moved");
        await fixture.CompleteAsync(power, second, OperationKind.PauseVm, VmState.Running);
        var next = await fixture.Probe.NextAsync<BeginMigration>(m => m.VmId == second);
        await CompleteAsync(next);
        var end = await UntilAsync(id, e => e.TryGetProperty("endedAt", out _), "it ends");
        Assert.Equal("Completed", end.GetProperty("status").GetString());
        Assert.All(end.GetProperty("vms").EnumerateArray(), v => Assert.Equal(1, v.GetProperty("attempts").GetInt32()));
    }

    [Fact]
    public async Task A_VM_deleted_or_moved_by_others_is_done_and_one_that_appears_is_moved()
    {
        var first = await fixture.AddVmAsync(VmState.Running, name: "a-first");
        var deleted = await fixture.AddVmAsync(VmState.Running, name: "b-deleted");
        var elsewhere = await fixture.AddVmAsync(VmState.Running, name: "c-elsewhere");
        var id = await StartAsync(fixture.Alpha, new { maxConcurrent = 1, order = "ByName", destinationHostIds = new[] { fixture.Beta } });

        // While the first is on its way no other begins, so the rest of the fleet can change without a race.
        var begin = await fixture.Probe.NextAsync<BeginMigration>(m => m.VmId == first);
        await fixture.Inventory.ExecuteAsync("UPDATE vms SET deleted_at = now() WHERE vm_id = $1", deleted.Value);
        await fixture.Inventory.ExecuteAsync("UPDATE vms SET host_id = $2 WHERE vm_id = $1", elsewhere.Value, fixture.Beta.Value);
        var appeared = await fixture.AddVmAsync(VmState.Running, name: "d-appeared");
        await UntilAsync(id, e => e.GetProperty("gone").GetInt32() == 2 && e.GetProperty("total").GetInt32() == 4, "two are gone and one has come, while the first moves");

        await CompleteAsync(begin);
        await CompleteAsync(await fixture.Probe.NextAsync<BeginMigration>(m => m.VmId == appeared));
        var end = await UntilAsync(id, e => e.TryGetProperty("endedAt", out _), "it ends");
        Assert.Equal("Completed", end.GetProperty("status").GetString());
        Assert.Equal(["a-first Moved", "b-deleted Gone", "c-elsewhere Gone", "d-appeared Moved"],
            end.GetProperty("vms").EnumerateArray().Select(v => $"{v.GetProperty("vmName").GetString()} {v.GetProperty("status").GetString()}").Order());
        Assert.Equal(fixture.Beta.Value, end.GetProperty("vms").EnumerateArray().Single(v => v.GetProperty("vmId").GetGuid() == elsewhere.Value).GetProperty("destinationHostId").GetGuid());
    }

    [Fact]
    public async Task A_host_that_is_not_online_blocks_visibly_until_it_is()
    {
        var vm = await fixture.AddVmAsync(VmState.Running, fixture.Broken);
        var id = await StartAsync(fixture.Broken);
        var blocked = await UntilAsync(id, e => e.TryGetProperty("blocked", out _), "it says why nothing starts");
        Assert.Equal("host-agent-down", blocked.GetProperty("blocked").GetProperty("code").GetString());
        Assert.Contains("HypervisorUnreachable", blocked.GetProperty("blocked").GetProperty("message").GetString(), StringComparison.Ordinal);

        await fixture.Inventory.ExecuteAsync("UPDATE hosts SET reachability = 'Online' WHERE host_id = $1", fixture.Broken.Value);
        await CompleteAsync(await fixture.Probe.NextAsync<BeginMigration>(m => m.VmId == vm));
        var end = await UntilAsync(id, e => e.TryGetProperty("endedAt", out _), "it ends");
        Assert.Equal("Completed", end.GetProperty("status").GetString());
    }

    [Fact]
    public async Task Lists_page_and_filter_and_a_stale_copy_cannot_cancel()
    {
        var ids = new List<Guid>();
        foreach (var host in (HostId[])[fixture.Alpha, fixture.Small, fixture.Hyper])
        {
            var id = await StartAsync(host);
            await UntilAsync(id, e => e.GetProperty("status").GetString() == "Completed", "an empty host is done at once");
            ids.Insert(0, id);
        }

        await fixture.AddVmAsync(VmState.Running, fixture.Silent);
        var open = await StartAsync(fixture.Silent);
        ids.Insert(0, open);
        await UntilAsync(open, e => e.TryGetProperty("blocked", out _), "it is blocked");

        var page = await fixture.GetAsync("/v1/evacuations?limit=3");
        var rest = await fixture.GetAsync($"/v1/evacuations?limit=3&cursor={page.GetProperty("nextCursor").GetString()}");
        Assert.Equal(ids, page.GetProperty("items").EnumerateArray().Concat(rest.GetProperty("items").EnumerateArray()).Select(e => e.GetProperty("id").GetGuid()));
        Assert.Equal(open, Assert.Single((await fixture.GetAsync("/v1/evacuations?open=true")).GetProperty("items").EnumerateArray()).GetProperty("id").GetGuid());
        Assert.Equal(ids[1], Assert.Single((await fixture.GetAsync($"/v1/evacuations?host={fixture.Hyper}")).GetProperty("items").EnumerateArray()).GetProperty("id").GetGuid());

        using (var stale = await fixture.PostAsync($"/v1/evacuations/{open}/cancel", null, ("If-Match", "\"old\"")))
        {
            await OrchestratorFixture.ProblemAsync(stale, 412, "etag-mismatch");
        }

        using (var leave = await fixture.SendAsync(HttpMethod.Delete, $"/v1/hosts/{fixture.Silent}/maintenance"))
        {
            await OrchestratorFixture.ProblemAsync(leave, 409, "evacuation-running");
        }

        await fixture.AcceptedAsync($"/v1/evacuations/{open}/cancel", null, ("X-Requested-By", "eve"));
        var end = await UntilAsync(open, e => e.TryGetProperty("endedAt", out _), "it ends");
        Assert.Equal(("Cancelled", 1), (end.GetProperty("status").GetString(), end.GetProperty("notMoved").GetInt32()));
        Assert.Equal("eve (via local)", (await fixture.Probe.NextAsync<EvacuationCancelling>(m => m.EvacuationId.Value == open)).Trail.RequestedBy);
        var told = await fixture.Probe.NextAsync<EvacuationEnded>(m => m.EvacuationId.Value == open);
        Assert.Equal(EvacuationVmStatus.NotMoved, Assert.Single(told.Vms).Status);
    }
}
