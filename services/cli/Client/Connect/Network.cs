using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace HvPlatform.Cli.Client.Connect;

/// <summary>The way to the platform.</summary>
internal static class Network
{
    public static HttpMessageHandler Open(Connection connection)
    {
        // Proxies of the environment are for the outside; asking them costs start-up time on this machine.
        var handler = new SocketsHttpHandler { UseProxy = !connection.Url.IsLoopback, UseCookies = false };
        if (connection.CaFile is { } file)
        {
            var authorities = new X509Certificate2Collection();
            try
            {
                authorities.ImportFromPemFile(file);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
            {
                throw new CliException($"The certificate authority of {connection.UrlFrom} cannot be read: {e.Message}", ExitCodes.Usage, e);
            }

            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.AddRange(authorities);
            handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
        }

        return handler;
    }
}
