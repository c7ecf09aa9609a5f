using System.Net;
using HvPlatform.Contracts;
using HvPlatform.Contracts.History;
using HvPlatform.Events;
using HvPlatform.IntegrationTests.Orchestrator;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.IntegrationTests.Owasp;

/// <summary>API1:2023. One tenant's objects are not there for the other, whichever way it asks for them.</summary>
[Collection(OwaspCollection.Name)]
public sealed class Api01BrokenObjectLevelAuthorizationTests(OwaspWorld world)
{
    [Fact]
    public async Task Another_tenants_object_is_not_there_by_any_endpoint_with_an_id()
    {
        var vm = await world.Fixture.AddVmAsync(VmState.Running, world.Red);
        var moved = await world.Fixture.AcceptedAsync($"/v1/vms/{vm}/migrations", new { destinationHostId = world.Blue });
        var objects = new Dictionary<string, string>
        {
            ["vms"] = vm.ToString(),
            ["hosts"] = world.Red.ToString(),
            ["operations"] = moved.GetProperty("id").GetString()!,
            ["migrations"] = moved.GetProperty("id").GetString()!,
            ["evacuations"] = Guid.NewGuid().ToString(),
        };
        var blue = await world.TokenAsync("Operator", "blue");
        var tried = 0;
        foreach (var (method, path, _) in await world.EndpointsAsync())
        {
            if (path.Split('/') is ["", "v1", var section, var parameter, ..] && parameter.StartsWith('{') && objects.TryGetValue(section, out var id))
            {
                using var response = await world.SendAsync(blue, method, OwaspWorld.Fill(path, id), method == HttpMethod.Get ? null : new { });
                Assert.True(response.StatusCode == HttpStatusCode.NotFound, $"{method} {path}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
                tried++;
            }
        }

        Assert.True(tried > 30, $"only {tried} endpoints were tried");
    }

    [Fact]
    public async Task The_refusal_does_not_tell_another_tenants_object_from_one_that_is_not_there()
    {
        var blue = await world.TokenAsync("Operator", "blue");
        var there = await world.Fixture.AddVmAsync(VmState.Running, world.Red);
        var gone = Guid.NewGuid();
        var one = await world.RefusedAsync(blue, HttpMethod.Post, $"/v1/vms/{there}/start", 404, "vm-not-found");
        var other = await world.RefusedAsync(blue, HttpMethod.Post, $"/v1/vms/{gone}/start", 404, "vm-not-found");
        Assert.Equal(one.GetProperty("detail").GetString()!.Replace(there.ToString(), "ID", StringComparison.Ordinal), other.GetProperty("detail").GetString()!.Replace(gone.ToString(), "ID", StringComparison.Ordinal));
        Assert.Equal(one.GetProperty("advice").GetString(), other.GetProperty("advice").GetString());
    }

    [Fact]
    public async Task Lists_searches_and_filters_leave_out_another_tenants_objects()
    {
        var name = $"twin-{Guid.NewGuid():n}";
        var mine = await world.Fixture.AddVmAsync(VmState.Off, world.Blue, name);
        var theirs = await world.Fixture.AddVmAsync(VmState.Off, world.Red, name);
        await world.Fixture.AcceptedAsync($"/v1/vms/{mine}/start");
        await world.Fixture.AcceptedAsync($"/v1/vms/{theirs}/start");
        var blue = await world.TokenAsync("Viewer", "blue");
        foreach (var path in new[] { $"/v1/vms?name={name}", $"/v1/vms?search={name}", $"/v1/vms?search={name}&sort=-memoryMiB", $"/v1/vms?host={world.Red}", "/v1/vms?limit=500&sort=state" })
        {
            var ids = (await world.ReadAsync(blue, path)).GetProperty("items").EnumerateArray().Select(v => v.GetProperty("id").GetGuid()).ToList();
            Assert.DoesNotContain(theirs.Value, ids);
            Assert.Equal(!path.Contains("host=", StringComparison.Ordinal), ids.Contains(mine.Value));
        }

        Assert.Equal([world.Blue.Value], (await world.ReadAsync(blue, "/v1/hosts")).GetProperty("items").EnumerateArray().Select(h => h.GetProperty("id").GetGuid()));
        var operations = (await world.ReadAsync(blue, "/v1/operations?limit=500")).GetProperty("items").EnumerateArray().Select(o => o.GetProperty("vmId").GetGuid()).ToList();
        Assert.Contains(mine.Value, operations);
        Assert.DoesNotContain(theirs.Value, operations);
        Assert.Empty((await world.ReadAsync(blue, $"/v1/operations?vm={theirs}")).GetProperty("items").EnumerateArray());
        Assert.Empty((await world.ReadAsync(blue, $"/v1/migrations?host={world.Fixture.Small}")).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task Events_of_another_tenant_are_not_streamed()
    {
        var (mine, theirs) = (await world.Fixture.AddVmAsync(VmState.Off, world.Blue), await world.Fixture.AddVmAsync(VmState.Off, world.Red));
        var after = (await world.Fixture.Inventory.Events.ReadAllAsync(0, 100_000)).Select(e => e.Seq).DefaultIfEmpty(0).Max();
        foreach (var (vm, host) in new[] { (theirs, world.Red), (mine, world.Blue), (theirs, world.Red), (new VmId(Guid.NewGuid()), world.Blue), (mine, world.Blue) })
        {
            await world.Fixture.Inventory.Events.AppendAsync(new StreamAppend
            {
                StreamId = vm.Value,
                StreamType = "vm",
                Events = [new NewEvent(new VmMarkedMissing { VmId = vm, HostId = host, Generation = 1, ObservedAt = TimeProvider.System.GetUtcNow(), Cause = "test" })],
            });
        }

        using var http = new HttpClient { BaseAddress = world.Fixture.Host.Url, DefaultRequestHeaders = { Authorization = new("Bearer", await world.TokenAsync("Viewer", "blue")) } };
        var client = new SseClient(http, $"/v1/events?after={after}");
        await client.ReadAsync(c => c.Received.Count == 2);
        Assert.All(client.Received, e => Assert.Equal(mine.Value, e.Data.GetProperty("streamId").GetGuid()));
    }

    [Theory]
    [InlineData("""{"destinationHostId":"RED"}""")]
    [InlineData("""{"DESTINATIONHOSTID":"RED","policy":{"mode":"Live"}}""")]
    public async Task A_vm_is_not_moved_to_another_tenants_host(string body)
    {
        var vm = await world.Fixture.AddVmAsync(VmState.Running, world.Blue);
        var before = await world.Fixture.FootprintAsync();
        await world.RefusedAsync(await world.TokenAsync("Operator", "blue"), HttpMethod.Post, $"/v1/vms/{vm}/migrations", 422, "unknown-host", body.Replace("RED", world.Red.ToString(), StringComparison.Ordinal));
        Assert.Equal(before, await world.Fixture.FootprintAsync());
    }

    [Fact]
    public async Task A_vm_is_moved_to_a_host_that_may_be_seen_only_by_who_may_also_operate_there()
    {
        var vm = await world.Fixture.AddVmAsync(VmState.Running, world.Blue);
        var subject = $"mover-{Guid.NewGuid():n}";
        await GrantAsync($"user:{subject}", "blue", "Operator");
        await GrantAsync($"user:{subject}", "red", "Viewer");
        var token = world.Issuer.Token(subject);
        await world.RefusedAsync(token, HttpMethod.Post, $"/v1/vms/{vm}/migrations", 403, "forbidden", new { destinationHostId = world.Red });
        await GrantAsync("group:movers", "red", "Operator");
        Assert.Equal(HttpStatusCode.Accepted, await world.StatusAsync(world.Issuer.Token(subject, "movers"), HttpMethod.Post, $"/v1/vms/{vm}/migrations", new { destinationHostId = world.Red }));
    }

    [Fact]
    public async Task A_vm_is_not_defined_or_imported_on_another_tenants_host()
    {
        var blue = await world.TokenAsync("Operator", "blue");
        await world.RefusedAsync(blue, HttpMethod.Post, "/v1/vms", 422, "unknown-host", new { hostId = world.Red, spec = new { name = "intruder", vcpus = 1, memoryMiB = 64 } });
        await world.RefusedAsync(blue, HttpMethod.Post, $"/v1/hosts/{world.Red}/import", 404, "host-not-found", new { vmId = Guid.NewGuid(), settings = new { directory = "/x" } });
        var theirs = await world.Fixture.AddVmAsync(VmState.Off, world.Red, "their-secret-name");
        var problem = await world.RefusedAsync(blue, HttpMethod.Post, "/v1/vms", 403, "forbidden", new { hostId = world.Blue, spec = new { id = theirs, name = "intruder", vcpus = 1, memoryMiB = 64 } });
        Assert.DoesNotContain("their-secret-name", problem.GetRawText());
    }

    [Fact]
    public async Task A_vm_given_to_a_group_is_its_groups_wherever_it_runs_but_not_its_hosts_files()
    {
        var vm = await world.Fixture.AddVmAsync(VmState.Running, world.Fixture.Hyper);
        var name = $"g{Guid.NewGuid():n}";
        await world.GroupAsync(name, [], [vm]);
        var token = await world.TokenAsync("Operator", name);
        await world.ReadAsync(token, $"/v1/vms/{vm}");
        await world.RefusedAsync(token, HttpMethod.Get, $"/v1/hosts/{world.Fixture.Hyper}", 404, "host-not-found");
        await world.RefusedAsync(token, HttpMethod.Post, $"/v1/vms/{vm}/files", 403, "forbidden", new { sourcePath = "C:\\secret", destinationPath = "/tmp/x" });
        Assert.Equal(HttpStatusCode.Accepted, await world.StatusAsync(token, HttpMethod.Post, $"/v1/vms/{vm}/pause"));
        Assert.Equal(HttpStatusCode.NotFound, await world.StatusAsync(await world.TokenAsync("Operator", "default"), HttpMethod.Get, $"/v1/vms/{vm}"));
    }

    [Fact]
    public async Task Anothers_answer_is_not_had_by_guessing_its_idempotency_key()
    {
        var vm = await world.Fixture.AddVmAsync(VmState.Off, world.Blue);
        var key = ("Idempotency-Key", Guid.NewGuid().ToString());
        var (one, other) = (await world.TokenAsync("Operator", "blue"), await world.TokenAsync("Operator", "blue"));
        Assert.Equal(HttpStatusCode.Accepted, await world.StatusAsync(one, HttpMethod.Post, $"/v1/vms/{vm}/start", null, key));
        await world.RefusedAsync(other, HttpMethod.Post, $"/v1/vms/{vm}/start", 409, "vm-busy", null, key);
    }

    async Task GrantAsync(string subject, string group, string role)
    {
        var status = await world.StatusAsync(TestAccess.Token, HttpMethod.Post, "/v1/grants", new { subject, group, role });
        Assert.True(status is HttpStatusCode.Created or HttpStatusCode.Conflict, $"{status}");
    }
}
