using System.Net;
using HvPlatform.Contracts;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.IntegrationTests.Owasp;

/// <summary>API3:2023. Members that a caller may not set, and members that no answer may have.</summary>
[Collection(OwaspCollection.Name)]
public sealed class Api03BrokenObjectPropertyLevelAuthorizationTests(OwaspWorld world)
{
    [Theory]
    [InlineData("POST", "/v1/api-tokens", """{"name":"x","role":"Viewer","groups":["blue"],"createdBy":"root"}""", "createdBy")]
    [InlineData("POST", "/v1/api-tokens", """{"name":"x","role":"Viewer","groups":["blue"],"token":"hv_mine"}""", "token")]
    [InlineData("POST", "/v1/api-tokens", """{"name":"x","role":"Viewer","groups":["blue"],"hash":"00"}""", "hash")]
    [InlineData("POST", "/v1/grants", """{"subject":"user:x","group":"blue","role":"Viewer","id":"00000000-0000-0000-0000-000000000001"}""", "id")]
    [InlineData("PUT", "/v1/resource-groups/purple", """{"hosts":[],"createdAt":"2026-01-01T00:00:00Z"}""", "createdAt")]
    [InlineData("POST", "/v1/vms", """{"hostId":"BLUE","spec":{"name":"x","vcpus":1,"memoryMiB":64},"trail":{"requestedBy":"root"}}""", "trail")]
    [InlineData("POST", "/v1/vms/VM/migrations", """{"destinationHostId":"BLUE","epoch":99}""", "epoch")]
    [InlineData("POST", "/v1/vms/VM/migrations", """{"destinationHostId":"BLUE","__proto__":{"admin":true}}""", "__proto__")]
    public async Task A_member_that_is_not_the_callers_to_set_is_refused(string method, string path, string body, string member)
    {
        var vm = await world.Fixture.AddVmAsync(VmState.Running, world.Blue);
        string Fill(string text) => text.Replace("BLUE", world.Blue.ToString(), StringComparison.Ordinal).Replace("/VM/", $"/{vm}/", StringComparison.Ordinal);
        var problem = await world.RefusedAsync(TestAccess.Token, new HttpMethod(method), Fill(path), 400, "invalid-request", Fill(body));
        Assert.StartsWith("is not known here", problem.GetProperty("errors").GetProperty(member)[0].GetString());
    }

    [Fact]
    public async Task A_caller_cannot_say_that_it_is_another()
    {
        var made = await world.MakeTokenAsync("Operator", "blue");
        var vm = await world.Fixture.AddVmAsync(VmState.Off, world.Blue);
        using var response = await world.SendAsync(made.GetProperty("token").GetString(), HttpMethod.Post, $"/v1/vms/{vm}/start", null, ("X-Requested-By", "root"), ("X-Forwarded-User", "root"));
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        var operation = await world.Fixture.GetAsync(response.Headers.Location!.ToString());
        Assert.Equal($"token:{made.GetProperty("name").GetString()}", operation.GetProperty("trail").GetProperty("requestedBy").GetString());
    }

    [Theory]
    [InlineData("local")]
    [InlineData("token:ci")]
    [InlineData("root (via local)")]
    public async Task A_name_of_the_issuer_cannot_be_mistaken_for_another_kind_of_caller(string name)
    {
        var subject = $"s-{Guid.NewGuid():n}";
        using var grant = await world.SendAsync(TestAccess.Token, HttpMethod.Post, "/v1/grants", new { subject = $"user:{subject}", group = "blue", role = "Operator" });
        Assert.Equal(HttpStatusCode.Created, grant.StatusCode);
        var claims = world.Issuer.Claims(subject);
        claims["preferred_username"] = name;
        var vm = await world.Fixture.AddVmAsync(VmState.Off, world.Blue);
        using var response = await world.SendAsync(world.Issuer.Sign(claims), HttpMethod.Post, $"/v1/vms/{vm}/start");
        Assert.Equal($"user:{subject}", (await world.Fixture.GetAsync(response.Headers.Location!.ToString())).GetProperty("trail").GetProperty("requestedBy").GetString());
    }

    [Fact]
    public async Task Answers_have_no_secrets()
    {
        await world.MakeTokenAsync("Viewer", "blue");
        foreach (var path in new[] { "/v1/api-tokens", "/v1/grants", "/v1/resource-groups", "/v1/me", "/v1/hosts", "/v1/sign-in" })
        {
            var text = (await world.ReadAsync(TestAccess.Token, path)).GetRawText();
            Assert.DoesNotContain("hash", text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("password", text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("\"token\":", text, StringComparison.OrdinalIgnoreCase);
        }
    }
}
