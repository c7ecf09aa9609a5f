using System.Net;
using HvPlatform.TestKit;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HvPlatform.IntegrationTests.Owasp;

/// <summary>API9:2023. What is served is what is described, and nothing else.</summary>
[Collection(OwaspCollection.Name)]
public sealed class Api09ImproperInventoryManagementTests(OwaspWorld world)
{
    static readonly string[] OutsideTheApi = ["/openapi/{documentName}.json", "/health/live", "/health/ready", "/metrics", "{**path}", "/{**path}", "/v1/{**path}"];

    IEnumerable<RouteEndpoint> Routes => world.Fixture.Host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>();

    [Fact]
    public async Task Every_route_is_described_and_every_description_has_a_route()
    {
        var served = Routes.Where(r => !OutsideTheApi.Contains(r.RoutePattern.RawText))
            .SelectMany(r => r.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Select(m => $"{m} {r.RoutePattern.RawText}")).Distinct().Order(StringComparer.Ordinal);
        var described = (await world.EndpointsAsync()).Select(e => $"{e.Method} {e.Path}").Order(StringComparer.Ordinal);
        Assert.Equal(described, served);
    }

    [Fact]
    public async Task Every_section_of_the_api_has_a_rule_about_who_may_use_it()
    {
        string[] known =
        [
            "vms", "hosts", "operations", "migrations", "evacuations", "events", "fleet", "diff", "alerts",
            "api-tokens", "grants", "resource-groups", "audit", "join-tokens", "agents", "webhooks", "me", "session", "sign-in", "ca",
        ];
        Assert.Empty((await world.EndpointsAsync()).Select(e => e.Path.Split('/')[2]).Except(known));
    }

    [Theory]
    [InlineData("/v0/vms")]
    [InlineData("/v2/vms")]
    [InlineData("/api/vms")]
    [InlineData("/swagger")]
    [InlineData("/swagger/v1/swagger.json")]
    [InlineData("/openapi/v2.json")]
    [InlineData("/debug")]
    [InlineData("/.env")]
    [InlineData("/.git/config")]
    [InlineData("/actuator")]
    [InlineData("/appsettings.json")]
    [InlineData("/assets/../../appsettings.json")]
    [InlineData("/assets/..%2f..%2fHvPlatform.Orchestrator.dll")]
    public async Task Nothing_is_served_beside_it(string path)
    {
        using var response = await world.SendAsync(TestAccess.Token, HttpMethod.Get, path);
        Assert.True(response.StatusCode == HttpStatusCode.NotFound || response.Content.Headers.ContentType?.MediaType == "text/html", $"{path}: {(int)response.StatusCode}");
    }
}
