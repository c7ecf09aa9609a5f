using System.Buffers;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication.ExtendedProtection;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace HvPlatform.Hypervisors.HyperV.Cim.WsMan;

/// <summary>
/// Exactly one TCP connection to a host, since Windows authenticates connections and not requests. When it is lost nothing silently opens another: the request that needed
/// it fails as not sent, and whoever owns this opens a new one. The server's certificate is always checked before anything is sent.
/// </summary>
internal sealed class HttpConnection : IDisposable
{
    private readonly WsManOptions options;
    private readonly HttpMessageInvoker invoker;
    private int connects;
    private bool established;
    private bool closed;
    private string? rejection;

    public HttpConnection(WsManOptions options)
    {
        this.options = options;
        var handler = new SocketsHttpHandler
        {
            MaxConnectionsPerServer = 1,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            PooledConnectionLifetime = Timeout.InfiniteTimeSpan,
            ConnectTimeout = options.ConnectTimeout,
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            AutomaticDecompression = DecompressionMethods.None,
            ResponseDrainTimeout = TimeSpan.Zero,
            ConnectCallback = ConnectAsync,
            PlaintextStreamFilter = (context, _) =>
            {
                Binding = (context.PlaintextStream as SslStream)?.TransportContext.GetChannelBinding(ChannelBindingKind.Endpoint);
                established = true;
                return ValueTask.FromResult(context.PlaintextStream);
            },
        };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, errors) => IsTrusted(certificate, errors);
        if (options.ClientCertificate is { } own)
        {
            handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => own;
        }

        invoker = new HttpMessageInvoker(handler);
    }

    /// <summary>The TLS connection's channel binding; null before it stands, and without TLS.</summary>
    public ChannelBinding? Binding { get; private set; }

    /// <summary>Whether another request can be sent.</summary>
    public bool IsUsable => !closed;

    /// <summary>Whether the last request was sent whole.</summary>
    public bool WasSent { get; private set; }

    /// <summary>Sends a request and reads the answer. Failures of the transport are <see cref="CimException"/>s; a status is not judged.</summary>
    public async Task<HttpAnswer> PostAsync(ReadOnlyMemory<byte> body, string contentType, string? authorization, CancellationToken cancellationToken)
    {
        WasSent = false;
        using var content = new OutgoingContent(body, () => WasSent = true);
        content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        using var request = new HttpRequestMessage(HttpMethod.Post, options.Address) { Content = content, Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.TryAddWithoutValidation("User-Agent", "HvPlatform");
        if (authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        // Anything that throws below leaves the connection in a state nobody knows.
        closed = true;
        try
        {
            using var response = await invoker.SendAsync(request, cancellationToken);
            var answer = await ReadAsync(response, cancellationToken);
            closed = response.Headers.ConnectionClose == true;
            return answer;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CimException(CimErrorKind.Unreachable, $"{options.Address} did not answer within {options.ConnectTimeout.TotalSeconds:0.#} s to open a connection.");
        }
        catch (Exception error) when (error is HttpRequestException or IOException or SocketException)
        {
            throw Translate(error);
        }
    }

    private CimException Translate(Exception error)
    {
        var cause = error.GetBaseException().Message;
        var what = (error as HttpRequestException)?.HttpRequestError ?? (error as HttpIOException)?.HttpRequestError;
        if (rejection is not null)
        {
            return new CimException(CimErrorKind.CertificateRejected, $"{options.Address}: {rejection} Check that it is the right host; then have the machine trust its issuer, or pin the certificate.", inner: error);
        }

        if (what is HttpRequestError.SecureConnectionError)
        {
            return new CimException(CimErrorKind.Unreachable, $"{options.Address}: no TLS connection could be made: {cause}", inner: error);
        }

        if (!established || !WasSent)
        {
            return new CimException(CimErrorKind.Unreachable, $"{options.Address} was not reached, or the connection broke before the request was sent: {cause}", inner: error);
        }

        return what is HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded
            ? new CimException(CimErrorKind.Malformed, $"{options.Address} did not answer with HTTP: {cause}", inner: error)
            : new CimException(CimErrorKind.ReplyLost, $"The connection to {options.Address} broke before the answer was here: {cause}", inner: error);
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref connects) > 1)
        {
            throw new IOException("the connection was closed by the host while it was not in use");
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private bool IsTrusted(X509Certificate? certificate, SslPolicyErrors errors)
    {
        if (certificate is null)
        {
            rejection = "the host showed no certificate.";
        }
        else if (options.PinnedCertificate is { } pin)
        {
            var actual = certificate.GetCertHashString(HashAlgorithmName.SHA256);
            rejection = actual.Equals(pin, StringComparison.OrdinalIgnoreCase) ? null : $"the certificate of '{certificate.Subject}' has the SHA-256 {actual}, not the pinned {pin.ToUpperInvariant()}.";
        }
        else if (errors is not SslPolicyErrors.None)
        {
            rejection = $"the certificate of '{certificate.Subject}', SHA-256 {certificate.GetCertHashString(HashAlgorithmName.SHA256)}, is not trusted ({errors}).";
        }

        return rejection is null;
    }

    private async Task<HttpAnswer> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentLength > options.MaxAnswerBytes)
        {
            throw TooLarge($"{response.Content.Headers.ContentLength} bytes");
        }

        var buffer = ArrayPool<byte>.Shared.Rent((int)(response.Content.Headers.ContentLength ?? 64 * 1024) + 1);
        var length = 0;
        try
        {
            using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            while (true)
            {
                if (length == buffer.Length)
                {
                    var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
                    buffer.AsSpan().CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }

                var read = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken);
                if (read == 0)
                {
                    break;
                }

                length += read;
                if (length > options.MaxAnswerBytes)
                {
                    throw TooLarge("more");
                }
            }

            var contentType = response.Content.Headers.NonValidated.TryGetValues("Content-Type", out var types) ? types.ToString() : string.Empty;
            var challenges = response.Headers.NonValidated.TryGetValues("WWW-Authenticate", out var values) ? values.ToArray() : [];
            return new HttpAnswer((int)response.StatusCode, contentType, challenges, new ArraySegment<byte>(buffer, 0, length));
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }
    }

    private CimException TooLarge(string size) => new(CimErrorKind.TooLarge, $"The answer of {options.Address} has {size}; at most {options.MaxAnswerBytes} are read.");

    public void Dispose()
    {
        closed = true;
        invoker.Dispose();
    }

    /// <summary>A body that tells when all of it was given to the connection.</summary>
    private sealed class OutgoingContent(ReadOnlyMemory<byte> body, Action sent) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.WriteAsync(body, cancellationToken);
            sent();
        }

        protected override bool TryComputeLength(out long length)
        {
            length = body.Length;
            return true;
        }
    }
}
