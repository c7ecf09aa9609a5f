using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using HvPlatform.Contracts.History;
using HvPlatform.IntegrationTests.Orchestrator;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.IntegrationTests.Access;

/// <summary>A platform behind a proxy that connects from 127.0.0.2, and from a network.</summary>
public sealed class BehindProxy : IAsyncLifetime
{
    public const string Proxy = "127.0.0.2";
    public const string Name = "hv.example.net";

    public OrchestratorFixture Platform { get; } = new();

    public ValueTask InitializeAsync() => Platform.StartAsync(new()
    {
        ["Ca:Directory"] = TemporaryDirectory.Create("hv-proxy-ca-"),
        ["Access:TrustedProxies:0"] = Proxy,
        ["Access:TrustedProxies:1"] = "10.20.0.0/16",
        ["Access:AllowedHosts:0"] = Name,
    });

    public ValueTask DisposeAsync() => Platform.DisposeAsync();
}

/// <summary>Behind a proxy that ends TLS: its word about where a request comes from counts, nobody else's does. The proxy connects from 127.0.0.2, everybody else from 127.0.0.1.</summary>
public sealed class TrustedProxyTests : IClassFixture<BehindProxy>, IDisposable
{
    readonly OrchestratorFixture platform;
    readonly HttpClient proxy;
    readonly HttpClient other;

    public TrustedProxyTests(BehindProxy world)
    {
        platform = world.Platform;
        (proxy, other) = (ClientFrom(BehindProxy.Proxy), ClientFrom("127.0.0.1"));
    }

    public void Dispose()
    {
        proxy.Dispose();
        other.Dispose();
    }

    [Fact]
    public async Task The_command_to_join_has_the_address_that_the_client_has_used()
    {
        Assert.StartsWith($"host-agent join --url https://{BehindProxy.Name} ", await CommandAsync(proxy), StringComparison.Ordinal);
        Assert.StartsWith($"host-agent join --url {platform.Host.Url.GetLeftPart(UriPartial.Authority)} ", await CommandAsync(other), StringComparison.Ordinal);

        async Task<string> CommandAsync(HttpClient client)
        {
            using var response = await SendAsync(client, HttpMethod.Post, "/v1/join-tokens", "203.0.113.7", new { });
            return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("command").GetString()!;
        }
    }

    [Fact]
    public async Task The_cookie_goes_over_TLS_only_where_the_client_uses_it()
    {
        using var behind = await SendAsync(proxy, HttpMethod.Post, "/v1/session", "203.0.113.7");
        Assert.Contains("; secure", behind.Headers.GetValues("Set-Cookie").Single(), StringComparison.Ordinal);
        Assert.True(behind.Headers.Contains("Strict-Transport-Security"));

        using var pretending = await SendAsync(other, HttpMethod.Post, "/v1/session", "203.0.113.7");
        Assert.DoesNotContain("; secure", pretending.Headers.GetValues("Set-Cookie").Single(), StringComparison.Ordinal);
        Assert.False(pretending.Headers.Contains("Strict-Transport-Security"));
    }

    [Fact]
    public async Task Histories_name_the_clients_address()
    {
        // A client adds to the header what it likes; what the proxies have added comes last.
        foreach (var (client, told, expected) in new[]
        {
            (other, "203.0.113.11", "127.0.0.1"), (proxy, "203.0.113.8", "203.0.113.8"), (proxy, "198.51.100.1, 203.0.113.9", "203.0.113.9"), (proxy, "203.0.113.10, 10.20.3.4", "203.0.113.10"),
        })
        {
            using var response = await SendAsync(client, HttpMethod.Post, "/v1/session", told);
            Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
            await platform.Probe.NextAsync<SignedIn>(s => s.Address == expected);
        }

        // They are told in their order, so all of them have come.
        Assert.DoesNotContain(platform.Probe.Of<SignedIn>(), s => s.Address is "203.0.113.11" or "198.51.100.1" or "10.20.3.4" or "127.0.0.2");
    }

    [Fact]
    public async Task Who_guesses_is_counted_by_the_address_it_has_and_not_by_one_that_it_makes_up()
    {
        for (var i = 0; i < 10; i++)
        {
            await GuessAsync(proxy, "203.0.113.20", 403);
            await GuessAsync(other, $"203.0.113.{100 + i}", 403);
        }

        await GuessAsync(proxy, "203.0.113.20", 429);
        await GuessAsync(proxy, "203.0.113.21", 403);
        await GuessAsync(other, "203.0.113.222", 429);

        async Task GuessAsync(HttpClient client, string address, int status)
        {
            using var response = await SendAsync(client, HttpMethod.Post, "/v1/agents/join", address, new { token = "hvj_guess", hostName = "kvm1", csr = "x" });
            await OrchestratorFixture.ProblemAsync(response, status, status == 429 ? "too-many-attempts" : "join-token-refused");
        }
    }

    /// <summary>A request as a proxy passes it on, or as someone sends it who would like to be taken for one.</summary>
    async Task<HttpResponseMessage> SendAsync(HttpClient client, HttpMethod method, string path, string forwardedFor, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Authorization = TestAccess.Header;
        request.Headers.Add("X-Forwarded-For", forwardedFor);
        request.Headers.Add("X-Forwarded-Proto", "https");
        request.Headers.Add("X-Forwarded-Host", BehindProxy.Name);
        return await client.SendAsync(request);
    }

    HttpClient ClientFrom(string address) => new(new SocketsHttpHandler
    {
        UseCookies = false,
        ConnectCallback = async (context, cancellationToken) =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
                await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    })
    { BaseAddress = platform.Host.Url };
}
