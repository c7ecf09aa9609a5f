using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Operations;
using HvPlatform.Contracts.Vms;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.IntegrationTests.Orchestrator;

/// <summary>A migration in doubt: what is shown of it, what it holds, and how an operator ends it.</summary>
public sealed class ResolveTests(OrchestratorFixture fixture) : IClassFixture<OrchestratorFixture>
{
    static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    async Task<(VmId Vm, OperationId Id)> InDoubtAsync()
    {
        var vm = await fixture.AddVmAsync(VmState.Running);
        var id = OrchestratorFixture.IdOf(await fixture.AcceptedAsync($"/v1/vms/{vm}/migrations", new { destinationHostId = fixture.Beta }));
        await fixture.PublishAsync(new MigrationInDoubt { OperationId = id, VmId = vm, UnansweredHostIds = [fixture.Beta], Since = Now, Unknown = "Whether it runs on beta: no answer." });
        await fixture.StatusBecomesAsync(id, OperationStatus.InDoubt);
        return (vm, id);
    }

    static object Body(string resolution = "OnSource", string reason = "looked on both consoles") => new { resolution, reason };

    [Fact]
    public async Task What_is_unknown_since_when_and_who_does_not_answer_is_shown_with_the_status()
    {
        var (vm, id) = await InDoubtAsync();

        var doubt = (await fixture.GetAsync($"/v1/migrations/{id}")).GetProperty("doubt");
        Assert.Equal("Whether it runs on beta: no answer.", doubt.GetProperty("unknown").GetString());
        Assert.True(doubt.GetProperty("since").GetDateTimeOffset() <= Now);
        var silent = Assert.Single(doubt.GetProperty("unansweredHosts").EnumerateArray());
        Assert.Equal((fixture.Beta.Value, "beta"), (silent.GetProperty("id").GetGuid(), silent.GetProperty("name").GetString()));
        Assert.True(silent.TryGetProperty("lastSeenAt", out _));

        await fixture.PublishAsync(new MigrationPhaseChanged { OperationId = id, VmId = vm, From = MigrationPhase.InDoubt, To = MigrationPhase.Finishing, At = Now.AddSeconds(1) });
        await fixture.StatusBecomesAsync(id, OperationStatus.Running);
        Assert.False((await fixture.GetAsync($"/v1/migrations/{id}")).TryGetProperty("doubt", out _));
    }

    [Fact]
    public async Task A_doubt_that_began_before_the_phase_it_interrupted_is_shown_too()
    {
        var vm = await fixture.AddVmAsync(VmState.Running);
        var id = OrchestratorFixture.IdOf(await fixture.AcceptedAsync($"/v1/vms/{vm}/migrations", new { destinationHostId = fixture.Beta }));
        MigrationPhaseChanged To(MigrationPhase from, MigrationPhase to, double seconds) => new() { OperationId = id, VmId = vm, From = from, To = to, At = Now.AddSeconds(seconds) };
        await fixture.PublishAsync(To(MigrationPhase.Transferring, MigrationPhase.Cancelling, 10));
        await fixture.StatusBecomesAsync(id, OperationStatus.Running);
        await fixture.PublishAsync(new MigrationInDoubt { OperationId = id, VmId = vm, UnansweredHostIds = [fixture.Alpha], Since = Now.AddSeconds(5), Unknown = "where it is" });
        await fixture.PublishAsync(To(MigrationPhase.Cancelling, MigrationPhase.InDoubt, 20));

        await fixture.StatusBecomesAsync(id, OperationStatus.InDoubt);
        Assert.Equal("where it is", (await fixture.GetAsync($"/v1/migrations/{id}")).GetProperty("doubt").GetProperty("unknown").GetString());
    }

    [Fact]
    public async Task A_migration_in_doubt_still_holds_its_vm_and_the_refusal_names_its_url()
    {
        var (vm, id) = await InDoubtAsync();

        using var rest = await fixture.PostAsync($"/v1/vms/{vm}/pause");
        var problem = await OrchestratorFixture.ProblemAsync(rest, 409, "vm-migrating");
        Assert.Equal($"/v1/operations/{id}", problem.GetProperty("operationUrl").GetString());
        Assert.Contains($"/v1/operations/{id}", problem.GetProperty("advice").GetString());

        var command = new PauseVm { OperationId = OperationId.New(), VmId = vm, Trail = new() { RequestedBy = "s", RequestedAt = Now } };
        await fixture.SendToOrchestratorAsync(command);
        var rejected = await fixture.Probe.NextAsync<CommandRejected>(e => e.OperationId == command.OperationId);
        Assert.Contains($"/v1/operations/{id}", rejected.Error.Advice);
    }

    [Fact]
    public async Task An_operators_word_goes_to_the_saga_with_who_and_why()
    {
        var (vm, id) = await InDoubtAsync();

        await fixture.AcceptedAsync($"/v1/migrations/{id}/resolve", Body("OnDestination"), ("X-Requested-By", "ada"), ("X-Reason", "ignored: the body says why"));

        var sent = await fixture.Probe.NextAsync<ResolveMigrationRequested>(m => m.OperationId == id);
        Assert.Equal((MigrationResolution.OnDestination, "ada (via local)", "looked on both consoles"), (sent.Resolution, sent.Trail.RequestedBy, sent.Trail.Reason));
        var asked = (await fixture.GetAsync($"/v1/migrations/{id}")).GetProperty("resolution");
        Assert.Equal("OnDestination", asked.GetProperty("resolution").GetString());
        Assert.False(asked.TryGetProperty("appliedAt", out _));

        await fixture.PublishAsync(new MigrationResolvedByOperator { OperationId = id, VmId = vm, Resolution = MigrationResolution.OnDestination, Unknown = "x", Trail = sent.Trail, At = Now });
        await Eventually.Until(
            async () => (await fixture.GetAsync($"/v1/migrations/{id}")).GetProperty("resolution").TryGetProperty("appliedAt", out _), "the saga's answer is shown");
    }

    [Fact]
    public async Task A_word_the_saga_rejects_is_shown_with_the_reason()
    {
        var (vm, id) = await InDoubtAsync();
        await fixture.AcceptedAsync($"/v1/migrations/{id}/resolve", Body());
        var error = new ErrorInfo { Kind = ErrorKind.Conflict, Code = "host-says-otherwise", Message = "Host alpha says that it does not have the VM." };
        await fixture.PublishAsync(new MigrationResolveRejected { OperationId = id, VmId = vm, Error = error, At = Now });

        await Eventually.Until(
            async () => (await fixture.GetAsync($"/v1/migrations/{id}")).GetProperty("resolution").TryGetProperty("rejected", out _), "the rejection is shown");
        Assert.Equal("host-says-otherwise", (await fixture.GetAsync($"/v1/operations/{id}")).GetProperty("resolution").GetProperty("rejected").GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_migration_that_is_not_in_doubt_is_not_resolved()
    {
        var vm = await fixture.AddVmAsync(VmState.Running);
        var id = OrchestratorFixture.IdOf(await fixture.AcceptedAsync($"/v1/vms/{vm}/migrations", new { destinationHostId = fixture.Beta }));
        using var response = await fixture.PostAsync($"/v1/migrations/{id}/resolve", Body());
        var problem = await OrchestratorFixture.ProblemAsync(response, 409, "not-in-doubt");
        Assert.Equal("Accepted", problem.GetProperty("found").GetString());

        var pause = OrchestratorFixture.IdOf(await fixture.AcceptedAsync($"/v1/vms/{await fixture.AddVmAsync(VmState.Running)}/pause"));
        using var other = await fixture.PostAsync($"/v1/migrations/{pause}/resolve", Body());
        await OrchestratorFixture.ProblemAsync(other, 404, "migration-not-found");
    }

    [Theory]
    [InlineData("Somewhere", "saw it", "resolution")]
    [InlineData("Unknown", "saw it", "resolution")]
    [InlineData("OnSource", "  ", "reason")]
    public async Task A_word_without_a_place_or_a_reason_is_refused(string resolution, string reason, string field)
    {
        var (_, id) = await InDoubtAsync();
        using var response = await fixture.PostAsync($"/v1/migrations/{id}/resolve", Body(resolution, reason));
        var problem = await OrchestratorFixture.ProblemAsync(response, 400, "invalid-request");
        Assert.True(problem.GetProperty("errors").TryGetProperty(field, out _));
        Assert.DoesNotContain(fixture.Probe.Of<ResolveMigrationRequested>(), m => m.OperationId == id);
    }

    [Fact]
    public async Task Over_the_bus_a_word_goes_to_the_saga_or_is_rejected()
    {
        var (vm, id) = await InDoubtAsync();
        var trail = new Trail { RequestedBy = "ada", Reason = "saw it", RequestedAt = Now };
        await fixture.SendToOrchestratorAsync(new ResolveMigration { OperationId = id, Resolution = MigrationResolution.OnNeither, Trail = trail });
        Assert.Equal("ada", (await fixture.Probe.NextAsync<ResolveMigrationRequested>(m => m.OperationId == id)).Trail.RequestedBy);

        var (_, silent) = await InDoubtAsync();
        await fixture.SendToOrchestratorAsync(new ResolveMigration { OperationId = silent, Resolution = MigrationResolution.OnNeither, Trail = trail with { Reason = null } });
        Assert.Contains("reason", (await fixture.Probe.NextAsync<MigrationResolveRejected>(m => m.OperationId == silent)).Error.Message);
        var unknown = OperationId.New();
        await fixture.SendToOrchestratorAsync(new ResolveMigration { OperationId = unknown, Resolution = MigrationResolution.OnNeither, Trail = trail });
        Assert.Equal("migration-not-found", (await fixture.Probe.NextAsync<MigrationResolveRejected>(m => m.OperationId == unknown)).Error.Code);
        Assert.NotEqual(default, vm);
    }
}
