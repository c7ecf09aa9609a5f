using System.Net;
using HvPlatform.Contracts;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.IntegrationTests.Owasp;

/// <summary>API5:2023. Functions of a role that the caller does not have, by their front door and around it.</summary>
[Collection(OwaspCollection.Name)]
public sealed class Api05BrokenFunctionLevelAuthorizationTests(OwaspWorld world)
{
    static readonly string[] OfTheCaller = ["/v1/me", "/v1/session"];

    static readonly string[] OfAdmins = ["api-tokens", "grants", "resource-groups", "audit", "join-tokens", "agents", "webhooks"];

    [Fact]
    public async Task A_viewer_of_everything_changes_nothing()
    {
        var viewer = await world.TokenAsync("Viewer", "*");
        var vm = await world.Fixture.AddVmAsync(VmState.Running);
        var before = await world.Fixture.FootprintAsync();
        var tried = 0;
        foreach (var (method, path, anonymous) in await world.EndpointsAsync())
        {
            if (method != HttpMethod.Get && !anonymous && !OfTheCaller.Contains(path))
            {
                await world.RefusedAsync(viewer, method, OwaspWorld.Fill(path, path.StartsWith("/v1/hosts", StringComparison.Ordinal) ? world.Blue : vm), 403, "forbidden", new { });
                tried++;
            }
        }

        Assert.True(tried > 30, $"only {tried} endpoints were tried");
        Assert.Equal(before, await world.Fixture.FootprintAsync());
    }

    [Theory]
    [InlineData("Operator", "*")]
    [InlineData("Admin", "blue")]
    [InlineData("Viewer", "*")]
    public async Task Who_is_no_admin_of_everything_does_not_even_read_who_may_do_what(string role, string group)
    {
        var token = await world.TokenAsync(role, group);
        foreach (var (method, path, anonymous) in (await world.EndpointsAsync()).Where(e => OfAdmins.Contains(e.Path.Split('/')[2]) && !e.Anonymous))
        {
            await world.RefusedAsync(token, method, OwaspWorld.Fill(path, Guid.NewGuid()), 403, "forbidden", method == HttpMethod.Get ? null : new { });
        }
    }

    [Fact]
    public async Task Nobody_makes_a_token_or_a_grant_out_of_a_lesser_one()
    {
        var token = await world.TokenAsync("Admin", "blue", "red", "default");
        await world.RefusedAsync(token, HttpMethod.Post, "/v1/api-tokens", 403, "forbidden", new { name = "up", role = "Admin", groups = new[] { "*" } });
        await world.RefusedAsync(token, HttpMethod.Post, "/v1/grants", 403, "forbidden", new { subject = "user:me", group = "*", role = "Admin" });
        await world.RefusedAsync(token, HttpMethod.Put, "/v1/resource-groups/blue", 403, "forbidden", new { hosts = new[] { world.Red } });
    }

    [Theory]
    [InlineData("/V1/API-TOKENS")]
    [InlineData("/v1/api-tokens/")]
    [InlineData("//v1/api-tokens")]
    [InlineData("/v1//api-tokens")]
    [InlineData("/v1/vms/../api-tokens")]
    [InlineData("/v1/vms/%2e%2e/api-tokens")]
    [InlineData("/v1/%61pi-tokens")]
    [InlineData("/v1/api-tokens;x=1")]
    [InlineData("/v1/api-tokens%2f")]
    public async Task Another_spelling_of_the_path_is_no_way_around(string path)
    {
        foreach (var token in new[] { null, await world.TokenAsync("Viewer", "*") })
        {
            using var response = await world.SendAsync(token, HttpMethod.Get, path);
            var text = await response.Content.ReadAsStringAsync();
            Assert.False(response.StatusCode == HttpStatusCode.OK && text.Contains("items", StringComparison.Ordinal), $"{path}: {(int)response.StatusCode} {text}");
        }
    }

    [Theory]
    [InlineData("X-HTTP-Method-Override", "DELETE")]
    [InlineData("X-Method-Override", "POST")]
    [InlineData("X-Original-URL", "/v1/api-tokens")]
    [InlineData("X-Rewrite-URL", "/v1/api-tokens")]
    public async Task A_header_does_not_make_another_request_of_it(string header, string value)
    {
        var vm = await world.Fixture.AddVmAsync();
        var viewer = await world.TokenAsync("Viewer", "blue");
        using var response = await world.SendAsync(viewer, HttpMethod.Get, $"/v1/vms/{vm}", null, (header, value));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains(vm.ToString(), await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_role_in_one_group_is_none_in_another()
    {
        var subject = $"s-{Guid.NewGuid():n}";
        foreach (var (group, role) in new[] { ("blue", "Operator"), ("red", "Viewer") })
        {
            Assert.Equal(HttpStatusCode.Created, await world.StatusAsync(TestAccess.Token, HttpMethod.Post, "/v1/grants", new { subject = $"user:{subject}", group, role }));
        }

        var (mine, theirs) = (await world.Fixture.AddVmAsync(VmState.Off, world.Blue), await world.Fixture.AddVmAsync(VmState.Off, world.Red));
        var token = world.Issuer.Token(subject);
        Assert.Equal(HttpStatusCode.Accepted, await world.StatusAsync(token, HttpMethod.Post, $"/v1/vms/{mine}/start"));
        Assert.Equal(HttpStatusCode.OK, await world.StatusAsync(token, HttpMethod.Get, $"/v1/vms/{theirs}"));
        await world.RefusedAsync(token, HttpMethod.Post, $"/v1/vms/{theirs}/start", 403, "forbidden");

        var grant = (await world.ReadAsync(TestAccess.Token, "/v1/grants")).GetProperty("items").EnumerateArray().First(g => g.GetProperty("subject").GetString() == $"user:{subject}" && g.GetProperty("group").GetString() == "red");
        Assert.Equal(HttpStatusCode.NoContent, await world.StatusAsync(TestAccess.Token, HttpMethod.Delete, $"/v1/grants/{grant.GetProperty("id").GetGuid()}"));
        await world.RefusedAsync(token, HttpMethod.Get, $"/v1/vms/{theirs}", 404, "vm-not-found");
    }
}
