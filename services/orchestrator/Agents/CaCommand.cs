using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using HvPlatform.ServiceKit;
using HvPlatform.ServiceKit.Tls;

namespace HvPlatform.Orchestrator.Agents;

/// <summary>
/// <c>orchestrator ca issue</c>: certificates of the platform's CA for what does not join: the broker, the platform's services, clients of agents' gRPC. It works on the
/// CA's directory, so only who may read that can do it, and also before the orchestrator runs for the first time.
/// </summary>
internal static partial class CaCommand
{
    public const string Usage = "Usage: orchestrator ca issue --directory CA-DIR --name NAME --out DIR [--host NAME-OR-ADDRESS]… [--days 365]";
    const int MaxDays = 3650;

    /// <summary>Returns the exit code.</summary>
    public static int Run(string[] args, TimeProvider time, TextWriter output, TextWriter error)
    {
        try
        {
            if (args is not ["issue", .. var options])
            {
                throw new HvStartupException("The command line cannot be used", string.Join(' ', args), "it is none of this command's.", Usage);
            }

            Issue(options, time, output);
            return 0;
        }
        catch (HvStartupException e)
        {
            error.WriteLine(e.Message);
            return 1;
        }
    }

    static void Issue(string[] args, TimeProvider time, TextWriter output)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var hosts = new List<string>();
        for (var i = 0; i < args.Length; i += 2)
        {
            if (args[i] is not ("--directory" or "--name" or "--out" or "--host" or "--days") || i + 1 == args.Length)
            {
                throw Wrong(args[i], "it is not known, or its value is missing.");
            }

            if (args[i] != "--host")
            {
                values[args[i]] = args[i + 1];
            }
            else if (HostNames.TryNormalize(args[i + 1], out var host))
            {
                hosts.Add(host);
            }
            else
            {
                throw Wrong("--host", $"it {HostNames.Rule}.");
            }
        }

        string Value(string option) => values.GetValueOrDefault(option) ?? throw Wrong(option, "it is missing.");
        var name = Value("--name");
        if (!ServiceName().IsMatch(name) || Guid.TryParse(name, out _))
        {
            throw Wrong("--name", "it has to be letters, digits, '.' and '-', and no UUID: those are agents.");
        }

        if (!int.TryParse(values.GetValueOrDefault("--days", "365"), NumberStyles.None, CultureInfo.InvariantCulture, out var days) || days is < 1 or > MaxDays)
        {
            throw Wrong("--days", $"it has to be 1 to {MaxDays}.");
        }

        using var ca = CertificateAuthority.Open(Value("--directory"), time);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = ca.Sign(new PublicKey(key), PlatformCertificate.Service, name, hosts, TimeSpan.FromDays(days));
        var directory = Value("--out");
        try
        {
            Directory.CreateDirectory(directory);
            PrivateFile.Write(Path.Combine(directory, $"{name}.key"), $"{key.ExportPkcs8PrivateKeyPem()}\n");
            File.WriteAllText(Path.Combine(directory, $"{name}.pem"), $"{certificate.ExportCertificatePem()}\n");
            File.WriteAllText(Path.Combine(directory, "ca.pem"), ca.Pem);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HvStartupException("The certificate cannot be kept", directory, $"{e.Message.TrimEnd('.')}.", "Name a directory that can be written to.", e);
        }

        output.WriteLine($"{Path.Combine(directory, name)}.pem and .key: {name}, valid until {certificate.NotAfter.ToUniversalTime():u}. The CA's fingerprint is {PlatformCertificate.Fingerprint(ca.Certificate)}.");
    }

    static HvStartupException Wrong(string what, string why) => new("The command line cannot be used", what, why, Usage);

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9.-]{0,62}$", RegexOptions.CultureInvariant)]
    private static partial Regex ServiceName();
}
