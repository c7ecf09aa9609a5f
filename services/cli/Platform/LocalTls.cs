using System.Net.Http.Json;
using System.Text.Json;
using HvPlatform.Cli.LocalServers;

namespace HvPlatform.Cli.Platform;

/// <summary>The platform's CA, the certificates of broker and services, and the agent's identity of a platform on this machine; the same programs make them as anywhere.</summary>
internal sealed class LocalTls
{
    const string AgentName = "local-agent";
    readonly string _ca;
    readonly string _files;
    readonly string _identity;

    LocalTls(string data) => (_ca, _files, _identity) = (DataDirectory.Sub(data, "ca"), DataDirectory.Sub(data, "tls"), DataDirectory.Sub(data, "identity"));

    /// <summary>What the broker is started with.</summary>
    public LocalRabbitTls Broker => new(Path.Combine(_files, "broker.pem"), Path.Combine(_files, "broker.key"), Path.Combine(_files, "ca.pem"));

    /// <summary>Whether the agent has joined, at an earlier start.</summary>
    public bool HasJoined => File.Exists(Path.Combine(_identity, "agent.json"));

    /// <summary>Makes the CA and the certificates at the first start, and new certificates at each.</summary>
    public static async Task<LocalTls> PrepareAsync(string data)
    {
        var tls = new LocalTls(data);
        var orchestrator = Checkout.Program(Path.Combine("services", "orchestrator"), "HvPlatform.Orchestrator");
        await ChildProcess.RunAsync([orchestrator, "ca", "issue", "--directory", tls._ca, "--name", "broker", "--host", "127.0.0.1", "--out", tls._files]);
        await ChildProcess.RunAsync([orchestrator, "ca", "issue", "--directory", tls._ca, "--name", "platform", "--out", tls._files]);
        return tls;
    }

    /// <summary>The settings of one service.</summary>
    public void Configure(Dictionary<string, string> environment, string service, LocalRabbit broker)
    {
        if (service == "host-agent")
        {
            // The broker's port is another at each start, so it is told; who signs in is the identity's certificate.
            environment["Hv__Bus"] = AgentUrl(broker);
            environment["Hv__BusTls__Certificate"] = Path.Combine(_identity, "agent.pem");
            environment["Hv__BusTls__Ca"] = Path.Combine(_identity, "ca.pem");
            environment["Hv__Identity"] = _identity;
            return;
        }

        environment["Hv__BusTls__Certificate"] = Path.Combine(_files, "platform.pem");
        environment["Hv__BusTls__Key"] = Path.Combine(_files, "platform.key");
        environment["Hv__BusTls__Ca"] = Path.Combine(_files, "ca.pem");
        if (service == "orchestrator")
        {
            environment["Orchestrator__Ca__Directory"] = _ca;
            environment["Orchestrator__Broker__AgentUrl"] = AgentUrl(broker);
            environment["Orchestrator__Broker__ManagementUrl"] = $"http://127.0.0.1:{broker.ManagementPort}";
            environment["Orchestrator__Broker__Password"] = broker.Password;
        }
    }

    static string AgentUrl(LocalRabbit broker) => $"amqps://127.0.0.1:{broker.Port}/";

    /// <summary>Asks for a token and runs the command that comes with it. What the platform knows of starts without TLS are hosts of this agent.</summary>
    public async Task JoinAsync(HttpClient api, CancellationToken cancellationToken)
    {
        var known = await IdsAsync(api, "/v1/hosts?limit=250", h => [h], cancellationToken);
        var taken = await IdsAsync(api, "/v1/agents?revoked=false&limit=250", a => a.GetProperty("hosts").EnumerateArray(), cancellationToken);
        using var response = await api.PostAsJsonAsync("/v1/join-tokens", new { name = AgentName, validForMinutes = 5, hosts = known.Except(taken) }, cancellationToken);
        var answer = await response.Content.ReadAsStringAsync(cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            throw new LocalServerException($"The orchestrator made no join token: {answer}");
        }

        var command = JsonSerializer.Deserialize<JsonElement>(answer).GetProperty("command").GetString()!.Split(' ');
        var agent = Checkout.Program(Path.Combine("services", "host-agent"), "HvPlatform.HostAgent");
        await ChildProcess.RunAsync([agent, .. command[1..], "--host-name", AgentName, "--identity", _identity], cancellationToken: cancellationToken);
    }

    static async Task<List<Guid>> IdsAsync(HttpClient api, string path, Func<JsonElement, IEnumerable<JsonElement>> objects, CancellationToken cancellationToken) =>
        [.. (await api.GetFromJsonAsync<JsonElement>(path, cancellationToken)).GetProperty("items").EnumerateArray().SelectMany(objects).Select(o => o.GetProperty("id").GetGuid())];
}
