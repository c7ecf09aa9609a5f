using System.Text;

namespace HvPlatform.Hypervisors.HyperV.Cim.WsMan;

/// <summary>What HTTP's status and Content-Type mean for WS-Management.</summary>
internal static class WsManHttp
{
    public const string ContentType = "application/soap+xml;charset=UTF-8";

    /// <summary>Throws for a status that brings no envelope.</summary>
    public static void Judge(HttpAnswer answer, WsManOptions options)
    {
        switch (answer.Status)
        {
            case 401:
                var offered = answer.Challenges.Count == 0 ? "nothing" : string.Join(", ", answer.Challenges.Select(one => one.Split(' ')[0]).Distinct());
                throw new CimException(CimErrorKind.Authentication, $"{options.Address} does not accept the credentials for {options.Authentication} (HTTP 401); it offers {offered}.", 401);
            case 403:
                throw new CimException(CimErrorKind.AccessDenied, $"{options.Address} refuses access (HTTP 403): the account, or its certificate, may not use WS-Management there.", 403);
            case 429 or 503:
                throw new CimException(CimErrorKind.Busy, $"{options.Address} is too busy, or its WS-Management service is starting (HTTP {answer.Status}).", (uint)answer.Status);
            case 413:
                throw new CimException(CimErrorKind.TooLarge, $"{options.Address} does not take a request of this size (HTTP 413).", 413);
            case 404:
                throw new CimException(CimErrorKind.Failed, $"{options.Address} has no WS-Management service at this path (HTTP 404); it is usually /wsman.", 404);
            case not (200 or 400 or 500):
                throw new CimException(CimErrorKind.Failed, $"{options.Address} answered HTTP {answer.Status}, which WS-Management does not use. Is it the right address?", (uint)answer.Status);
        }

        if (answer.Body.Count == 0)
        {
            throw new CimException(CimErrorKind.Malformed, $"{options.Address} answered HTTP {answer.Status} without a body.", (uint)answer.Status);
        }
    }

    /// <summary>Throws unless the content is SOAP, and says in which encoding; null if the bytes themselves tell.</summary>
    public static Encoding? EncodingOf(string contentType, WsManOptions options)
    {
        var parts = contentType.Split(';', StringSplitOptions.TrimEntries);
        if (!parts[0].Equals("application/soap+xml", StringComparison.OrdinalIgnoreCase))
        {
            throw new CimException(CimErrorKind.Malformed, $"{options.Address} answered with '{Shorten(contentType)}', not with application/soap+xml. Is it a WS-Management service?");
        }

        var charset = parts.Skip(1).FirstOrDefault(part => part.StartsWith("charset=", StringComparison.OrdinalIgnoreCase))?["charset=".Length..].Trim('"');
        return charset?.ToUpperInvariant() switch
        {
            null or "" or "UTF-8" or "UTF8" or "US-ASCII" => null,
            "UTF-16" or "UTF-16LE" => new UnicodeEncoding(bigEndian: false, byteOrderMark: true, throwOnInvalidBytes: true),
            "UTF-16BE" => new UnicodeEncoding(bigEndian: true, byteOrderMark: true, throwOnInvalidBytes: true),
            _ => throw new CimException(CimErrorKind.Malformed, $"{options.Address} answered in the encoding '{Shorten(charset)}'; WS-Management uses UTF-8 or UTF-16."),
        };
    }

    private static string Shorten(string text) => text.Length > 80 ? text[..80] + "…" : text;
}
