using System.Security.Cryptography.X509Certificates;
using HvPlatform.Orchestrator.Agents;
using HvPlatform.ServiceKit.Tls;
using Xunit;

namespace HvPlatform.UnitTests.Tls;

public sealed class CaCommandTests : IDisposable
{
    readonly string _directory = Directory.CreateTempSubdirectory("hv-ca-command-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void It_makes_a_services_certificate_with_its_key()
    {
        var output = new StringWriter();
        Assert.Equal(0, Run(output, TextWriter.Null, "issue", "--directory", In("ca"), "--name", "rabbitmq", "--host", "Rabbit.example.net", "--host", "192.0.2.1", "--out", In("tls"), "--days", "10"));
        using var certificate = X509Certificate2.CreateFromPemFile(In("tls/rabbitmq.pem"), In("tls/rabbitmq.key"));
        using var ca = X509CertificateLoader.LoadCertificateFromFile(In("tls/ca.pem"));
        Assert.Null(PlatformCertificate.WhyRefused(certificate, ca, null, PlatformCertificate.Service, TimeProvider.System.GetUtcNow()));
        Assert.Equal("rabbitmq", PlatformCertificate.NameOf(certificate));
        Assert.True(certificate.MatchesHostname("rabbit.example.net") && certificate.MatchesHostname("192.0.2.1"));
        Assert.Contains(PlatformCertificate.Fingerprint(ca), output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--name", "0197a2b4-5c6d-7e8f-9a0b-1c2d3e4f5a6b", "those are agents")]
    [InlineData("--name", "../key", "letters, digits")]
    [InlineData("--host", "not a name", "DNS name")]
    [InlineData("--days", "0", "1 to 3650")]
    [InlineData("--colour", "blue", "not known")]
    public void What_it_cannot_do_it_says_and_makes_nothing(string option, string value, string expected)
    {
        var error = new StringWriter();
        string[] name = option == "--name" ? [] : ["--name", "rabbitmq"];
        Assert.Equal(1, Run(TextWriter.Null, error, ["issue", "--directory", In("ca"), "--out", In("tls"), .. name, option, value]));
        Assert.Contains(expected, error.ToString(), StringComparison.Ordinal);
        Assert.False(Directory.Exists(In("tls")));
    }

    static int Run(TextWriter output, TextWriter error, params string[] args) => CaCommand.Run(args, TimeProvider.System, output, error);

    string In(string name) => Path.Combine(_directory, name);
}
