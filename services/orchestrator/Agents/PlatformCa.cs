using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;

namespace HvPlatform.Orchestrator.Agents;

/// <summary>The CA of this platform, if it has one.</summary>
internal sealed class PlatformCa(CertificateAuthority? ca) : IDisposable
{
    /// <summary>The CA, or why there is none.</summary>
    public Outcome<CertificateAuthority> Get() => ca is not null
        ? ca
        : Refusals.Of(ErrorKind.Unsupported, "ca-not-configured", "This platform has no CA of its own, so no agent can join it.",
            "Set Orchestrator:Ca:Directory to a directory that survives restarts, and start the orchestrator again. On one machine, ./hv up --distributed --tls starts a platform that has one.");

    public void Dispose() => ca?.Dispose();
}
