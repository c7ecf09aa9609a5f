using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using HvPlatform.Contracts;

namespace HvPlatform.ServiceKit.Tls;

/// <summary>
/// Who a joined agent is: its certificate and key from the platform's CA, the CA itself, and the CA's list of revoked certificates, as files of one directory.
/// Certificate and list are replaced while the process runs; whoever opens a connection asks again. For the broker's connection and the agent's own TLS listener.
/// </summary>
public sealed class AgentIdentity : IDisposable
{
    const string FactsFile = "agent.json";
    const string KeyFile = "agent.pem";
    const string CaFile = "ca.pem";
    const string RevokedFile = "revoked.pem";
    readonly string _directory;
    readonly TimeProvider _time;
    X509Certificate2 _certificate;
    RevocationList? _revoked;

    AgentIdentity(string directory, AgentFacts facts, X509Certificate2 ca, X509Certificate2 certificate, RevocationList? revoked, TimeProvider time)
    {
        (_directory, Facts, Ca, _certificate, _revoked, _time) = (directory, facts, ca, certificate, revoked, time);
    }

    /// <summary>What the platform said when the agent joined.</summary>
    public AgentFacts Facts { get; private set; }

    /// <summary>The platform's CA.</summary>
    public X509Certificate2 Ca { get; }

    /// <summary>The present certificate, with its key.</summary>
    public X509Certificate2 Certificate => Volatile.Read(ref _certificate);

    /// <summary>The newest list of revoked certificates; null if none has come yet.</summary>
    public RevocationList? Revoked => Volatile.Read(ref _revoked);

    /// <summary>The file with certificate and key.</summary>
    public string CertificateFile => Path.Combine(_directory, KeyFile);

    /// <summary>The file with the CA's certificate.</summary>
    public string CaCertificateFile => Path.Combine(_directory, CaFile);

    /// <summary>Whether an agent has joined with this directory.</summary>
    public static bool Exists(string directory) => File.Exists(Path.Combine(directory, FactsFile));

    /// <summary>Reads the directory of a joined agent.</summary>
    /// <exception cref="HvStartupException">There is none, or its files cannot be used.</exception>
    public static AgentIdentity Load(string directory, TimeProvider time)
    {
        try
        {
            var keyFile = Path.Combine(directory, KeyFile);
            if (PrivateFile.WhyExposed(keyFile) is { } exposed)
            {
                throw Unusable(directory, $"{keyFile} holds the agent's key, and {exposed}.", $"Join again if anyone may have read it; else: chmod 600 {keyFile}");
            }

            var facts = JsonSerializer.Deserialize<AgentFacts>(File.ReadAllBytes(Path.Combine(directory, FactsFile)), HvJson.Options)
                ?? throw new JsonException($"{FactsFile} is empty.");
            var ca = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(directory, CaFile));
            var listFile = Path.Combine(directory, RevokedFile);
            return new AgentIdentity(directory, facts, ca, WithKey(File.ReadAllText(keyFile)), File.Exists(listFile) ? RevocationList.Read(File.ReadAllText(listFile), ca) : null, time);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or CryptographicException)
        {
            throw Unusable(directory, $"{e.Message.TrimEnd('.')}.", "Join the platform again: host-agent join --url … --token … --replace", e);
        }
    }

    /// <summary>Keeps what a join gave. The facts are written last: without them nothing counts.</summary>
    public static void Save(string directory, AgentFacts facts, string certificateAndKey, string ca)
    {
        Directory.CreateDirectory(directory);
        File.Delete(Path.Combine(directory, FactsFile));
        File.Delete(Path.Combine(directory, RevokedFile));
        PrivateFile.Write(Path.Combine(directory, KeyFile), certificateAndKey);
        PrivateFile.Write(Path.Combine(directory, CaFile), ca);
        Keep(directory, facts);
    }

    /// <summary>From now on shows this certificate. <paramref name="certificateAndKey"/> is PEM.</summary>
    public void Renew(string certificateAndKey)
    {
        var renewed = WithKey(certificateAndKey);
        PrivateFile.Write(CertificateFile, certificateAndKey);
        Volatile.Write(ref _certificate, renewed);
    }

    /// <summary>From now on knows what the platform told since.</summary>
    public void Keep(AgentFacts facts)
    {
        Keep(_directory, facts);
        Facts = facts;
    }

    /// <summary>Takes a list of revoked certificates if it is signed by the CA and not older than the one known.</summary>
    /// <exception cref="CryptographicException">It is not signed by the CA.</exception>
    public void Take(string revokedPem)
    {
        var list = RevocationList.Read(revokedPem, Ca);
        if (Revoked is { } known && list.ThisUpdate < known.ThisUpdate)
        {
            return;
        }

        PrivateFile.Write(Path.Combine(_directory, RevokedFile), revokedPem);
        Volatile.Write(ref _revoked, list);
    }

    /// <summary>Why the other side of a connection is refused, in a sentence; null if it is what <paramref name="unit"/> says and not revoked.</summary>
    public string? WhyRefused(X509Certificate2? peer, string unit) => PlatformCertificate.WhyRefused(peer, Ca, Revoked, unit, _time.GetUtcNow());

    /// <summary>
    /// TLS of a listener of this agent, made anew for each connection: shows the present certificate, and takes clients with a certificate of a
    /// <see cref="PlatformCertificate.Service"/> only. Other agents are refused.
    /// </summary>
    public SslServerAuthenticationOptions ServerOptions() => new()
    {
        ServerCertificate = Certificate,
        ClientCertificateRequired = true,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        RemoteCertificateValidationCallback = (_, peer, _, _) => WhyRefused(peer as X509Certificate2, PlatformCertificate.Service) is null,
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        Certificate.Dispose();
        Ca.Dispose();
    }

    static X509Certificate2 WithKey(string pem)
    {
        var certificate = X509Certificate2.CreateFromPem(pem, pem);
        if (!OperatingSystem.IsWindows())
        {
            return certificate;
        }

        // Windows' TLS does not take a key that is in this process's memory only.
        using (certificate)
        {
            return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
        }
    }

    static void Keep(string directory, AgentFacts facts) => PrivateFile.Write(Path.Combine(directory, FactsFile), JsonSerializer.Serialize(facts, HvJson.Options));

    static HvStartupException Unusable(string directory, string why, string next, Exception? cause = null) => new("The agent's identity cannot be used", directory, why, next, cause);
}

/// <summary>What a joined agent knows beside its certificate.</summary>
public sealed record AgentFacts
{
    /// <summary>The agent's id: the common name of its certificate and its user at the broker.</summary>
    public required AgentId AgentId { get; init; }

    /// <summary>Where the platform's API is.</summary>
    public required Uri Platform { get; init; }

    /// <summary>The broker, for example <c>amqps://rabbit.example.net:5671/hv</c>; null if the platform has none that agents reach.</summary>
    public Uri? Broker { get; init; }

    /// <summary>The hosts that are bound to this agent.</summary>
    public IReadOnlyList<HostId> Hosts { get; init; } = [];
}
