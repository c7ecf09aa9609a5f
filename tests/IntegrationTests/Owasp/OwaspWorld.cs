using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.IntegrationTests.Orchestrator;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.IntegrationTests.Owasp;

/// <summary>The tests of the OWASP API Security Top 10 (2023) attack one platform; each brings its own tokens.</summary>
[CollectionDefinition(Name)]
public sealed class OwaspCollection : ICollectionFixture<OwaspWorld>
{
    public const string Name = "owasp";
}

/// <summary>
/// The running API with two tenants: the group blue has the host alpha, the group red has the host beta; the other hosts are in the group default. An issuer publishes keys.
/// </summary>
public sealed class OwaspWorld : IAsyncLifetime
{
    HttpClient http = null!;

    public OrchestratorFixture Fixture { get; } = new();

    public FakeIssuer Issuer { get; private set; } = null!;

    public HostId Blue => Fixture.Alpha;

    public HostId Red => Fixture.Beta;

    public async ValueTask InitializeAsync()
    {
        Issuer = await FakeIssuer.StartAsync();
        await Fixture.StartAsync(new()
        {
            ["EventHeartbeat"] = "00:00:00.3",
            ["Access:Oidc:Issuer"] = Issuer.Issuer,
            ["Access:Oidc:Audience"] = FakeIssuer.Audience,
            ["Access:Oidc:KeyPause"] = "00:00:00",
            ["Access:RefusalInterval"] = "00:00:00.2",
            ["Access:RateLimits:PerSecond"] = "20",
            ["Access:RateLimits:Burst"] = "300",
        });
        http = new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = Fixture.Host.Url };
        await GroupAsync("blue", [Blue], []);
        await GroupAsync("red", [Red], []);
    }

    public async ValueTask DisposeAsync()
    {
        http?.Dispose();
        await Fixture.DisposeAsync();
        if (Issuer is not null)
        {
            await Issuer.DisposeAsync();
        }
    }

    /// <summary>Says what a resource group has.</summary>
    public async Task GroupAsync(string name, HostId[] hosts, VmId[] vms)
    {
        using var response = await SendAsync(TestAccess.Token, HttpMethod.Put, $"/v1/resource-groups/{name}", new { hosts, vms });
        Assert.True(response.StatusCode == HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
    }

    /// <summary>A new API token.</summary>
    public async Task<string> TokenAsync(string role, params string[] groups) => (await MakeTokenAsync(role, groups)).GetProperty("token").GetString()!;

    /// <summary>A new API token with what is known of it.</summary>
    public async Task<JsonElement> MakeTokenAsync(string role, params string[] groups)
    {
        using var response = await SendAsync(TestAccess.Token, HttpMethod.Post, "/v1/api-tokens", new { name = $"{role}-{Guid.NewGuid():n}", role, groups });
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.Created, text);
        return JsonDocument.Parse(text).RootElement;
    }

    /// <summary>A request with any token (null: none), body and headers.</summary>
    public async Task<HttpResponseMessage> SendAsync(string? token, HttpMethod method, string path, object? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, new Uri(http.BaseAddress!.GetLeftPart(UriPartial.Authority) + path));
        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        }

        request.Content = body switch
        {
            null => null,
            string text => new StringContent(text, Encoding.UTF8, "application/json"),
            _ => JsonContent.Create(body, options: HvJson.Options),
        };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <summary>The status a request gets.</summary>
    public async Task<HttpStatusCode> StatusAsync(string? token, HttpMethod method, string path, object? body = null, params (string Name, string Value)[] headers)
    {
        using var response = await SendAsync(token, method, path, body, headers);
        return response.StatusCode;
    }

    /// <summary>What must be refused; returns the problem.</summary>
    public async Task<JsonElement> RefusedAsync(string? token, HttpMethod method, string path, int status, string code, object? body = null, params (string Name, string Value)[] headers)
    {
        using var response = await SendAsync(token, method, path, body, headers);
        return await OrchestratorFixture.ProblemAsync(response, status, code);
    }

    /// <summary>What must be answered; returns the JSON.</summary>
    public async Task<JsonElement> ReadAsync(string token, string path)
    {
        using var response = await SendAsync(token, HttpMethod.Get, path);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, $"GET {path}: {(int)response.StatusCode}: {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    /// <summary>Every endpoint of the API's description, with whether it asks for a token.</summary>
    public async Task<List<(HttpMethod Method, string Path, bool Anonymous)>> EndpointsAsync()
    {
        var document = JsonDocument.Parse(await http.GetStringAsync("/openapi/v1.json")).RootElement;
        return
        [
            .. document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject().Select(operation => (
                new HttpMethod(operation.Name.ToUpperInvariant()), path.Name,
                operation.Value.TryGetProperty("security", out var security) && security.EnumerateArray().All(s => !s.EnumerateObject().Any())))),
        ];
    }

    /// <summary>A path with an id in place of each parameter.</summary>
    public static string Fill(string path, object id) => System.Text.RegularExpressions.Regex.Replace(path, @"\{[^}]*\}", id.ToString()!);
}
