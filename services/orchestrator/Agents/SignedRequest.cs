using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.ServiceKit;
using HvPlatform.ServiceKit.Tls;

namespace HvPlatform.Orchestrator.Agents;

/// <summary>What a joined agent signs a request with.</summary>
internal abstract record SignedBody
{
    /// <summary>The serial number of the agent's certificate, hex.</summary>
    public required string Serial { get; init; }

    /// <summary>When it was signed; at most 5 minutes from the platform's clock.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The signature with the certificate's key, base64: ECDSA over SHA-256, both numbers one after the other (IEEE P1363).</summary>
    public required string Signature { get; init; }
}

/// <summary>Who a signed request is from.</summary>
internal static class SignedRequest
{
    /// <summary>
    /// The agent that signed this with a certificate of the CA that has not expired, and that is not revoked. Its row is locked until the transaction ends.
    /// </summary>
    public static async Task<Outcome<SigningAgent>> ReadAsync(HvTransaction tx, SignedBody body, string purpose, string content, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (await AgentStore.FindAsync(tx, body.Serial.TrimStart('0').ToUpperInvariant(), cancellationToken) is not var (agent, certificate, revokedAt))
        {
            return AgentRefusals.Agent("its certificate is not one that this platform gave out.");
        }

        using (certificate)
        {
            // Its word first: who is not the agent learns nothing of it.
            return !AgentSignature.IsBy(certificate, purpose, body.At, content, body.Signature) ? AgentRefusals.Agent("the signature is not by the key of its certificate.")
                : (now - body.At).Duration() > AgentSignature.Tolerance ? AgentRefusals.Agent($"it signed at {body.At.UtcDateTime:u}, and here it is {now.UtcDateTime:u}. Set its clock.")
                : revokedAt is { } at ? AgentRefusals.Agent($"it was revoked at {at.UtcDateTime:u}.")
                : now > certificate.NotAfter.ToUniversalTime() ? AgentRefusals.Agent($"its certificate has expired at {certificate.NotAfter.ToUniversalTime():u}.")
                : new SigningAgent(agent);
        }
    }
}

/// <summary>An agent that has shown who it is.</summary>
internal sealed record SigningAgent(AgentId Id);
