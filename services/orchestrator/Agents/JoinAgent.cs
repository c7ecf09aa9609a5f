using System.Net;
using HvPlatform.Contracts;
using HvPlatform.Contracts.History;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Access;
using HvPlatform.Orchestrator.Http;
using HvPlatform.ServiceKit;
using HvPlatform.ServiceKit.Tls;

namespace HvPlatform.Orchestrator.Agents;

/// <summary>The body of <c>POST /v1/agents/join</c>.</summary>
internal sealed record JoinAgentBody
{
    /// <summary>The secret of a join token.</summary>
    public required string Token { get; init; }

    /// <summary>DNS name or IP address of the machine the agent runs on; no other live agent has it.</summary>
    public required string HostName { get; init; }

    /// <summary>A PKCS#10 signing request in PEM for an ECDSA key on P-256 or P-384. Only its key is taken.</summary>
    public required string Csr { get; init; }
}

/// <summary>What an agent is given when it joins.</summary>
internal sealed record JoinedAgentView
{
    /// <summary>Its id: common name of its certificate, user at the broker.</summary>
    public required AgentId AgentId { get; init; }

    /// <summary>Its certificate, PEM.</summary>
    public required string Certificate { get; init; }

    public required DateTimeOffset CertificateExpiresAt { get; init; }

    /// <summary>The platform's CA, PEM.</summary>
    public required string CaCertificate { get; init; }

    /// <summary>The broker, without credentials: the certificate signs in. Absent if this platform has none that agents reach.</summary>
    public Uri? Broker { get; init; }
}

/// <summary><c>POST /v1/agents/join</c>: whoever has a join token becomes an agent, once.</summary>
internal static class JoinAgent
{
    const int MaxBodyBytes = 16 * 1024;

    public static void Map(RouteGroupBuilder v1) => v1.MapPost("/agents/join", HandleAsync)
        .Gives<JoinedAgentView>(StatusCodes.Status200OK, "JoinAgent", "Agents", "Join an agent with a one-use token: it gets its certificate. The token is who asks.", 403, 409, 429, 503)
        .Takes<JoinAgentBody>()
        .WithMetadata(new Anonymous());

    static async Task<IResult> HandleAsync(
        HttpContext http,
        PlatformCa platformCa,
        JoinAttempts attempts,
        BrokerSync brokerSync,
        RefusalLog refusals,
        [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database,
        OrchestratorOptions options,
        TimeProvider clock,
        ILogger<JoinAgentBody> log)
    {
        var from = http.Connection.RemoteIpAddress ?? IPAddress.None;
        if (attempts.WaitSeconds(from) is { } seconds)
        {
            return Problems.Result(http, AgentRefusals.TooManyAttempts(seconds));
        }

        if (!(await JsonBody.ReadAsync<JoinAgentBody>(http, MaxBodyBytes)).Is(out var body, out var refusal) || !platformCa.Get().Is(out var ca, out refusal))
        {
            return Problems.Result(http, refusal);
        }

        var outcome = await JoinAsync(body, http.Address(), ca, database, options, clock.GetUtcNow(), http.RequestAborted);
        if (!outcome.Is(out var joined, out refusal))
        {
            attempts.Failed(from);
            refusals.Note(http, null, refusal.Error.Code);
            Log.JoinRefused(log, from, refusal.Error.Code, refusal.Error.Message);
            return Problems.Result(http, refusal);
        }

        Log.AgentJoined(log, joined.AgentId, body.HostName, from);
        await brokerSync.TellAsync(joined.AgentId, CancellationToken.None);
        http.Response.Headers.CacheControl = "no-store";
        return Resources.Ok(joined);
    }

    static async Task<Outcome<JoinedAgentView>> JoinAsync(
        JoinAgentBody body, string? from, CertificateAuthority ca, ServiceDatabase database, OrchestratorOptions options, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var agent = AgentId.New();
        var token = TokenHash.Of(body.Token);
        await using var tx = await database.BeginAsync(cancellationToken);
        if (!(await AgentStore.UseTokenAsync(tx, token, agent, now, cancellationToken)).Is(out var used, out var refused))
        {
            return refused;
        }

        // From here on a refusal leaves the token as good as it was: the transaction is given up.
        var errors = new SortedDictionary<string, string[]>(StringComparer.Ordinal);
        if (!HostNames.TryNormalize(body.HostName, out var hostName))
        {
            errors["hostName"] = [HostNames.Rule];
        }

        if (!SigningRequest.TryRead(body.Csr, out var key, out var wrong))
        {
            errors["csr"] = [wrong];
        }

        if (hostName is null || key is null)
        {
            return Refusals.Invalid(errors);
        }

        using var certificate = ca.Sign(key, PlatformCertificate.Agent, agent.ToString(), [hostName], options.Ca.CertificateLifetime);
        if (hostName.Equals(options.Broker.AgentUrl?.DnsSafeHost, StringComparison.OrdinalIgnoreCase)
            || !await AgentStore.AddAsync(tx, agent, hostName, token, certificate, now, cancellationToken))
        {
            return AgentRefusals.NameTaken(hostName);
        }

        if (await AgentStore.BindHostsAsync(tx, agent, used.Hosts, now, cancellationToken) is { } taken)
        {
            return taken;
        }

        tx.Publish(
            new AgentJoined { AgentId = agent, HostName = hostName, TokenId = used.Id, TokenCreatedBy = used.CreatedBy, HostIds = used.Hosts, Address = from, At = now }, AccessStream.Id);

        await tx.CommitAsync(CancellationToken.None);
        return new JoinedAgentView
        {
            AgentId = agent,
            Certificate = certificate.ExportCertificatePem(),
            CertificateExpiresAt = new DateTimeOffset(certificate.NotAfter.ToUniversalTime()),
            CaCertificate = ca.Pem,
            Broker = options.Broker.AgentUrl,
        };
    }
}
