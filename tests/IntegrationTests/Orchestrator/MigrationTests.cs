using System.Net;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.IntegrationTests.Orchestrator;

/// <summary>The orchestrator's side of migrations: acceptance, reservation, cancel, end.</summary>
public sealed class MigrationTests(OrchestratorFixture fixture) : IClassFixture<OrchestratorFixture>
{
    static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    async Task<(VmId Vm, OperationId Id)> BeginAsync(long memoryMiB = 1024, HostId? destination = null)
    {
        var vm = await fixture.AddVmAsync(VmState.Running, memoryMiB: memoryMiB);
        return (vm, OrchestratorFixture.IdOf(await fixture.AcceptedAsync($"/v1/vms/{vm}/migrations", new { destinationHostId = destination ?? fixture.Beta })));
    }

    Task ReserveAsync(VmId vm, OperationId id, HostId host, long memoryMiB) =>
        fixture.SendToOrchestratorAsync(new ReserveMigrationCapacity { OperationId = id, VmId = vm, HostId = host, MemoryMiB = memoryMiB, Vcpus = 2 });

    MigrationCompleted Completed(VmId vm, OperationId id) => new()
    {
        OperationId = id,
        VmId = vm,
        SourceHostId = fixture.Alpha,
        DestinationHostId = fixture.Beta,
        At = Now,
        TotalMs = 1200,
        Phases = [],
    };

    [Fact]
    public async Task A_migration_is_readable_at_once_and_begins_the_saga()
    {
        var vm = await fixture.AddVmAsync(VmState.Running, name: $"mover-{Guid.NewGuid():n}");
        using var response = await fixture.PostAsync($"/v1/vms/{vm}/migrations",
            new { destinationHostId = fixture.Beta, policy = new { bandwidthMiBps = 100, maxDowntimeMs = 200, autoConverge = true } }, ("X-Requested-By", "ada"));

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        var operation = await fixture.GetAsync(response.Headers.Location!.ToString());
        var migration = await fixture.GetAsync(operation.GetProperty("migrationUrl").GetString()!);
        Assert.Equal(("Requested", "Accepted"), (migration.GetProperty("phase").GetString(), migration.GetProperty("status").GetString()));
        Assert.Equal(100, migration.GetProperty("policy").GetProperty("bandwidthMiBps").GetInt32());
        var begin = await fixture.Probe.NextAsync<BeginMigration>(m => m.VmId == vm);
        Assert.Equal((fixture.Alpha, fixture.Beta, 1L, true, 200), (begin.SourceHostId, begin.DestinationHostId, begin.Epoch, begin.Policy.AutoConverge, begin.Policy.MaxDowntimeMs));
        Assert.StartsWith("mover-", begin.VmName);
    }

    [Fact]
    public async Task The_epoch_is_above_the_one_stored_beside_the_vm()
    {
        var vm = await fixture.AddVmAsync(VmState.Running);
        await fixture.Inventory.ExecuteAsync("UPDATE placements SET info = jsonb_set(info, '{epoch}', '41') WHERE vm_id = $1", vm.Value);
        var operation = await fixture.AcceptedAsync($"/v1/vms/{vm}/migrations", new { destinationHostId = fixture.Beta });
        Assert.Equal(42, operation.GetProperty("epoch").GetInt64());
    }

    [Fact]
    public async Task Phases_follow_the_saga_and_an_older_one_that_comes_late_changes_nothing()
    {
        var (vm, id) = await BeginAsync();
        MigrationPhaseChanged To(MigrationPhase phase, DateTimeOffset at) => new() { OperationId = id, VmId = vm, From = MigrationPhase.Requested, To = phase, At = at };
        var start = Now;

        await fixture.PublishAsync(To(MigrationPhase.Transferring, start.AddSeconds(2)));
        await Eventually.Until(async () => (await fixture.GetAsync($"/v1/migrations/{id}")).GetProperty("phase").GetString() == "Transferring", "the phase is Transferring");
        await fixture.PublishAsync(To(MigrationPhase.Preflight, start.AddSeconds(1)));
        await fixture.PublishAsync(new MigrationInDoubt { OperationId = id, VmId = vm, UnansweredHostIds = [fixture.Beta], Since = start.AddSeconds(3), Unknown = "where it runs" });
        await fixture.StatusBecomesAsync(id, OperationStatus.InDoubt);
        await fixture.PublishAsync(To(MigrationPhase.Finishing, start.AddSeconds(4)));
        await fixture.StatusBecomesAsync(id, OperationStatus.Running);
    }

    [Fact]
    public async Task A_completed_migration_frees_the_vm_its_reservation_and_counts_the_vm_on_its_new_host()
    {
        var (vm, id) = await BeginAsync();
        await ReserveAsync(vm, id, fixture.Beta, 1024);
        await fixture.Probe.NextAsync<MigrationCapacityReserved>(m => m.OperationId == id);
        Assert.True((await fixture.GetAsync($"/v1/hosts/{fixture.Beta}")).GetProperty("reservedMemoryMiB").GetInt64() >= 1024);

        await fixture.PublishAsync(Completed(vm, id));
        await fixture.PublishAsync(Completed(vm, id));

        await fixture.StatusBecomesAsync(id, OperationStatus.Succeeded);
        Assert.Equal(0, await fixture.ScalarAsync<long>($"SELECT count(*) FROM reservations WHERE operation_id = '{id}'"));
        using var back = await fixture.PostAsync($"/v1/vms/{vm}/migrations", new { destinationHostId = fixture.Beta });
        await OrchestratorFixture.ProblemAsync(back, 422, "same-host");
        await fixture.AcceptedAsync($"/v1/vms/{vm}/migrations", new { destinationHostId = fixture.Alpha });
    }

    [Theory]
    [InlineData(true, OperationStatus.Cancelled)]
    [InlineData(false, OperationStatus.RolledBack)]
    public async Task A_migration_rolled_back_frees_the_vm(bool cancelled, OperationStatus status)
    {
        var (vm, id) = await BeginAsync();
        await fixture.PublishAsync(new MigrationRolledBack
        {
            OperationId = id,
            VmId = vm,
            SourceHostId = fixture.Alpha,
            DestinationHostId = fixture.Beta,
            At = Now,
            TotalMs = 5,
            Phases = [],
            Cancelled = cancelled,
        });

        await fixture.StatusBecomesAsync(id, status);
        await fixture.AcceptedAsync($"/v1/vms/{vm}/pause");
    }

    [Fact]
    public async Task A_failed_migration_keeps_its_error()
    {
        var (vm, id) = await BeginAsync();
        await fixture.PublishAsync(new MigrationFailed
        {
            OperationId = id,
            VmId = vm,
            SourceHostId = fixture.Alpha,
            DestinationHostId = fixture.Beta,
            At = Now,
            TotalMs = 5,
            Phases = [],
            Error = new ErrorInfo { Kind = ErrorKind.Unsupported, Code = "cpu-model", Message = "The CPU lacks a feature.", NativeCode = "libvirt:1" },
        });

        await fixture.StatusBecomesAsync(id, OperationStatus.Failed);
        Assert.Equal("libvirt:1", (await fixture.GetAsync($"/v1/migrations/{id}")).GetProperty("error").GetProperty("nativeCode").GetString());
    }

    [Fact]
    public async Task Room_reserved_for_one_migration_is_not_given_to_another()
    {
        var (firstVm, first) = await BeginAsync(2048, fixture.Small);
        var (secondVm, second) = await BeginAsync(2048, fixture.Small);

        await ReserveAsync(firstVm, first, fixture.Small, 2048);
        await fixture.Probe.NextAsync<MigrationCapacityReserved>(m => m.OperationId == first);
        await ReserveAsync(firstVm, first, fixture.Small, 2048);
        await ReserveAsync(secondVm, second, fixture.Small, 2048);

        var refused = await fixture.Probe.NextAsync<MigrationCapacityRefused>(m => m.OperationId == second);
        Assert.Equal("no-capacity", refused.Error.Code);
        Assert.Contains("2048 MiB reserved for others", refused.Error.Message);
        await Eventually.Until(() => fixture.Probe.Of<MigrationCapacityReserved>().Count(m => m.OperationId == first) == 2, "the repeat is answered");
        Assert.Equal(2048, await fixture.ScalarAsync<decimal>($"SELECT sum(memory_mib) FROM reservations WHERE host_id = '{fixture.Small}'"));
        var third = await fixture.AddVmAsync(VmState.Running, memoryMiB: 2048);
        using var start = await fixture.PostAsync($"/v1/vms/{third}/migrations", new { destinationHostId = fixture.Small });
        await OrchestratorFixture.ProblemAsync(start, 409, "no-capacity");
    }

    [Fact]
    public async Task A_vm_that_has_just_arrived_takes_room_before_the_inventory_has_seen_it()
    {
        var host = new HostId(Guid.NewGuid());
        await fixture.Inventory.AddHostAsync(host, $"tight-{Guid.NewGuid():n}", facets: ["migration"], memoryMiB: 512 + 3072);
        var (vm, id) = await BeginAsync(2048, host);
        await ReserveAsync(vm, id, host, 2048);
        await fixture.Probe.NextAsync<MigrationCapacityReserved>(m => m.OperationId == id);
        await fixture.PublishAsync(Completed(vm, id) with { DestinationHostId = host });
        await fixture.StatusBecomesAsync(id, OperationStatus.Succeeded);

        var next = await fixture.AddVmAsync(VmState.Running, memoryMiB: 2048);
        using var refused = await fixture.PostAsync($"/v1/vms/{next}/migrations", new { destinationHostId = host });
        await OrchestratorFixture.ProblemAsync(refused, 409, "no-capacity");
        await BeginAsync(1024, host);
    }

    [Fact]
    public async Task Of_many_reservations_at_once_only_as_many_fit_as_there_is_room()
    {
        var host = new HostId(Guid.NewGuid());
        await fixture.Inventory.AddHostAsync(host, $"tight-{Guid.NewGuid():n}", facets: ["migration"], memoryMiB: 512 + (3 * 1024));
        var migrations = new List<(VmId Vm, OperationId Id)>();
        for (var i = 0; i < 8; i++)
        {
            migrations.Add(await BeginAsync(1024, host));
        }

        await Task.WhenAll(migrations.Select(m => ReserveAsync(m.Vm, m.Id, host, 1024)));

        int Answered<T>(Func<T, OperationId> id) => fixture.Probe.Of<T>().Count(a => migrations.Any(m => m.Id == id(a)));
        await Eventually.Until(() => Answered<MigrationCapacityReserved>(a => a.OperationId) + Answered<MigrationCapacityRefused>(a => a.OperationId) == 8, "all are answered");
        Assert.Equal(3, Answered<MigrationCapacityReserved>(a => a.OperationId));
    }

    [Fact]
    public async Task Room_is_refused_to_an_operation_that_has_ended_or_never_was()
    {
        var (vm, id) = await BeginAsync();
        await fixture.PublishAsync(Completed(vm, id));
        await fixture.StatusBecomesAsync(id, OperationStatus.Succeeded);
        var unknown = OperationId.New();

        await ReserveAsync(vm, id, fixture.Beta, 1024);
        await ReserveAsync(vm, unknown, fixture.Beta, 1024);

        Assert.Equal("operation-final", (await fixture.Probe.NextAsync<MigrationCapacityRefused>(m => m.OperationId == id)).Error.Code);
        Assert.Equal("operation-not-found", (await fixture.Probe.NextAsync<MigrationCapacityRefused>(m => m.OperationId == unknown)).Error.Code);
    }

    [Fact]
    public async Task A_cancel_goes_to_the_saga_and_a_cancel_after_the_end_is_refused()
    {
        var (vm, id) = await BeginAsync();
        using var first = await fixture.Http.GetAsync($"/v1/migrations/{id}");
        using var stale = await fixture.PostAsync($"/v1/migrations/{id}/cancel", null, ("If-Match", "\"another\""));
        await OrchestratorFixture.ProblemAsync(stale, 412, "etag-mismatch");

        var cancelled = await fixture.AcceptedAsync($"/v1/migrations/{id}/cancel", null, ("If-Match", first.Headers.ETag!.ToString()), ("X-Reason", "changed my mind"));

        Assert.True(cancelled.TryGetProperty("cancelRequestedAt", out _));
        Assert.Equal("changed my mind", (await fixture.Probe.NextAsync<CancelMigrationRequested>(m => m.OperationId == id)).Trail.Reason);
        await fixture.PublishAsync(Completed(vm, id));
        await fixture.StatusBecomesAsync(id, OperationStatus.Succeeded);
        using var late = await fixture.PostAsync($"/v1/migrations/{id}/cancel");
        var problem = await OrchestratorFixture.ProblemAsync(late, 409, "operation-final");
        Assert.Equal("Succeeded", problem.GetProperty("found").GetString());
    }

    [Fact]
    public async Task An_operation_that_is_no_migration_cannot_be_cancelled()
    {
        var id = OrchestratorFixture.IdOf(await fixture.AcceptedAsync($"/v1/vms/{await fixture.AddVmAsync()}/start"));
        using var response = await fixture.PostAsync($"/v1/migrations/{id}/cancel");
        await OrchestratorFixture.ProblemAsync(response, 404, "migration-not-found");
    }

    [Fact]
    public async Task What_the_inventory_records_of_the_course_is_shown()
    {
        var (vm, id) = await BeginAsync();
        await fixture.Inventory.ExecuteAsync(
            """
            INSERT INTO operations (operation_id, version, kind, status, vm_id, phases, progress, progress_at, unanswered_host_ids, recorded_at, changed_at, total_ms, downtime_ms, transferred_bytes)
            VALUES ($1, 1, 'MigrateVm', 'Running', $2, '[{"phase":"Preflight","enteredAt":"2026-01-01T00:00:00Z"}]',
                '{"round":2,"totalBytes":100,"transferredBytes":40,"remainingBytes":60,"percent":40,"elapsedMs":7}', now(), '{}', now(), now(), 900, 12, 4096)
            """,
            id.Value, vm.Value);

        var migration = await fixture.GetAsync($"/v1/migrations/{id}");
        Assert.Equal("Preflight", migration.GetProperty("phases")[0].GetProperty("phase").GetString());
        Assert.Equal(40, migration.GetProperty("progress").GetProperty("percent").GetDouble());
        Assert.Equal((900, 12, 4096), (migration.GetProperty("totalMs").GetInt64(), migration.GetProperty("downtimeMs").GetInt64(), migration.GetProperty("transferredBytes").GetInt64()));
    }
}
