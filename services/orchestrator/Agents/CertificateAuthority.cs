using System.Globalization;
using System.Net;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HvPlatform.ServiceKit;
using HvPlatform.ServiceKit.Tls;

namespace HvPlatform.Orchestrator.Agents;

/// <summary>
/// The platform's own CA: it signs certificates of agents and of the platform's services, and the list of revoked ones. Its key (ECDSA P-256) is made at the first
/// use and never leaves its file. Several orchestrators share one directory.
/// </summary>
internal sealed class CertificateAuthority : IDisposable
{
    const string KeyFile = "ca.key";
    const string CertificateFile = "ca.pem";
    const string LockFile = "ca.lock";
    const int SerialBytes = 16;

    /// <summary>Machines' clocks differ: a certificate is valid from a little before it was made.</summary>
    static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);
    static readonly TimeSpan OwnLifetime = TimeSpan.FromDays(3650);
    static readonly TimeSpan ListLifetime = TimeSpan.FromDays(7);
    static readonly TimeSpan s_lockPatience = TimeSpan.FromSeconds(30);
    readonly ECDsa _key;
    readonly TimeProvider _time;

    CertificateAuthority(ECDsa key, X509Certificate2 certificate, TimeProvider time) => (_key, Certificate, _time) = (key, certificate, time);

    /// <summary>Its certificate, without the key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>The same as PEM.</summary>
    public string Pem => $"{Certificate.ExportCertificatePem()}\n";

    /// <summary>Opens the CA of a directory, or makes one there.</summary>
    /// <exception cref="HvStartupException">The directory or its files cannot be used.</exception>
    public static CertificateAuthority Open(string directory, TimeProvider time)
    {
        try
        {
            Directory.CreateDirectory(directory);
            var (keyFile, certificateFile) = (Path.Combine(directory, KeyFile), Path.Combine(directory, CertificateFile));
            if (!File.Exists(keyFile) || !File.Exists(certificateFile))
            {
                Make(directory, keyFile, certificateFile, time.GetUtcNow());
            }

            if (PrivateFile.WhyExposed(keyFile) is { } exposed)
            {
                throw Unusable(keyFile, $"it holds the CA's key, and {exposed}.", $"If anyone may have read it, make a new CA and let all agents join again; else: chmod 600 {keyFile}");
            }

            var key = ReadKey(keyFile);
            var certificate = X509CertificateLoader.LoadCertificateFromFile(certificateFile);
            using var publicKey = certificate.GetECDsaPublicKey();
            return publicKey is not null && publicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key.ExportSubjectPublicKeyInfo())
                ? new CertificateAuthority(key, certificate, time)
                : throw Unusable(certificateFile, $"it does not belong to {KeyFile}.", "Put the files back that belong together.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw Unusable(directory, $"{e.Message.TrimEnd('.')}.", "Correct the directory, or put ca.key and ca.pem back from a backup.", e);
        }
    }

    /// <summary>Signs a certificate for TLS as client and as server. Whatever the request says beside the key is replaced.</summary>
    /// <param name="key">The holder's key.</param>
    /// <param name="unit">What the holder is: <see cref="PlatformCertificate.Agent"/> or <see cref="PlatformCertificate.Service"/>.</param>
    /// <param name="name">An agent's id, or a service's name.</param>
    /// <param name="hostNames">DNS names and IP addresses it answers under.</param>
    /// <param name="lifetime">From now on.</param>
    public X509Certificate2 Sign(PublicKey key, string unit, string name, IReadOnlyList<string> hostNames, TimeSpan lifetime)
    {
        var request = new CertificateRequest(PlatformCertificate.Subject(unit, name), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(key, false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        if (hostNames.Count > 0)
        {
            request.CertificateExtensions.Add(AlternativeNames(hostNames));
        }

        var now = _time.GetUtcNow();
        var end = now + lifetime < Certificate.NotAfter ? now + lifetime : Certificate.NotAfter;
        return request.Create(Certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(_key), now - ClockSkew, end, NewSerial());
    }

    /// <summary>The list of revoked certificates, as PEM.</summary>
    public string SignRevoked(IEnumerable<(string Serial, DateTimeOffset At)> revoked)
    {
        var now = _time.GetUtcNow();
        var list = new CertificateRevocationListBuilder();
        foreach (var (serial, at) in revoked)
        {
            list.AddEntry(Convert.FromHexString(serial.Length % 2 == 0 ? serial : $"0{serial}"), at);
        }

        var der = list.Build(
            Certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(_key), new BigInteger(now.ToUnixTimeMilliseconds()), now + ListLifetime, HashAlgorithmName.SHA256,
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false), now);
        return $"{PemEncoding.WriteString("X509 CRL", der)}\n";
    }

    public void Dispose()
    {
        _key.Dispose();
        Certificate.Dispose();
    }

    /// <summary>
    /// Makes what is missing, one process at a time: of several that are started at once on an empty directory all have the same CA. The certificate is written last and as a whole, so
    /// where both files are nothing is locked, and the directory may be one that cannot be written to.
    /// </summary>
    static void Make(string directory, string keyFile, string certificateFile, DateTimeOffset now)
    {
        using var gate = Lock(directory);
        if (!File.Exists(keyFile))
        {
            if (File.Exists(certificateFile))
            {
                throw Unusable(keyFile, $"it is not there, but {CertificateFile} is.", $"Put it back from a backup; if it is lost, remove {CertificateFile} and let all agents join again.");
            }

            using var made = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            PrivateFile.Write(keyFile, $"{made.ExportPkcs8PrivateKeyPem()}\n");
        }

        if (!File.Exists(certificateFile))
        {
            using var key = ReadKey(keyFile);
            using var certificate = SelfSign(key, now);
            PrivateFile.Write(certificateFile, $"{certificate.ExportCertificatePem()}\n");
        }
    }

    /// <summary>Waits until no other process makes the CA of this directory. The lock ends with the process that has it, however it ends.</summary>
    static FileStream Lock(string directory)
    {
        var path = Path.Combine(directory, LockFile);
        FileStream? gate = null;
        return SpinWait.SpinUntil(() => (gate = TryLock(path)) is not null, s_lockPatience)
            ? gate!
            : throw Unusable(path, $"another process has kept it for {s_lockPatience.TotalSeconds:0} s.", "End the process that makes the CA, or let it finish.");
    }

    static FileStream? TryLock(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
        }
    }

    static ECDsa ReadKey(string keyFile)
    {
        var key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(keyFile));
        return key;
    }

    static X509Certificate2 SelfSign(ECDsa key, DateTimeOffset now)
    {
        var id = Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo()).AsSpan(0, 4));
        var request = new CertificateRequest($"CN=HvPlatform CA {id}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request.CreateSelfSigned(now - ClockSkew, now + OwnLifetime);
    }

    static X509Extension AlternativeNames(IReadOnlyList<string> hostNames)
    {
        var names = new SubjectAlternativeNameBuilder();
        foreach (var name in hostNames)
        {
            if (IPAddress.TryParse(name, out var address))
            {
                names.AddIpAddress(address);
            }
            else
            {
                names.AddDnsName(name.ToLower(CultureInfo.InvariantCulture));
            }
        }

        return names.Build();
    }

    /// <summary>127 random bits: positive, and never zero in its first byte, so that it has one spelling.</summary>
    static byte[] NewSerial()
    {
        var serial = RandomNumberGenerator.GetBytes(SerialBytes);
        serial[0] = (byte)((serial[0] & 0x3F) | 0x40);
        return serial;
    }

    static HvStartupException Unusable(string where, string why, string next, Exception? cause = null) => new("The platform's CA cannot be used", where, why, next, cause);
}
