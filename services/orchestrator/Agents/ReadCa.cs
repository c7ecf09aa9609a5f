using HvPlatform.Orchestrator.Access;
using HvPlatform.Orchestrator.Http;

namespace HvPlatform.Orchestrator.Agents;

/// <summary><c>GET /v1/ca</c> and <c>GET /v1/ca/crl</c>: the CA's certificate, and its list of revoked certificates. Both are signed and for everybody.</summary>
internal static class ReadCa
{
    const string Pem = "application/x-pem-file";

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/ca", (HttpContext http, PlatformCa ca) => ca.Get().Is(out var found, out var refusal) ? Results.Text(found.Pem, Pem) : Problems.Result(http, refusal))
            .Gives<string>(StatusCodes.Status200OK, "GetCa", "Agents", "Get the certificate of the platform's CA, as PEM.", Pem, 503)
            .WithMetadata(new Anonymous());
        v1.MapGet("/ca/crl", async (HttpContext http, PlatformCa ca, AgentStore agents) => ca.Get().Is(out var found, out var refusal)
                ? Results.Text(found.SignRevoked(await agents.RevokedAsync(http.RequestAborted)), Pem)
                : Problems.Result(http, refusal))
            .Gives<string>(StatusCodes.Status200OK, "GetRevokedCertificates", "Agents", "Get the list of revoked certificates (RFC 5280), signed by the platform's CA, as PEM. Valid for 7 days.", Pem, 503)
            .WithMetadata(new Anonymous());
    }
}
