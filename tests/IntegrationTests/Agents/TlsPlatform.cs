using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using HvPlatform.Cli.LocalServers;
using HvPlatform.HostAgent;
using HvPlatform.HostAgent.Joining;
using HvPlatform.Inventory;
using HvPlatform.MigrationSaga;
using HvPlatform.Orchestrator;
using HvPlatform.Orchestrator.Agents;
using HvPlatform.ServiceKit.Tls;
using HvPlatform.TestKit;
using Microsoft.Extensions.Configuration;
using RabbitMQ.Client;
using Xunit;

namespace HvPlatform.IntegrationTests.Agents;

/// <summary>A platform on a real RabbitMQ that speaks TLS only and asks everybody for a certificate of the platform's CA; agents join it as they do in the field.</summary>
public sealed class TlsPlatform : IAsyncLifetime
{
    readonly string _directory = TemporaryDirectory.Create("hv-tls-");
    LocalRabbit? _rabbit;

    internal CertificateAuthority Ca { get; private set; } = null!;

    public TestHost Services { get; private set; } = null!;

    public HttpClient Api { get; private set; } = null!;

    internal Uri AgentUrl => new($"amqps://127.0.0.1:{_rabbit!.Port}/");

    public async ValueTask InitializeAsync()
    {
        Ca = CertificateAuthority.Open(Path.Combine(_directory, "ca"), TimeProvider.System);
        Issue("broker", "127.0.0.1");
        Issue("platform");
        _rabbit = await LocalRabbit.StartThrowawayAsync(await TemporaryDirectory.CreateAsync("hv-tls-rabbitmq-", "rabbitmq"), new(FileOf("broker.pem"), FileOf("broker.key"), FileOf("ca.pem")));
        var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        Services = await TestHost.StartAsync(
            database, _rabbit.Uri.ToString(), [OrchestratorModule.Create(), MigrationSagaModule.Create(), InventoryModule.Create()],
            builder => builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["Hv:BusTls:Certificate"] = FileOf("platform.pem"),
                ["Hv:BusTls:Key"] = FileOf("platform.key"),
                ["Hv:BusTls:Ca"] = FileOf("ca.pem"),
                ["Orchestrator:Ca:Directory"] = Path.Combine(_directory, "ca"),
                ["Orchestrator:Broker:AgentUrl"] = AgentUrl.ToString(),
                ["Orchestrator:Broker:ManagementUrl"] = $"http://127.0.0.1:{_rabbit.ManagementPort}",
                ["Orchestrator:Broker:Password"] = _rabbit.Password,
            }));
        Api = TestAccess.Client(Services.Url);
    }

    public async ValueTask DisposeAsync()
    {
        Api?.Dispose();
        if (Services is not null)
        {
            await Services.DisposeAsync();
        }

        if (_rabbit is not null)
        {
            await _rabbit.StopAllAsync();
        }

        Ca?.Dispose();
    }

    /// <summary>Joins an agent the official way; returns its directory.</summary>
    public async Task<string> JoinAsync(string hostName)
    {
        using var made = await Api.PostAsJsonAsync("/v1/join-tokens", new { name = hostName });
        Assert.True(made.IsSuccessStatusCode, await made.Content.ReadAsStringAsync());
        var token = JsonSerializer.Deserialize<JsonElement>(await made.Content.ReadAsStringAsync());
        var directory = Path.Combine(_directory, hostName);
        string[] args = [.. token.GetProperty("command").GetString()!.Split(' ')[2..], "--host-name", hostName, "--identity", directory];
        await JoinCommand.RunAsync(args, TextReader.Null, TextWriter.Null, TimeProvider.System, TestContext.Current.CancellationToken);
        return directory;
    }

    /// <summary>Starts a joined agent over a simulated host.</summary>
    public Task<TestHost> StartAgentAsync(string identity, int seed)
    {
        var settings = JoinedAgent.Settings(identity);
        return TestHost.StartAsync(null, settings["Hv:Bus"]!, [HostAgentModule.Create()], builder => builder.Configuration
            .AddInMemoryCollection(settings)
            .AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["Hv:Journal"] = Path.Combine(identity, "journal"),
                ["Hv:Agents:0:Driver"] = "simulated",
                ["Hv:Agents:0:Simulated:Seed"] = $"{seed}",
                ["Hv:Agents:0:Simulated:VmsPerHost"] = "2",
            }));
    }

    /// <summary>Connects as whoever has this certificate, and signs in by it.</summary>
    public async Task<IConnection> ConnectAsync(X509Certificate2 certificate)
    {
        var factory = new ConnectionFactory
        {
            Uri = AgentUrl,
            AutomaticRecoveryEnabled = false,
            RequestedConnectionTimeout = TimeSpan.FromSeconds(20),
            AuthMechanisms = [new ExternalMechanismFactory()],
        };
        factory.Ssl = new SslOption
        {
            Enabled = true,
            ServerName = "127.0.0.1",
            Certs = [certificate],
            CertificateValidationCallback = (_, broker, _, _) => PlatformCertificate.WhyRefused(broker as X509Certificate2, Ca.Certificate, null, PlatformCertificate.Service, TimeProvider.System.GetUtcNow()) is null,
        };
        return await factory.CreateConnectionAsync();
    }

    public async Task<JsonElement> GetAsync(string path)
    {
        using var response = await Api.GetAsync(path);
        var text = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode ? JsonSerializer.Deserialize<JsonElement>(text) : throw new InvalidOperationException($"GET {path}: {(int)response.StatusCode} {text}");
    }

    /// <summary>What a CA signs for a new key.</summary>
    internal static X509Certificate2 SignedBy(CertificateAuthority ca, string unit, string name, TimeSpan lifetime)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = ca.Sign(new PublicKey(key), unit, name, [], lifetime);
        return certificate.CopyWithPrivateKey(key);
    }

    void Issue(string name, params string[] hosts)
    {
        string[] args = ["issue", "--directory", Path.Combine(_directory, "ca"), "--name", name, "--out", Path.Combine(_directory, "tls"), .. hosts.SelectMany(h => (string[])["--host", h])];
        Assert.Equal(0, CaCommand.Run(args, TimeProvider.System, TextWriter.Null, Console.Error));
    }

    string FileOf(string name) => Path.Combine(_directory, "tls", name);
}
