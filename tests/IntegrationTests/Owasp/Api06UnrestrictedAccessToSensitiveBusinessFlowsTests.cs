using System.Net;
using HvPlatform.Contracts;
using Xunit;

namespace HvPlatform.IntegrationTests.Owasp;

/// <summary>API6:2023. Flows that do harm in bulk: emptying hosts, moving many VMs, signing in again and again.</summary>
[Collection(OwaspCollection.Name)]
public sealed class Api06UnrestrictedAccessToSensitiveBusinessFlowsTests(OwaspWorld world)
{
    [Fact]
    public async Task A_host_is_not_emptied_by_who_may_not_operate_every_vm_on_it()
    {
        var theirs = await world.Fixture.AddVmAsync(VmState.Off, world.Fixture.Small);
        var (mine, vms) = ($"h{Guid.NewGuid():n}", $"v{Guid.NewGuid():n}");
        await world.GroupAsync(mine, [world.Fixture.Small, world.Fixture.Old], []);
        await world.GroupAsync(vms, [], [theirs]);
        var token = await world.TokenAsync("Operator", mine);
        await world.RefusedAsync(token, HttpMethod.Post, $"/v1/hosts/{world.Fixture.Small}/evacuations", 403, "forbidden", new { dryRun = true });

        await world.GroupAsync(vms, [], []);
        using var plan = await world.SendAsync(token, HttpMethod.Post, $"/v1/hosts/{world.Fixture.Small}/evacuations", new { dryRun = true });
        Assert.Equal(HttpStatusCode.OK, plan.StatusCode);
        Assert.DoesNotContain(world.Red.ToString(), await plan.Content.ReadAsStringAsync());
        await world.RefusedAsync(token, HttpMethod.Post, $"/v1/hosts/{world.Fixture.Small}/evacuations", 422, "unknown-host", new { dryRun = true, destinationHostIds = new[] { world.Fixture.Old, world.Red } });
        await world.GroupAsync(mine, [], []);
    }

    [Fact]
    public async Task A_vm_takes_one_operation_at_a_time_however_many_ask()
    {
        var vm = await world.Fixture.AddVmAsync(VmState.Running, world.Blue);
        var token = await world.TokenAsync("Operator", "blue");
        var statuses = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => world.StatusAsync(token, HttpMethod.Post, $"/v1/vms/{vm}/pause")));
        Assert.Single(statuses, s => s == HttpStatusCode.Accepted);
        Assert.Equal(19, statuses.Count(s => s == HttpStatusCode.Conflict));
    }

    [Fact]
    public async Task Many_commands_of_one_caller_are_slowed_down()
    {
        var token = await world.TokenAsync("Operator", "blue");
        var answers = new List<HttpStatusCode>();
        for (var i = 0; i < 2000 && !answers.Contains(HttpStatusCode.TooManyRequests); i += 20)
        {
            answers.AddRange(await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => world.StatusAsync(token, HttpMethod.Post, $"/v1/vms/{Guid.NewGuid()}/migrations", new { destinationHostId = world.Blue }))));
        }

        Assert.Contains(HttpStatusCode.TooManyRequests, answers);
        Assert.DoesNotContain(HttpStatusCode.Accepted, answers);
    }
}
