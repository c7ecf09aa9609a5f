using System.Net;
using System.Text;
using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Orchestrator;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.IntegrationTests.Orchestrator;

/// <summary>What is wrong is told precisely, and nothing changes.</summary>
public sealed class BadInputTests(OrchestratorFixture fixture) : IClassFixture<OrchestratorFixture>
{
    /// <summary>Sends what must be refused; checks that it left nothing behind.</summary>
    async Task<JsonElement> RefusedAsync(HttpMethod method, string path, int status, string code, object? body = null, params (string Name, string Value)[] headers)
    {
        var before = await fixture.FootprintAsync();
        using var response = await fixture.SendAsync(method, path, body, headers);
        var problem = await OrchestratorFixture.ProblemAsync(response, status, code);
        Assert.Equal(path.Split('?')[0], problem.GetProperty("instance").GetString());
        Assert.Equal(before, await fixture.FootprintAsync());
        return problem;
    }

    static string ErrorOf(JsonElement problem, string field) => problem.GetProperty("errors").GetProperty(field)[0].GetString()!;

    [Fact]
    public async Task Malformed_json_is_refused_with_line_and_position()
    {
        var vm = await fixture.AddVmAsync(VmState.Running);

        var problem = await RefusedAsync(HttpMethod.Post, $"/v1/vms/{vm}/migrations", 400, "malformed-json", "{\n  \"destinationHostId\": oops\n}");

        Assert.Contains("line 2, byte 24", problem.GetProperty("detail").GetString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{\"a\":1,}")]
    [InlineData("{\"policy\":{},\"policy\":{}}")]
    public async Task A_body_that_is_not_a_json_object_is_refused(string body) =>
        await RefusedAsync(HttpMethod.Post, $"/v1/vms/{await fixture.AddVmAsync(VmState.Running)}/migrations", 400, "malformed-json", body);

    [Fact]
    public async Task Every_wrong_member_of_a_body_is_named_at_once()
    {
        var problem = await RefusedAsync(HttpMethod.Post, "/v1/vms", 400, "invalid-request",
            """{"hostId":"nonsense","spec":{"vcpus":"two","memoryMib":1.5,"color":"red","disks":[{"source":7}]}}""");

        Assert.Equal("must be a UUID string, found \"nonsense\"", ErrorOf(problem, "hostId"));
        Assert.Equal("is required", ErrorOf(problem, "spec.name"));
        Assert.Equal("must be a whole number (32 bits), found \"two\"", ErrorOf(problem, "spec.vcpus"));
        Assert.Equal("must be a whole number (64 bits), found 1.5", ErrorOf(problem, "spec.memoryMiB"));
        Assert.StartsWith("is not known here; known: ", ErrorOf(problem, "spec.color"));
        Assert.Equal("is required", ErrorOf(problem, "spec.disks[0].target"));
        Assert.Equal("must be a string, found 7", ErrorOf(problem, "spec.disks[0].source"));
    }

    [Fact]
    public async Task Values_out_of_range_are_named_with_their_range()
    {
        var problem = await RefusedAsync(HttpMethod.Post, "/v1/vms", 400, "invalid-request",
            new { hostId = fixture.Alpha, spec = new { name = new string('n', 300), vcpus = 0, memoryMiB = -1, nativeDefinition = "a\0b" } });

        Assert.Equal("must be 1 to 255 printable characters, found 300", ErrorOf(problem, "spec.name"));
        Assert.Equal("must be 1 to 4096, found 0", ErrorOf(problem, "spec.vcpus"));
        Assert.Contains("found -1", ErrorOf(problem, "spec.memoryMiB"));
        Assert.Contains("NUL", ErrorOf(problem, "spec.nativeDefinition"));
    }

    [Fact]
    public async Task Null_where_a_value_is_needed_is_refused()
    {
        var problem = await RefusedAsync(HttpMethod.Post, $"/v1/vms/{await fixture.AddVmAsync(VmState.Running)}/migrations", 400, "invalid-request",
            """{"destinationHostId":null,"policy":null}""");

        Assert.Equal("must not be null", ErrorOf(problem, "destinationHostId"));
        Assert.Equal("must not be null", ErrorOf(problem, "policy"));
    }

    [Fact]
    public async Task A_body_over_the_limit_is_refused() =>
        await RefusedAsync(HttpMethod.Post, "/v1/vms", 413, "body-too-large", new string(' ', 1024 * 1024 + 1));

    [Fact]
    public async Task A_chunked_body_over_the_limit_is_refused()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/vms") { Content = new StreamContent(new MemoryStream(Encoding.UTF8.GetBytes(new string(' ', 2 * 1024 * 1024)))) };
        request.Headers.TransferEncodingChunked = true;
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        using var response = await fixture.Http.SendAsync(request);
        await OrchestratorFixture.ProblemAsync(response, 413, "body-too-large");
    }

    [Fact]
    public async Task A_body_that_is_not_declared_as_json_is_refused()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/vms") { Content = new StringContent("<vm/>", Encoding.UTF8, "application/xml") };
        using var response = await fixture.Http.SendAsync(request);
        await OrchestratorFixture.ProblemAsync(response, 415, "unsupported-media-type");
    }

    [Theory]
    [InlineData("GET", "/v1/vms/{0}", "vm-not-found")]
    [InlineData("GET", "/v1/vms/{0}/history", "vm-not-found")]
    [InlineData("GET", "/v1/hosts/{0}", "host-not-found")]
    [InlineData("GET", "/v1/operations/{0}", "operation-not-found")]
    [InlineData("GET", "/v1/migrations/{0}", "migration-not-found")]
    [InlineData("POST", "/v1/migrations/{0}/cancel", "migration-not-found")]
    [InlineData("POST", "/v1/vms/{0}/start", "vm-not-found")]
    [InlineData("DELETE", "/v1/vms/{0}", "vm-not-found")]
    public async Task An_unknown_id_is_not_found(string method, string path, string code)
    {
        var id = Guid.NewGuid();
        var problem = await RefusedAsync(new HttpMethod(method), string.Format(null, path, id), 404, code);
        Assert.Contains(id.ToString(), problem.GetProperty("detail").GetString());
        await RefusedAsync(new HttpMethod(method), string.Format(null, path, "not-an-id"), 400, "invalid-id");
    }

    [Fact]
    public async Task A_path_that_does_not_exist_is_a_problem_too()
    {
        await RefusedAsync(HttpMethod.Get, "/v1/nothing", 404, "no-such-endpoint");
        await RefusedAsync(HttpMethod.Put, "/v1/nothing", 404, "no-such-endpoint");
    }

    [Theory]
    [InlineData("PUT", "/v1/vms", "GET, POST")]
    [InlineData("POST", "/v1/hosts", "GET")]
    [InlineData("PATCH", "/v1/vms/x", "DELETE, GET")]
    [InlineData("GET", "/v1/vms/x/start", "POST")]
    public async Task A_path_that_does_not_take_the_method_says_which_it_takes(string method, string path, string allow)
    {
        using var response = await fixture.SendAsync(new HttpMethod(method), path);
        var problem = await OrchestratorFixture.ProblemAsync(response, 405, "method-not-allowed");
        Assert.Equal(allow, string.Join(", ", response.Content.Headers.Allow));
        Assert.Equal(allow.Split(", "), problem.GetProperty("allowed").EnumerateArray().Select(m => m.GetString()));
    }

    [Fact]
    public async Task A_list_with_a_member_that_is_null_is_refused()
    {
        var problem = await RefusedAsync(HttpMethod.Post, "/v1/vms", 400, "invalid-request",
            $$"""{"hostId":"{{fixture.Alpha}}","spec":{"name":"x","vcpus":1,"memoryMiB":16,"disks":[null],"nics":[null]} }""");
        Assert.Equal("must not be null", ErrorOf(problem, "spec.disks[0]"));
        Assert.Equal("must not be null", ErrorOf(problem, "spec.nics[0]"));
    }

    [Fact]
    public async Task A_body_that_is_json_null_is_refused() => await RefusedAsync(HttpMethod.Post, "/v1/vms", 400, "invalid-request", "null");

    [Theory]
    [InlineData("{\"\\ud800\":1}")]
    [InlineData("{\"\u00ff\":1}")]
    [InlineData("{\"hostId\":\"\u00ff\"}")]
    public async Task Text_that_is_not_unicode_is_refused(string body)
    {
        // Latin-1, so that U+00FF becomes a byte that UTF-8 does not have.
        await RefusedAsync(HttpMethod.Post, "/v1/vms", 400, "malformed-json", Encoding.Latin1.GetBytes(body));
    }

    [Theory]
    [InlineData("start", VmState.Running, "Off,Saved,Crashed")]
    [InlineData("shutdown", VmState.Off, "Running")]
    [InlineData("force-off", VmState.Off, "Running,Paused,ShuttingDown,Crashed,Suspended")]
    [InlineData("pause", VmState.Paused, "Running")]
    [InlineData("resume", VmState.Running, "Paused,Suspended")]
    [InlineData("reboot", VmState.Off, "Running")]
    [InlineData("delete", VmState.Running, "Off")]
    public async Task A_wrong_state_is_told_with_the_allowed_ones(string verb, VmState state, string allowed)
    {
        var vm = await fixture.AddVmAsync(state);

        var problem = verb == "delete"
            ? await RefusedAsync(HttpMethod.Delete, $"/v1/vms/{vm}", 409, "wrong-state")
            : await RefusedAsync(HttpMethod.Post, $"/v1/vms/{vm}/{verb}", 409, "wrong-state");

        Assert.Equal(state.ToString(), problem.GetProperty("found").GetString());
        Assert.Equal(allowed, string.Join(',', problem.GetProperty("allowed").EnumerateArray().Select(a => a.GetString())));
        Assert.Equal(fixture.Alpha.ToString(), problem.GetProperty("where").GetString());
    }

    [Fact]
    public async Task A_missing_or_deleted_vm_is_refused_with_since_when()
    {
        var vm = await fixture.AddVmAsync();
        await fixture.Inventory.ExecuteAsync("UPDATE vms SET missing_since = '2026-01-02T03:04:05Z' WHERE vm_id = $1", vm.Value);
        var problem = await RefusedAsync(HttpMethod.Post, $"/v1/vms/{vm}/start", 409, "vm-missing");
        Assert.Contains("2026-01-02T03:04:05Z", problem.GetProperty("detail").GetString());

        await fixture.Inventory.ExecuteAsync("UPDATE vms SET deleted_at = '2026-01-03T03:04:05Z' WHERE vm_id = $1", vm.Value);
        await RefusedAsync(HttpMethod.Post, $"/v1/vms/{vm}/start", 409, "vm-deleted");
    }

    [Theory]
    [InlineData("/v1/vms?limit=501", "limit", "must be a whole number from 1 to 500, found '501'")]
    [InlineData("/v1/vms?limit=0", "limit", "must be a whole number from 1 to 500, found '0'")]
    [InlineData("/v1/hosts?limit=-1", "limit", "must be a whole number from 1 to 500, found '-1'")]
    [InlineData("/v1/operations?limit=x", "limit", "must be a whole number from 1 to 500, found 'x'")]
    [InlineData("/v1/vms?sort=colour", "sort", "found 'colour'")]
    [InlineData("/v1/vms?sort=name,state", "sort", "one order")]
    [InlineData("/v1/vms?state=Sleeping", "state", "found 'Sleeping'")]
    [InlineData("/v1/vms?asOf=yesterday", "asOf", "found 'yesterday'")]
    [InlineData("/v1/vms?asOf=2999-01-01T00:00:00Z", "asOf", "must not be in the future")]
    [InlineData("/v1/vms?missing=maybe", "missing", "must be true or false, found 'maybe'")]
    [InlineData("/v1/vms?cursor=abc", "cursor", "is not one that this API gave out")]
    [InlineData("/v1/migrations?vm=1", "vm", "must be a UUID, found '1'")]
    [InlineData("/v1/events?after=-3", "after", "must be a whole number, found '-3'")]
    [InlineData("/v1/events?after=99999999", "after", "must not be beyond the newest event")]
    public async Task A_wrong_parameter_is_named_with_what_was_found(string path, string parameter, string wrong)
    {
        var problem = await RefusedAsync(HttpMethod.Get, path, 400, "invalid-parameter");
        Assert.Contains(wrong, ErrorOf(problem, parameter));
    }

    [Fact]
    public async Task An_unknown_parameter_is_refused_with_the_known_ones()
    {
        var problem = await RefusedAsync(HttpMethod.Get, "/v1/vms?stat=Running&limit=5", 400, "unknown-parameter");
        Assert.Equal("is not known here", ErrorOf(problem, "stat"));
        Assert.Contains("state", problem.GetProperty("allowed").EnumerateArray().Select(a => a.GetString()));
        await RefusedAsync(HttpMethod.Post, $"/v1/vms/{await fixture.AddVmAsync()}/start?force=true", 400, "unknown-parameter");
    }

    [Fact]
    public async Task A_parameter_given_twice_is_refused()
    {
        var problem = await RefusedAsync(HttpMethod.Get, "/v1/vms?limit=5&limit=6", 400, "unknown-parameter");
        Assert.StartsWith("must be given once", ErrorOf(problem, "limit"));
    }

    [Theory]
    [InlineData("X-Requested-By", 201)]
    [InlineData("X-Reason", 1001)]
    [InlineData("Idempotency-Key", 201)]
    public async Task A_header_too_long_is_refused(string header, int length)
    {
        var vm = await fixture.AddVmAsync();
        var problem = await RefusedAsync(HttpMethod.Post, $"/v1/vms/{vm}/start", 400, "invalid-header", null, (header, new string('x', length)));
        Assert.Contains($"found {length}", ErrorOf(problem, header));
    }

    [Fact]
    public async Task A_host_whose_agent_is_down_gives_503_with_when_it_was_last_seen()
    {
        var vm = await fixture.AddVmAsync(host: fixture.Silent);
        using var response = await fixture.PostAsync($"/v1/vms/{vm}/start");

        var problem = await OrchestratorFixture.ProblemAsync(response, 503, "host-agent-down");
        Assert.True(problem.GetProperty("lastSeenAt").GetDateTimeOffset() < TimeProvider.System.GetUtcNow().AddMinutes(-50));
        Assert.Equal(10, response.Headers.RetryAfter!.Delta!.Value.TotalSeconds);
        Assert.Equal("silent", problem.GetProperty("where").GetString());
        Assert.Equal(0, await fixture.ScalarAsync<long>($"SELECT count(*) FROM vm_locks WHERE vm_id = '{vm}'"));
    }

    [Fact]
    public async Task A_host_whose_hypervisor_does_not_answer_gives_503_with_its_native_code()
    {
        var vm = await fixture.AddVmAsync(host: fixture.Broken);
        var problem = await RefusedAsync(HttpMethod.Post, $"/v1/vms/{vm}/start", 503, "hypervisor-unreachable");
        Assert.Equal("libvirt:38", problem.GetProperty("nativeCode").GetString());
        Assert.Equal("libvirtd does not answer", problem.GetProperty("cause").GetProperty("message").GetString());
    }

    [Fact]
    public async Task A_host_without_the_facet_is_refused()
    {
        var vm = await fixture.AddVmAsync(VmState.Running, fixture.Bare);
        var problem = await RefusedAsync(HttpMethod.Post, $"/v1/vms/{vm}/pause", 422, "facet-unsupported");
        Assert.Contains("'power'", problem.GetProperty("detail").GetString());
        using var started = await fixture.PostAsync($"/v1/vms/{await fixture.AddVmAsync(host: fixture.Bare)}/start");
        Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
    }

    [Fact]
    public async Task A_migration_to_an_impossible_host_is_refused()
    {
        var vm = await fixture.AddVmAsync(VmState.Running, memoryMiB: 8192);
        Task<JsonElement> To(HostId host, int status, string code) =>
            RefusedAsync(HttpMethod.Post, $"/v1/vms/{vm}/migrations", status, code, new { destinationHostId = host });

        Assert.Contains("'alpha'", ErrorOf(await To(fixture.Alpha, 422, "same-host"), "destinationHostId"));
        Assert.StartsWith("no host has the id", ErrorOf(await To(new HostId(Guid.NewGuid()), 422, "unknown-host"), "destinationHostId"));
        Assert.Contains("HyperV", ErrorOf(await To(fixture.Hyper, 422, "hypervisor-mismatch"), "destinationHostId"));
        Assert.Contains("'migration'", ErrorOf(await To(fixture.Bare, 422, "facet-unsupported"), "destinationHostId"));
        await To(fixture.Silent, 503, "host-agent-down");
        var full = await To(fixture.Small, 409, "no-capacity");
        Assert.Equal(8192, full.GetProperty("askedMiB").GetInt64());
        Assert.Equal(4096 - 512, full.GetProperty("freeMiB").GetInt64());
    }

    [Fact]
    public async Task A_stopped_vm_is_not_migrated_live()
    {
        var vm = await fixture.AddVmAsync();
        var problem = await RefusedAsync(HttpMethod.Post, $"/v1/vms/{vm}/migrations", 409, "wrong-state", new { destinationHostId = fixture.Beta, policy = new { mode = "Live" } });
        Assert.Equal("Off", problem.GetProperty("found").GetString());
    }

    [Fact]
    public async Task A_vm_that_runs_twice_is_not_migrated()
    {
        var vm = await fixture.AddVmAsync(VmState.Running);
        await fixture.Inventory.ExecuteAsync("UPDATE vms SET duplicate_running = true WHERE vm_id = $1", vm.Value);
        await RefusedAsync(HttpMethod.Post, $"/v1/vms/{vm}/migrations", 409, "vm-runs-twice", new { destinationHostId = fixture.Beta });
    }

    [Fact]
    public async Task A_vm_on_a_host_that_has_not_registered_gives_503()
    {
        var host = new HostId(Guid.NewGuid());
        var vm = await fixture.AddVmAsync(host: host);
        var problem = await RefusedAsync(HttpMethod.Post, $"/v1/vms/{vm}/start", 503, "host-not-registered");
        Assert.Equal(host.ToString(), problem.GetProperty("where").GetString());
    }

    [Fact]
    public async Task Without_the_inventorys_tables_503_says_so()
    {
        var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        await using var alone = await TestHost.StartAsync(database, "inmemory", [OrchestratorModule.Create()]);
        using var http = TestAccess.Client(alone.Url);
        foreach (var path in new[] { "/v1/vms", "/v1/hosts", "/v1/events", $"/v1/vms/{Guid.NewGuid()}/history", "/v1/migrations" })
        {
            using var response = await http.GetAsync(path);
            await OrchestratorFixture.ProblemAsync(response, 503, "database-unavailable");
        }
    }

    [Fact]
    public async Task A_policy_out_of_range_is_refused()
    {
        var vm = await fixture.AddVmAsync(VmState.Running);
        var problem = await RefusedAsync(HttpMethod.Post, $"/v1/vms/{vm}/migrations", 400, "invalid-request",
            new { destinationHostId = fixture.Beta, policy = new { bandwidthMiBps = 0, timeoutSeconds = 0 } });
        Assert.Equal("must be 1 to 1000000 MiB/s, found 0", ErrorOf(problem, "policy.bandwidthMiBps"));
        Assert.Equal("must be 1 to 604800 s, found 0", ErrorOf(problem, "policy.timeoutSeconds"));
    }

    [Fact]
    public async Task A_vm_that_is_migrating_is_refused_with_the_operation()
    {
        var vm = await fixture.AddVmAsync(VmState.Running);
        var running = await fixture.AcceptedAsync($"/v1/vms/{vm}/migrations", new { destinationHostId = fixture.Beta });

        var problem = await RefusedAsync(HttpMethod.Post, $"/v1/vms/{vm}/migrations", 409, "vm-migrating", new { destinationHostId = fixture.Beta });
        Assert.Equal(running.GetProperty("url").GetString(), problem.GetProperty("operationUrl").GetString());
        await RefusedAsync(HttpMethod.Post, $"/v1/vms/{vm}/pause", 409, "vm-migrating");
    }

    [Fact]
    public async Task A_definition_with_a_name_or_id_in_use_or_an_unknown_host_is_refused()
    {
        var name = $"taken-{Guid.NewGuid():n}";
        var vm = await fixture.AddVmAsync(name: name);
        object Spec(string called, VmId? id = null) => new { name = called, id, vcpus = 1, memoryMiB = 128 };

        var taken = await RefusedAsync(HttpMethod.Post, "/v1/vms", 409, "vm-name-taken", new { hostId = fixture.Alpha, spec = Spec(name) });
        Assert.Contains(vm.ToString(), ErrorOf(taken, "spec.name"));
        await RefusedAsync(HttpMethod.Post, "/v1/vms", 409, "vm-exists", new { hostId = fixture.Alpha, spec = Spec("other", vm) });
        await RefusedAsync(HttpMethod.Post, "/v1/vms", 422, "unknown-host", new { hostId = Guid.NewGuid(), spec = Spec("other") });
        await RefusedAsync(HttpMethod.Post, "/v1/vms", 422, "facet-unsupported", new { hostId = fixture.Bare, spec = Spec("other") });
    }
}
