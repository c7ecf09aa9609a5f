using System.Security.Cryptography;
using System.Text;
using HvPlatform.HyperVSimulator.Control;
using HvPlatform.HyperVSimulator.Wire.Security;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace HvPlatform.HyperVSimulator.Wire;

/// <summary>HTTP around the service of one host: authentication, message encryption, and the faults that were asked for.</summary>
internal sealed class WsManHttp(string hostName, WsManService service, HyperVServerOptions options, WireFaults faults, TimeProvider clock)
{
    private const string Plain = "application/soap+xml;charset=UTF-8";
    private const string CertificateScheme = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual";
    private const int MaxBodyBytes = WsManRequest.DefaultMaxEnvelopeBytes + (16 * 1024);
    private static readonly object ConnectionKey = new();

    /// <summary>Answers one HTTP request.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        var request = context.Request;
        var path = request.Path.Value!.TrimEnd('/');
        if (!path.Equals("/wsman", StringComparison.OrdinalIgnoreCase))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        if (!HttpMethods.IsPost(request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            context.Response.Headers.Allow = "POST";
            return;
        }

        var body = await ReadBodyAsync(request, context.RequestAborted);
        var items = context.Features.Get<IConnectionItemsFeature>()!.Items;
        var connection = (Connection)(items.TryGetValue(ConnectionKey, out var known) ? known! : items[ConnectionKey] = new Connection());
        try
        {
            await AnswerAsync(context, connection, body);
        }
        catch (UnauthorizedAccessException)
        {
            connection.Forget();
            Challenge(context);
        }
    }

    private async Task AnswerAsync(HttpContext context, Connection connection, byte[]? body)
    {
        var request = context.Request;
        var isAnonymous = request.Headers.TryGetValue("WSMANIDENTIFY", out var identify) && identify.ToString().Equals("unauthenticated", StringComparison.OrdinalIgnoreCase);
        if (isAnonymous && body is not null && TryIdentify(body) is { } identity)
        {
            await WriteAsync(context, identity, sealing: null, connection);
            return;
        }

        if (!Authenticate(context, connection))
        {
            return;
        }

        if (body is null)
        {
            context.Response.Headers.Connection = "close";
            await WriteAsync(context, service.Fault(WsManFault.RequestTooLarge(), null), sealing: null, connection);
            return;
        }

        if (body.Length == 0)
        {
            // The empty POST of a handshake.
            context.Response.ContentLength = 0;
            return;
        }

        SealedMessage? sealing = null;
        var text = body;
        if (SealedMessage.Is(request.ContentType))
        {
            sealing = connection.Security is not null ? SealedMessage.Parse(request.ContentType!, body) : null;
            if (sealing is null)
            {
                throw new UnauthorizedAccessException("A sealed message without an authenticated connection, or not in the form of one.");
            }

            text = connection.Security!.Unwrap(sealing.Token);
        }
        else if (!request.IsHttps && !options.AllowUnencrypted)
        {
            // WinRM refuses messages in clear; a client that speaks Basic only sees nothing but this.
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            context.Response.ContentLength = 0;
            return;
        }
        else if (request.ContentType?.TrimStart().StartsWith("application/soap+xml", StringComparison.OrdinalIgnoreCase) != true)
        {
            context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return;
        }

        await ServeAsync(context, connection, text, sealing?.Charset ?? CharsetOf(request.ContentType), sealing);
    }

    private async Task ServeAsync(HttpContext context, Connection connection, byte[] text, string? charset, SealedMessage? sealing)
    {
        string? messageId = null;
        WsManReply reply;
        WireFault? fault = null;
        try
        {
            var request = WsManRequest.Read(text, charset, out messageId);
            fault = faults.Take(OperationOf(request), ClassOf(request));
            switch (fault?.Kind)
            {
                case WireFaultKind.DroppedConnection:
                    context.Abort();
                    return;
                case WireFaultKind.Unauthorized:
                    connection.Forget();
                    Challenge(context);
                    return;
                case WireFaultKind.Busy:
                    throw WsManFault.TooManyOperations();
                case WireFaultKind.Delay:
                    await DelayAsync(TimeSpan.FromSeconds(fault.DelaySeconds), request.OperationTimeout, context.RequestAborted);
                    break;
            }

            reply = service.Answer(request);
        }
        catch (WsManFault wrong)
        {
            reply = service.Fault(wrong, messageId);
        }

        switch (fault?.Kind)
        {
            case WireFaultKind.LostReply:
                context.Abort();
                return;
            case WireFaultKind.BrokenXml:
                reply = reply with { Body = Broken(reply.Body) };
                break;
        }

        await WriteAsync(context, reply, sealing, connection, isTruncated: fault?.Kind is WireFaultKind.TruncatedReply);
    }

    private async Task DelayAsync(TimeSpan delay, TimeSpan limit, CancellationToken cancellationToken)
    {
        await Task.Delay(delay < limit ? delay : limit, clock, cancellationToken);
        if (delay >= limit)
        {
            throw WsManFault.TimedOut();
        }
    }

    private static async Task WriteAsync(HttpContext context, WsManReply reply, SealedMessage? sealing, Connection connection, bool isTruncated = false)
    {
        var body = reply.Body;
        if (sealing is not null)
        {
            body = sealing.Answer(body.Length, connection.Security!.Wrap(body));
        }

        var response = context.Response;
        response.StatusCode = reply.Status;
        response.ContentType = sealing?.ContentType ?? Plain;
        response.ContentLength = body.Length;
        await response.Body.WriteAsync(isTruncated ? body.AsMemory(0, body.Length / 2) : body, context.RequestAborted);
        if (isTruncated)
        {
            await response.Body.FlushAsync(context.RequestAborted);
            context.Abort();
        }
    }

    /// <summary>Finds out who asks. False if the answer is already given: a challenge.</summary>
    private bool Authenticate(HttpContext context, Connection connection)
    {
        var authorization = context.Request.Headers.Authorization.ToString();
        if (authorization.Length == 0)
        {
            if (connection.IsAuthenticated)
            {
                return true;
            }

            Challenge(context);
            return false;
        }

        var space = authorization.IndexOf(' ', StringComparison.Ordinal);
        var scheme = space < 0 ? authorization : authorization[..space];
        var rest = space < 0 ? string.Empty : authorization[(space + 1)..].Trim();
        if (scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase) && OffersBasic(context))
        {
            CheckBasic(rest);
            return true;
        }

        if (authorization.Trim() == CertificateScheme)
        {
            CheckCertificate(context);
            return true;
        }

        if (options.Ntlm && (scheme.Equals("Negotiate", StringComparison.OrdinalIgnoreCase) || scheme.Equals("NTLM", StringComparison.OrdinalIgnoreCase)))
        {
            return Negotiate(context, connection, scheme, rest);
        }

        throw new UnauthorizedAccessException($"The scheme {scheme} is not offered.");
    }

    private bool Negotiate(HttpContext context, Connection connection, string scheme, string text)
    {
        byte[] token;
        try
        {
            token = Convert.FromBase64String(text);
        }
        catch (FormatException error)
        {
            throw new UnauthorizedAccessException("The token is no base64.", error);
        }

        var isRaw = token.AsSpan().StartsWith("NTLMSSP\0"u8);
        if (isRaw ? token.Length > 8 && token[8] == 1 : token.Length > 0 && token[0] == 0x60)
        {
            connection.Forget();
            var ntlm = new NtlmContext(user => options.Users.FirstOrDefault(pair => pair.Key.Equals(user, StringComparison.OrdinalIgnoreCase)).Value, hostName, clock);
            connection.Security = isRaw ? ntlm : new SpnegoContext(ntlm);
        }

        if (connection.Security is null)
        {
            throw new UnauthorizedAccessException("The handshake does not begin at its beginning.");
        }

        var answer = connection.Security.Accept(token, out var isEstablished);
        connection.IsAuthenticated = isEstablished;
        if (answer is not null)
        {
            context.Response.Headers.WWWAuthenticate = $"{scheme} {Convert.ToBase64String(answer)}";
        }

        if (!isEstablished)
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            context.Response.ContentLength = 0;
        }

        return isEstablished;
    }

    private void CheckBasic(string text)
    {
        string[] parts;
        try
        {
            parts = Encoding.UTF8.GetString(Convert.FromBase64String(text)).Split(':', 2);
        }
        catch (FormatException error)
        {
            throw new UnauthorizedAccessException("The credentials are no base64.", error);
        }

        var user = parts[0][(parts[0].IndexOf('\\', StringComparison.Ordinal) + 1)..];
        var password = options.Users.FirstOrDefault(pair => pair.Key.Equals(user, StringComparison.OrdinalIgnoreCase)).Value;
        if (parts.Length < 2 || password is null || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(password), Encoding.UTF8.GetBytes(parts[1])))
        {
            throw new UnauthorizedAccessException("User or password is wrong.");
        }
    }

    private void CheckCertificate(HttpContext context)
    {
        var thumbprint = context.Features.Get<ITlsConnectionFeature>()?.ClientCertificate?.GetCertHashString(HashAlgorithmName.SHA256);
        if (thumbprint is null || !options.ClientCertificates.Keys.Any(known => known.Equals(thumbprint, StringComparison.OrdinalIgnoreCase)))
        {
            throw new UnauthorizedAccessException("There is no client certificate, or it is not mapped to a user.");
        }
    }

    private bool OffersBasic(HttpContext context) => options.Basic && (context.Request.IsHttps || options.AllowUnencrypted);

    /// <summary>401 with one header for each scheme.</summary>
    private void Challenge(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        context.Response.ContentLength = 0;
        var schemes = new List<string>();
        if (options.Ntlm)
        {
            schemes.Add("Negotiate");
        }

        if (OffersBasic(context))
        {
            schemes.Add("Basic realm=\"WSMAN\"");
        }

        context.Response.Headers.WWWAuthenticate = schemes.ToArray();
    }

    private WsManReply? TryIdentify(byte[] body)
    {
        try
        {
            return WsManRequest.Read(body, null, out _) is { IsIdentify: true } request ? service.Answer(request, isAuthenticated: false) : null;
        }
        catch (WsManFault)
        {
            return null;
        }
    }

    /// <summary>The body, or null if it is larger than the service takes.</summary>
    private static async Task<byte[]?> ReadBodyAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (request.ContentLength is > MaxBodyBytes)
        {
            return null;
        }

        using var body = new MemoryStream((int)(request.ContentLength ?? 4096));
        var chunk = new byte[16 * 1024];
        int read;
        while ((read = await request.Body.ReadAsync(chunk, cancellationToken)) > 0)
        {
            if (body.Length + read > MaxBodyBytes)
            {
                return null;
            }

            body.Write(chunk, 0, read);
        }

        return body.ToArray();
    }

    private static string OperationOf(WsManRequest request) => request switch
    {
        { IsIdentify: true } => "Identify",
        _ => WsManService.MethodOf(request) ?? request.Action[(request.Action.LastIndexOf('/') + 1)..],
    };

    /// <summary>The class a request is about: of a query the one it names.</summary>
    private static string? ClassOf(WsManRequest request)
    {
        if (request.Resource is not { ClassName: "*" } resource)
        {
            return request.Resource?.ClassName;
        }

        var filter = request.Body.Child(WsManNames.Enumeration, "Enumerate")?.Child(WsManNames.WsMan, "Filter")?.Text;
        try
        {
            var query = filter is null ? null : Hypervisors.HyperV.Cim.WqlQuery.Parse(filter.Trim(), resource.Namespace);
            return query?.ClassName ?? query?.ResultClass ?? query?.AssociationClass;
        }
        catch (Hypervisors.HyperV.Cim.CimException)
        {
            return null;
        }
    }

    private static string? CharsetOf(string? contentType)
    {
        var at = contentType?.IndexOf("charset=", StringComparison.OrdinalIgnoreCase) ?? -1;
        return at < 0 ? null : contentType![(at + 8)..].Split(';')[0].Trim().Trim('"');
    }

    /// <summary>The answer with its last end tag cut open: no parser takes it.</summary>
    private static byte[] Broken(byte[] body)
    {
        var broken = (byte[])body.Clone();
        broken.AsSpan(broken.Length - 12).Fill((byte)'<');
        return broken;
    }

    private sealed class Connection
    {
        public ISecurityContext? Security { get; set; }

        public bool IsAuthenticated { get; set; }

        public void Forget()
        {
            Security = null;
            IsAuthenticated = false;
        }
    }
}
