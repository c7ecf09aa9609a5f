using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Agents;
using HvPlatform.ServiceKit;
using HvPlatform.ServiceKit.Tls;
using Xunit;

namespace HvPlatform.UnitTests.Tls;

[UnsupportedOSPlatform("windows")]
public sealed class CertificateAuthorityTests : IDisposable
{
    static readonly TimeSpan s_month = TimeSpan.FromDays(30);
    readonly string _directory = Directory.CreateTempSubdirectory("hv-ca-").FullName;
    readonly DateTimeOffset _now = TimeProvider.System.GetUtcNow();

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void The_key_is_made_once_and_only_its_owner_can_read_it()
    {
        using var first = Open();
        using var second = Open();
        Assert.Equal(first.Pem, second.Pem);
        Assert.False(first.Certificate.HasPrivateKey);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_directory, "ca.key")));
    }

    [Fact]
    public async Task Of_several_that_begin_at_once_in_an_empty_directory_all_have_the_same_CA()
    {
        const int AtOnce = 4;
        for (var round = 0; round < 10; round++)
        {
            var directory = Path.Combine(_directory, $"{round}");
            using var begin = new Barrier(AtOnce);
            var authorities = await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    begin.SignalAndWait();
                    using var ca = CertificateAuthority.Open(directory, TimeProvider.System);
                    return ca.Pem;
                },
                CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
            Assert.Single(authorities.Distinct());
            using var later = CertificateAuthority.Open(directory, TimeProvider.System);
            Assert.Equal(authorities[0], later.Pem);
        }
    }

    [Fact]
    public void A_key_that_others_can_read_is_refused_with_what_to_do()
    {
        Open().Dispose();
        var key = Path.Combine(_directory, "ca.key");
        File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        var refused = Assert.Throws<HvStartupException>(Open);
        Assert.Contains($"chmod 600 {key}", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_certificate_without_its_key_is_refused_and_not_made_anew()
    {
        Open().Dispose();
        File.Delete(Path.Combine(_directory, "ca.key"));
        Assert.Contains("backup", Assert.Throws<HvStartupException>(Open).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_request_says_of_its_subject_is_replaced()
    {
        using var ca = Open();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=guest", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        Assert.True(SigningRequest.TryRead(request.CreateSigningRequestPem(), out var publicKey, out var wrong), wrong);

        using var signed = ca.Sign(publicKey, PlatformCertificate.Agent, "id-1", ["KVM1.example.net", "192.0.2.7"], s_month);

        Assert.Equal("id-1", PlatformCertificate.NameOf(signed));
        Assert.Equal(PlatformCertificate.Agent, PlatformCertificate.UnitOf(signed));
        Assert.False(signed.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority);
        var names = signed.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single();
        Assert.Equal(["kvm1.example.net"], names.EnumerateDnsNames());
        Assert.Equal(["192.0.2.7"], names.EnumerateIPAddresses().Select(a => a.ToString()));
        Assert.Equal(30, (signed.NotAfter.ToUniversalTime() - _now.UtcDateTime).TotalDays, 0.01);
        Assert.Null(PlatformCertificate.WhyRefused(signed, ca.Certificate, null, PlatformCertificate.Agent, _now));
    }

    [Fact]
    public void A_request_that_is_not_signed_with_its_own_key_is_refused()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var der = new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256).CreateSigningRequest();
        der[^1] ^= 1;
        Assert.False(SigningRequest.TryRead(PemEncoding.WriteString("CERTIFICATE REQUEST", der), out _, out var wrong));
        Assert.Contains("signed with its own key", wrong, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rsa")]
    [InlineData("p521")]
    public void A_key_of_another_kind_is_refused(string kind)
    {
        using var rsa = RSA.Create(2048);
        using var p521 = ECDsa.Create(ECCurve.NamedCurves.nistP521);
        var request = kind == "rsa" ? new CertificateRequest("CN=x", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1) : new CertificateRequest("CN=x", p521, HashAlgorithmName.SHA256);
        Assert.False(SigningRequest.TryRead(request.CreateSigningRequestPem(), out _, out var wrong));
        Assert.Contains("P-256", wrong, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----")]
    public void What_is_no_request_is_refused(string pem) => Assert.False(SigningRequest.TryRead(pem, out _, out _));

    [Fact]
    public void Serial_numbers_differ_and_have_one_spelling()
    {
        using var ca = Open();
        var serials = Enumerable.Range(0, 50).Select(_ => PlatformCertificate.Serial(Issue(ca, PlatformCertificate.Agent))).ToList();
        Assert.Equal(50, serials.Distinct().Count());
        Assert.All(serials, s => Assert.Equal(32, s.Length));
    }

    [Fact]
    public void Who_is_refused_is_told_why()
    {
        using var ca = Open();
        using var agent = Issue(ca, PlatformCertificate.Agent);
        using var other = CertificateAuthority.Open(Path.Combine(_directory, "other"), TimeProvider.System);
        using var foreign = Issue(other, PlatformCertificate.Agent);
        Refused("showed no certificate", null, PlatformCertificate.Agent);
        Refused("not from the platform's CA", foreign, PlatformCertificate.Agent);
        Refused("not of 'service'", agent, PlatformCertificate.Service);
        Refused("has expired", agent, PlatformCertificate.Agent, _now.AddDays(31));
        Refused("valid only from", agent, PlatformCertificate.Agent, _now.AddHours(-1));

        void Refused(string expected, X509Certificate2? certificate, string unit, DateTimeOffset? at = null) =>
            Assert.Contains(expected, PlatformCertificate.WhyRefused(certificate, ca.Certificate, null, unit, at ?? _now)!, StringComparison.Ordinal);
    }

    [Fact]
    public void The_list_of_revoked_certificates_counts_only_with_the_CAs_signature_and_only_for_its_time()
    {
        using var ca = Open();
        using var revoked = Issue(ca, PlatformCertificate.Agent);
        using var good = Issue(ca, PlatformCertificate.Agent);
        var pem = ca.SignRevoked([(PlatformCertificate.Serial(revoked), _now)]);
        var list = RevocationList.Read(pem, ca.Certificate);

        Assert.Equal("its certificate is revoked.", PlatformCertificate.WhyRefused(revoked, ca.Certificate, list, PlatformCertificate.Agent, _now));
        Assert.Null(PlatformCertificate.WhyRefused(good, ca.Certificate, list, PlatformCertificate.Agent, _now));
        Assert.Contains("out of date", PlatformCertificate.WhyRefused(good, ca.Certificate, list, PlatformCertificate.Agent, _now.AddDays(8))!, StringComparison.Ordinal);
        using var other = CertificateAuthority.Open(Path.Combine(_directory, "other"), TimeProvider.System);
        Assert.Throws<CryptographicException>(() => RevocationList.Read(pem, other.Certificate));
        Assert.Throws<CryptographicException>(() => RevocationList.Read("nothing", ca.Certificate));
        Assert.False(RevocationList.Read(ca.SignRevoked([]), ca.Certificate).Contains(good));
    }

    [Fact]
    public void An_agents_identity_survives_a_restart_and_is_renewed_while_it_is_used()
    {
        using var ca = Open();
        var state = Path.Combine(_directory, "agent");
        var facts = new AgentFacts { AgentId = AgentId.New(), Platform = new("https://hv.example.net"), Broker = new("amqps://rabbit.example.net/hv") };
        AgentIdentity.Save(state, facts, IssuePem(ca), ca.Pem);
        using var identity = AgentIdentity.Load(state, TimeProvider.System);
        var before = PlatformCertificate.Serial(identity.Certificate);

        identity.Renew(IssuePem(ca));
        using var peer = Issue(ca, PlatformCertificate.Service);
        Assert.Null(identity.WhyRefused(peer, PlatformCertificate.Service));
        identity.Take(ca.SignRevoked([(PlatformCertificate.Serial(peer), _now)]));

        Assert.NotEqual(before, PlatformCertificate.Serial(identity.Certificate));
        Assert.True(identity.Certificate.HasPrivateKey);
        using var restarted = AgentIdentity.Load(state, TimeProvider.System);
        Assert.Equal(PlatformCertificate.Serial(identity.Certificate), PlatformCertificate.Serial(restarted.Certificate));
        Assert.Equal(facts.AgentId, restarted.Facts.AgentId);
        Assert.Equal("its certificate is revoked.", restarted.WhyRefused(peer, PlatformCertificate.Service));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(identity.CertificateFile));
    }

    CertificateAuthority Open() => CertificateAuthority.Open(_directory, TimeProvider.System);

    static X509Certificate2 Issue(CertificateAuthority ca, string unit)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return ca.Sign(new PublicKey(key), unit, "someone", [], s_month);
    }

    static string IssuePem(CertificateAuthority ca)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = ca.Sign(new PublicKey(key), PlatformCertificate.Agent, "someone", ["localhost"], s_month);
        return $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n";
    }
}
