using System.Net;
using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Operations;
using HvPlatform.Contracts.Vms;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.IntegrationTests.Orchestrator;

/// <summary>Idempotency keys, locks, ETags.</summary>
public sealed class RequestTests(OrchestratorFixture fixture) : IClassFixture<OrchestratorFixture>
{
    static (string, string) Key(string key) => ("Idempotency-Key", key);

    [Fact]
    public async Task The_same_key_and_request_get_the_same_answer_and_one_operation()
    {
        var vm = await fixture.AddVmAsync();
        var key = Guid.NewGuid().ToString();

        using var first = await fixture.PostAsync($"/v1/vms/{vm}/start", null, Key(key));
        using var again = await fixture.PostAsync($"/v1/vms/{vm}/start", null, Key(key));

        Assert.Equal(await first.Content.ReadAsStringAsync(), await again.Content.ReadAsStringAsync());
        Assert.Equal((HttpStatusCode.Accepted, first.Headers.Location), (again.StatusCode, again.Headers.Location));
        Assert.Equal("true", again.Headers.GetValues("Idempotency-Replayed").Single());
        var command = await fixture.Probe.NextAsync<StartVmOnHost>(c => c.VmId == vm);
        Assert.Equal(1, await fixture.ScalarAsync<long>($"SELECT count(*) FROM operations WHERE vm_id = '{vm}'"));
        Assert.Equal(key, (await fixture.Probe.NextAsync<OperationAccepted>(e => e.OperationId == command.OperationId)).Trail.IdempotencyKey);
    }

    [Fact]
    public async Task A_key_still_answers_after_the_operation_has_ended()
    {
        var vm = await fixture.AddVmAsync();
        var key = Guid.NewGuid().ToString();
        var id = OrchestratorFixture.IdOf(await fixture.AcceptedAsync($"/v1/vms/{vm}/start", null, Key(key)));
        await fixture.CompleteAsync(id, vm, OperationKind.StartVm, VmState.Running);
        await fixture.StatusBecomesAsync(id, OperationStatus.Succeeded);

        Assert.Equal(id, OrchestratorFixture.IdOf(await fixture.AcceptedAsync($"/v1/vms/{vm}/start", null, Key(key))));
    }

    [Fact]
    public async Task A_key_with_another_request_is_refused()
    {
        var vm = await fixture.AddVmAsync(VmState.Running);
        var other = await fixture.AddVmAsync(VmState.Running);
        var key = Guid.NewGuid().ToString();
        var first = await fixture.AcceptedAsync($"/v1/vms/{vm}/migrations", new { destinationHostId = fixture.Beta }, Key(key));

        using var body = await fixture.PostAsync($"/v1/vms/{vm}/migrations", new { destinationHostId = fixture.Small }, Key(key));
        var problem = await OrchestratorFixture.ProblemAsync(body, 422, "idempotency-key-reused");
        Assert.Equal(first.GetProperty("url").GetString(), problem.GetProperty("operationUrl").GetString());
        using var path = await fixture.PostAsync($"/v1/vms/{other}/migrations", new { destinationHostId = fixture.Beta }, Key(key));
        await OrchestratorFixture.ProblemAsync(path, 422, "idempotency-key-reused");
        using var verb = await fixture.PostAsync($"/v1/vms/{vm}/pause", null, Key(key));
        await OrchestratorFixture.ProblemAsync(verb, 422, "idempotency-key-reused");
    }

    [Fact]
    public async Task The_same_json_in_another_shape_is_the_same_request()
    {
        var vm = await fixture.AddVmAsync(VmState.Running);
        var key = Guid.NewGuid().ToString();
        var first = await fixture.AcceptedAsync($"/v1/vms/{vm}/migrations", Text("""{"destinationHostId":"BETA","policy":{"timeoutSeconds":60,"autoConverge":true}}"""), Key(key));
        var again = await fixture.AcceptedAsync($"/v1/vms/{vm}/migrations", Text("""{ "policy": { "autoConverge": true, "timeoutSeconds": 60 }, "destinationHostId": "BETA" }"""), Key(key));

        Assert.Equal(OrchestratorFixture.IdOf(first), OrchestratorFixture.IdOf(again));

        string Text(string json) => json.Replace("BETA", fixture.Beta.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_callers_may_choose_the_same_key()
    {
        var (one, two) = (await fixture.AddVmAsync(), await fixture.AddVmAsync());
        var key = Guid.NewGuid().ToString();
        await fixture.AcceptedAsync($"/v1/vms/{one}/start", null, Key(key), ("X-Requested-By", "ada"));
        await fixture.AcceptedAsync($"/v1/vms/{two}/start", null, Key(key), ("X-Requested-By", "bob"));
    }

    [Fact]
    public async Task A_refused_request_does_not_use_up_its_key()
    {
        var vm = await fixture.AddVmAsync(VmState.Running);
        var key = Guid.NewGuid().ToString();
        using var refused = await fixture.PostAsync($"/v1/vms/{vm}/start", null, Key(key));
        await OrchestratorFixture.ProblemAsync(refused, 409, "wrong-state");

        await fixture.Inventory.SetStateAsync(vm, VmState.Off);
        await fixture.AcceptedAsync($"/v1/vms/{vm}/start", null, Key(key));
    }

    [Fact]
    public async Task A_key_is_forgotten_after_its_retention()
    {
        var vm = await fixture.AddVmAsync();
        var key = Guid.NewGuid().ToString();
        var first = OrchestratorFixture.IdOf(await fixture.AcceptedAsync($"/v1/vms/{vm}/start", null, Key(key)));
        await fixture.CompleteAsync(first, vm, OperationKind.StartVm, VmState.Off);
        await fixture.StatusBecomesAsync(first, OperationStatus.Succeeded);
        await fixture.ScalarAsync<string>($"UPDATE idempotency_keys SET created_at = created_at - interval '25 hours' WHERE key = '{key}' RETURNING key");

        Assert.NotEqual(first, OrchestratorFixture.IdOf(await fixture.AcceptedAsync($"/v1/vms/{vm}/start", null, Key(key))));
    }

    [Fact]
    public async Task Of_many_repeats_at_once_with_one_key_one_is_the_operation_and_all_say_so()
    {
        var vm = await fixture.AddVmAsync();
        var key = Guid.NewGuid().ToString();

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => fixture.AcceptedAsync($"/v1/vms/{vm}/start", null, Key(key))));

        Assert.Single(answers.Select(OrchestratorFixture.IdOf).Distinct());
        Assert.Equal(1, await fixture.ScalarAsync<long>($"SELECT count(*) FROM operations WHERE vm_id = '{vm}'"));
    }

    [Fact]
    public async Task Of_fifty_starts_at_once_one_is_accepted_and_the_others_are_told_which()
    {
        var vm = await fixture.AddVmAsync();

        var responses = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => fixture.PostAsync($"/v1/vms/{vm}/start")));

        var accepted = Assert.Single(responses, r => r.StatusCode == HttpStatusCode.Accepted);
        foreach (var refused in responses.Where(r => r != accepted))
        {
            var problem = await OrchestratorFixture.ProblemAsync(refused, 409, "vm-busy");
            Assert.Equal(accepted.Headers.Location!.ToString(), problem.GetProperty("operationUrl").GetString());
        }

        await fixture.Probe.NextAsync<StartVmOnHost>(c => c.VmId == vm);
        Assert.Equal(1, await fixture.ScalarAsync<long>($"SELECT epoch FROM vm_epochs WHERE vm_id = '{vm}'"));
        foreach (var response in responses)
        {
            response.Dispose();
        }
    }

    [Fact]
    public async Task An_outcome_counts_for_the_next_request_before_the_inventory_has_seen_it()
    {
        var vm = await fixture.AddVmAsync();
        var start = OrchestratorFixture.IdOf(await fixture.AcceptedAsync($"/v1/vms/{vm}/start"));
        await fixture.CompleteAsync(start, vm, OperationKind.StartVm, VmState.Running);
        await fixture.StatusBecomesAsync(start, OperationStatus.Succeeded);

        Assert.Equal("Off", (await fixture.GetAsync($"/v1/vms/{vm}")).GetProperty("state").GetString());
        await fixture.AcceptedAsync($"/v1/vms/{vm}/pause");
    }

    [Fact]
    public async Task A_vm_just_defined_can_be_started_before_the_inventory_knows_it()
    {
        var define = await fixture.AcceptedAsync("/v1/vms", new { hostId = fixture.Alpha, spec = new VmSpec { Name = $"new-{Guid.NewGuid():n}", Vcpus = 1, MemoryMiB = 128, NativeDefinition = "<domain/>" } });
        var (id, vm) = (OrchestratorFixture.IdOf(define), new VmId(define.GetProperty("vmId").GetGuid()));
        var command = await fixture.Probe.NextAsync<DefineVmOnHost>(c => c.OperationId == id);
        Assert.Equal((vm, "<domain/>"), (command.Spec.Id, command.Spec.NativeDefinition));
        await fixture.CompleteAsync(id, vm, OperationKind.DefineVm, VmState.Off);
        await fixture.StatusBecomesAsync(id, OperationStatus.Succeeded);

        await fixture.AcceptedAsync($"/v1/vms/{vm}/start");
    }

    [Fact]
    public async Task If_match_with_an_old_etag_is_refused_and_with_the_present_one_accepted()
    {
        var vm = await fixture.AddVmAsync();
        using var before = await fixture.Http.GetAsync($"/v1/vms/{vm}");
        var etag = before.Headers.ETag!.ToString();
        await fixture.Inventory.SetStateAsync(vm, VmState.Saved);

        using var stale = await fixture.PostAsync($"/v1/vms/{vm}/start", null, ("If-Match", etag));
        var problem = await OrchestratorFixture.ProblemAsync(stale, 412, "etag-mismatch");

        await fixture.AcceptedAsync($"/v1/vms/{vm}/start", null, ("If-Match", problem.GetProperty("found").GetString()!));
    }

    [Theory]
    [InlineData("vms")]
    [InlineData("hosts")]
    [InlineData("operations")]
    [InlineData("migrations")]
    public async Task If_none_match_with_the_present_etag_is_answered_304_without_a_body(string kind)
    {
        var vm = await fixture.AddVmAsync(VmState.Running);
        var path = kind switch
        {
            "vms" => $"/v1/vms/{vm}",
            "hosts" => $"/v1/hosts/{fixture.Beta}",
            _ => $"/v1/{kind}/{OrchestratorFixture.IdOf(await fixture.AcceptedAsync($"/v1/vms/{vm}/migrations", new { destinationHostId = fixture.Beta }))}",
        };
        using var first = await fixture.Http.GetAsync(path);
        using var again = await fixture.SendAsync(HttpMethod.Get, path, null, ("If-None-Match", first.Headers.ETag!.ToString()));
        using var other = await fixture.SendAsync(HttpMethod.Get, path, null, ("If-None-Match", "\"other\""));

        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
        Assert.Empty(await again.Content.ReadAsByteArrayAsync());
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
    }

    [Fact]
    public async Task An_operation_that_fails_keeps_the_hosts_error_down_to_the_native_code()
    {
        var vm = await fixture.AddVmAsync();
        var id = OrchestratorFixture.IdOf(await fixture.AcceptedAsync($"/v1/vms/{vm}/start"));
        await fixture.PublishAsync(new VmCommandFailed
        {
            OperationId = id,
            Step = "start",
            HostId = fixture.Alpha,
            VmId = vm,
            Kind = OperationKind.StartVm,
            At = TimeProvider.System.GetUtcNow(),
            Error = new ErrorInfo { Kind = ErrorKind.Resource, Code = "no-memory", Message = "no memory", NativeCode = "libvirt:1" },
        });

        await fixture.StatusBecomesAsync(id, OperationStatus.Failed);
        Assert.Equal("libvirt:1", (await fixture.GetAsync($"/v1/operations/{id}")).GetProperty("error").GetProperty("nativeCode").GetString());
        Assert.Equal("no-memory", (await fixture.Probe.NextAsync<OperationFailed>(e => e.OperationId == id)).Error.Code);
        await Eventually.Until(async () => await fixture.ScalarAsync<long>($"SELECT count(*) FROM vm_locks WHERE vm_id = '{vm}'") == 0, "the VM is free again");
    }

    [Fact]
    public async Task The_answer_to_a_request_tells_what_was_accepted()
    {
        var vm = await fixture.AddVmAsync();
        var operation = await fixture.AcceptedAsync($"/v1/vms/{vm}/start");
        Assert.Equal(JsonValueKind.String, operation.GetProperty("url").ValueKind);
        Assert.Equal(("StartVm", "Accepted", "local"),
            (operation.GetProperty("kind").GetString(), operation.GetProperty("status").GetString(), operation.GetProperty("trail").GetProperty("requestedBy").GetString()));
    }
}
