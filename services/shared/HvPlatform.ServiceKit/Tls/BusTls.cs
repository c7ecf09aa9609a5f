using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Configuration;
using RabbitMQ.Client;

namespace HvPlatform.ServiceKit.Tls;

/// <summary>
/// TLS to the broker: <c>Hv:BusTls:Certificate</c> and <c>Hv:BusTls:Key</c>, PEM files of the client's certificate and key (one file may hold both), and
/// <c>Hv:BusTls:Ca</c>, the CA that the broker's certificate has to come from; without it the machine's own trust decides. The files are read at each connection,
/// so that a renewed certificate is used without a restart.
/// </summary>
internal sealed class BusTls
{
    readonly string? _certificateFile;
    readonly string? _keyFile;
    readonly X509Certificate2Collection? _ca;

    BusTls(string? certificateFile, string? keyFile, X509Certificate2Collection? ca, bool asAgent)
    {
        (_certificateFile, _keyFile, _ca, AsAgent) = (certificateFile, keyFile, ca, asAgent);
    }

    /// <summary>Whether there is a certificate to show.</summary>
    public bool HasCertificate => _certificateFile is not null;

    /// <summary>Whether the certificate is a joined agent's, who may declare nothing but its own queues at the broker.</summary>
    public bool AsAgent { get; }

    /// <summary>Reads the settings.</summary>
    /// <exception cref="HvStartupException">A file cannot be used.</exception>
    public static BusTls Read(IConfiguration configuration)
    {
        var (certificate, key, ca) = (configuration["Hv:BusTls:Certificate"], configuration["Hv:BusTls:Key"], configuration["Hv:BusTls:Ca"]);
        if (string.IsNullOrWhiteSpace(certificate))
        {
            return string.IsNullOrWhiteSpace(key)
                ? new BusTls(null, null, ReadCa(ca), asAgent: false)
                : throw new HvStartupException("The broker's TLS cannot be used", "Hv:BusTls:Key", "there is a key without a certificate.", "Set Hv:BusTls:Certificate too.");
        }

        try
        {
            using var probe = WithKey(certificate, key ?? certificate);
            return new BusTls(certificate, key ?? certificate, ReadCa(ca), PlatformCertificate.UnitOf(probe) == PlatformCertificate.Agent);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new HvStartupException("The broker's TLS cannot be used", "Hv:BusTls:Certificate and Hv:BusTls:Key", $"{e.Message.TrimEnd('.')}.", "Name PEM files with a certificate and its key.", e);
        }
    }

    /// <summary>How the next connection to this broker is made. The certificate is who signs in unless the address names a user.</summary>
    public void Configure(ConnectionFactory factory, Uri broker)
    {
        if (broker.Scheme != "amqps")
        {
            return;
        }

        factory.Ssl = new SslOption
        {
            Enabled = true,
            ServerName = broker.Host,
            Version = SslProtocols.Tls12 | SslProtocols.Tls13,
            AcceptablePolicyErrors = SslPolicyErrors.None,
            Certs = HasCertificate ? [WithKey(_certificateFile!, _keyFile!)] : null,
            CertificateValidationCallback = (_, certificate, _, errors) => IsBroker(certificate as X509Certificate2, errors),
        };
        if (HasCertificate && broker.UserInfo.Length == 0)
        {
            factory.AuthMechanisms = [new ExternalMechanismFactory()];
        }
    }

    /// <summary>The name has to be the broker's, and the chain end at the CA; an agent's certificate is never the broker's.</summary>
    bool IsBroker(X509Certificate2? certificate, SslPolicyErrors errors)
    {
        if (certificate is null || PlatformCertificate.UnitOf(certificate) == PlatformCertificate.Agent)
        {
            return false;
        }

        if (_ca is null)
        {
            return errors == SslPolicyErrors.None;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(_ca);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        return (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) == SslPolicyErrors.None && chain.Build(certificate);
    }

    static X509Certificate2Collection? ReadCa(string? file)
    {
        if (string.IsNullOrWhiteSpace(file))
        {
            return null;
        }

        try
        {
            var ca = new X509Certificate2Collection();
            ca.ImportFromPemFile(file);
            return ca.Count > 0 ? ca : throw new CryptographicException($"{file} holds no certificate.");
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new HvStartupException("The broker's TLS cannot be used", "Hv:BusTls:Ca", $"{e.Message.TrimEnd('.')}.", "Name a PEM file with the CA's certificate.", e);
        }
    }

    static X509Certificate2 WithKey(string certificateFile, string keyFile)
    {
        var certificate = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
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
}
