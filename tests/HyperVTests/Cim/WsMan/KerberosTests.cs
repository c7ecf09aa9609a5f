using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Text;
using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.Hypervisors.HyperV.Cim.WsMan;
using Xunit;

namespace HvPlatform.HyperVTests.Cim.WsMan;

/// <summary>Kerberos against a KDC of the test's own, and a service that accepts and seals with the system's library.</summary>
public sealed class KerberosTests
{
    [Fact]
    public async Task Kerberos_SealsWhatItSendsOverHttp_AsWindowsWantsIt()
    {
        Assert.SkipWhen(KerberosRealm.Missing is not null, $"No Kerberos realm: {KerberosRealm.Missing}.");
        await using var realm = await KerberosRealm.StartAsync();
        foreach (var authentication in (WsManAuthentication[])[WsManAuthentication.Kerberos, WsManAuthentication.Negotiate])
        {
            using var service = new Service();
            await using var session = new WsManSession(new WsManOptions
            {
                Address = service.Address,
                Authentication = authentication,
                Credential = new NetworkCredential("operator", KerberosRealm.Password, KerberosRealm.Name),
            });
            for (var i = 0; i < 3; i++)
            {
                Assert.Equal("Microsoft Corporation", (await session.IdentifyAsync(default)).Vendor);
            }

            Assert.Equal($"operator@{KerberosRealm.Name}", service.User);
            Assert.Equal("Kerberos", session.AuthenticatedBy);
            Assert.Equal(3, service.Tokens.Count);
            Assert.All(service.Tokens, token => Assert.Equal(token.SignatureLength - 32, BinaryPrimitives.ReadUInt16BigEndian(token.Bytes.AsSpan(6))));
        }

        using var other = new Service();
        await using var wrong = new WsManSession(new WsManOptions
        {
            Address = other.Address,
            Authentication = WsManAuthentication.Kerberos,
            Credential = new NetworkCredential("operator", "wrong", KerberosRealm.Name),
        });
        Assert.Equal(CimErrorKind.Authentication, (await Assert.ThrowsAsync<CimException>(() => wrong.IdentifyAsync(default))).Kind);
        Assert.Empty(other.Tokens);
    }

    /// <summary>A service that takes Kerberos, opens what is sealed, and answers Identify sealed.</summary>
    private sealed class Service : IDisposable
    {
        private readonly HttpListener listener = new();
        private NegotiateAuthentication? context;

        public Service()
        {
            var address = new Uri($"http://localhost:{KerberosRealm.FreePort()}/");
            listener.Prefixes.Add(address.AbsoluteUri);
            listener.Start();
            Address = new Uri(address, "wsman");
            _ = ServeAsync();
        }

        public Uri Address { get; }

        public string? User { get; private set; }

        public List<(int SignatureLength, byte[] Bytes)> Tokens { get; } = [];

        public void Dispose()
        {
            listener.Close();
            context?.Dispose();
        }

        private async Task ServeAsync()
        {
            try
            {
                while (true)
                {
                    var request = await listener.GetContextAsync();
                    var body = new MemoryStream();
                    await request.Request.InputStream.CopyToAsync(body);
                    request.Response.StatusCode = 400;
                    try
                    {
                        await AnswerAsync(request, body.ToArray());
                    }
                    finally
                    {
                        request.Response.Close();
                    }
                }
            }
            catch (Exception error) when (error is HttpListenerException or ObjectDisposedException)
            {
            }
        }

        private async Task AnswerAsync(HttpListenerContext request, byte[] body)
        {
            if (request.Request.Headers["Authorization"]?.Split(' ') is ["Kerberos", var token])
            {
                context?.Dispose();
                context = new NegotiateAuthentication(new NegotiateAuthenticationServerOptions { Package = "Kerberos", RequiredProtectionLevel = ProtectionLevel.EncryptAndSign });
                var blob = context.GetOutgoingBlob(Convert.FromBase64String(token), out var status);
                request.Response.StatusCode = status is NegotiateAuthenticationStatusCode.Completed ? 200 : 401;
                request.Response.AddHeader("WWW-Authenticate", "Kerberos " + Convert.ToBase64String(blob ?? []));
                User = context.IsAuthenticated ? context.RemoteIdentity.Name : null;
                return;
            }

            var parts = Sealing.Parse(body) ?? throw new HttpListenerException(0, "not sealed");
            Tokens.Add((BinaryPrimitives.ReadInt32LittleEndian(body.AsSpan(parts.Offset - 4)), body.AsSpan(parts.Offset, parts.Length).ToArray()));
            var opened = context!.UnwrapInPlace(body.AsSpan(parts.Offset, parts.Length), out var start, out var length, out var wasEncrypted);
            if (opened is not NegotiateAuthenticationStatusCode.Completed || !wasEncrypted || !Encoding.UTF8.GetString(body, parts.Offset + start, length).Contains("Identify", StringComparison.Ordinal))
            {
                return;
            }

            var answer = Encoding.UTF8.GetBytes(Corpus.Text("identify-response"));
            var wrapped = new ArrayBufferWriter<byte>();
            context.Wrap(answer, wrapped, requestEncryption: true, out _);
            request.Response.StatusCode = 200;
            var framed = Sealing.Frame(Sealing.Kerberos, answer.Length, wrapped.WrittenSpan);
            request.Response.ContentType = Sealing.ContentType(Sealing.Kerberos);
            request.Response.ContentLength64 = framed.Length;
            await request.Response.OutputStream.WriteAsync(framed);
        }
    }
}
