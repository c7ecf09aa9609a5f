using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Access;
using HvPlatform.Orchestrator.Http;
using HvPlatform.ServiceKit;
using HvPlatform.ServiceKit.Tls;

namespace HvPlatform.Orchestrator.Agents;

/// <summary>The body of <c>POST /v1/agents/renew</c>, signed with the key of the present certificate.</summary>
internal sealed record RenewAgentBody : SignedBody
{
    /// <summary>A PKCS#10 signing request in PEM, for a new key.</summary>
    public required string Csr { get; init; }
}

/// <summary>An agent's next certificate.</summary>
internal sealed record RenewedAgentView
{
    /// <summary>The certificate, PEM.</summary>
    public required string Certificate { get; init; }

    public required DateTimeOffset CertificateExpiresAt { get; init; }

    /// <summary>The broker; it may have moved since the agent joined.</summary>
    public Uri? Broker { get; init; }
}

/// <summary><c>POST /v1/agents/renew</c>: an agent's next certificate. The one before stays valid until it expires, so that a lost answer costs nothing.</summary>
internal static class RenewAgent
{
    const int MaxBodyBytes = 16 * 1024;

    public static void Map(RouteGroupBuilder v1) => v1.MapPost("/agents/renew", HandleAsync)
        .Gives<RenewedAgentView>(StatusCodes.Status200OK, "RenewAgent", "Agents", "Give an agent its next certificate. The request is signed with the key of its present one.", 403, 503)
        .Takes<RenewAgentBody>()
        .WithMetadata(new Anonymous());

    static async Task<IResult> HandleAsync(
        HttpContext http, PlatformCa platformCa, RefusalLog refusals, [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database, OrchestratorOptions options, TimeProvider clock, ILogger<RenewAgentBody> log)
    {
        if (!(await JsonBody.ReadAsync<RenewAgentBody>(http, MaxBodyBytes)).Is(out var body, out var refusal) || !platformCa.Get().Is(out var ca, out refusal))
        {
            return Problems.Result(http, refusal);
        }

        var now = clock.GetUtcNow();
        await using var tx = await database.BeginAsync(http.RequestAborted);
        if (!(await SignedRequest.ReadAsync(tx, body, AgentSignature.Renew, body.Csr, now, http.RequestAborted)).Is(out var agent, out refusal))
        {
            Log.AgentRefused(log, body.Serial, refusal.Error.Message);
            refusals.Note(http, null, refusal.Error.Code);
            return Problems.Result(http, refusal);
        }

        if (!SigningRequest.TryRead(body.Csr, out var key, out var wrong))
        {
            return Problems.Result(http, Refusals.Invalid(Refusals.Field("csr", wrong)));
        }

        var (hostName, _) = (await AgentStore.LockAsync(tx, agent.Id, http.RequestAborted))!.Value;
        using var certificate = ca.Sign(key, PlatformCertificate.Agent, agent.Id.ToString(), [hostName], options.Ca.CertificateLifetime);
        await AgentStore.RenewAsync(tx, agent.Id, certificate, now, http.RequestAborted);
        await tx.CommitAsync(CancellationToken.None);
        var end = new DateTimeOffset(certificate.NotAfter.ToUniversalTime());
        Log.AgentRenewed(log, agent.Id, hostName, end);
        return Resources.Ok(new RenewedAgentView { Certificate = certificate.ExportCertificatePem(), CertificateExpiresAt = end, Broker = options.Broker.AgentUrl });
    }
}
