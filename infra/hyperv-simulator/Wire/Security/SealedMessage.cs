using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace HvPlatform.HyperVSimulator.Wire.Security;

/// <summary>The <c>multipart/encrypted</c> body in which WinRM carries sealed messages over HTTP (MS-WSMV 2.2.9.1).</summary>
/// <param name="Token">Signature and enciphered text.</param>
/// <param name="PlainBytes">How long the text is said to be.</param>
/// <param name="Charset">The charset of the text, or null.</param>
/// <param name="Protocol">The protocol that the client named; the answer names the same.</param>
/// <param name="HasTabs">Whether the client indents the part's headers; the answer does as it does.</param>
internal sealed record SealedMessage(byte[] Token, int PlainBytes, string? Charset, string Protocol, bool HasTabs)
{
    private const string Boundary = "--Encrypted Boundary";
    private const string Spnego = "application/HTTP-SPNEGO-session-encrypted";

    /// <summary>The media type of the body.</summary>
    public string ContentType => $"multipart/encrypted;protocol=\"{Protocol}\";boundary=\"Encrypted Boundary\"";

    /// <summary>Whether a content type is that of a sealed message.</summary>
    public static bool Is(string? contentType) => contentType?.TrimStart().StartsWith("multipart/encrypted", StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>Reads a body; null if it is not in this form.</summary>
    public static SealedMessage? Parse(string contentType, ReadOnlySpan<byte> body)
    {
        var octets = "application/octet-stream\r\n"u8;
        var at = body.IndexOf(octets);
        if (at < 0)
        {
            return null;
        }

        var head = Encoding.ASCII.GetString(body[..at]);
        if (Number(head, "Length=") is not { } plain)
        {
            return null;
        }

        // The payload is binary and may hold anything: its end is looked for from the end of the body.
        var rest = body[(at + octets.Length)..];
        var end = rest.LastIndexOf("Encrypted Boundary--"u8);
        if (end < 2)
        {
            return null;
        }

        end -= rest[end - 1] == ' ' ? 3 : 2;
        if (end < 4 || !rest.Slice(end, 2).SequenceEqual("--"u8))
        {
            return null;
        }

        var signature = BinaryPrimitives.ReadInt32LittleEndian(rest);
        if (signature < 0 || signature > end - 4)
        {
            return null;
        }

        var charset = head.IndexOf("charset=utf-16", StringComparison.OrdinalIgnoreCase) >= 0 ? "utf-16" : null;
        var protocol = Quoted(contentType, "protocol=") ?? Spnego;
        return new SealedMessage(rest[4..end].ToArray(), plain, charset, protocol, head.Contains("\tContent-Type", StringComparison.Ordinal));
    }

    /// <summary>The body of an answer, in the form of this request.</summary>
    /// <param name="plainBytes">How long the text is.</param>
    /// <param name="token">Signature and enciphered text.</param>
    public byte[] Answer(int plainBytes, ReadOnlySpan<byte> token)
    {
        var tab = HasTabs ? "\t" : string.Empty;
        var head = Encoding.ASCII.GetBytes(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{Boundary}\r\n{tab}Content-Type: {Protocol}\r\n{tab}OriginalContent: type=application/soap+xml;charset=UTF-8;Length={plainBytes}\r\n{Boundary}\r\n{tab}Content-Type: application/octet-stream\r\n"));
        var tail = Encoding.ASCII.GetBytes($"{Boundary}--\r\n");
        var body = new byte[head.Length + 4 + token.Length + tail.Length];
        head.CopyTo(body, 0);
        BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(head.Length), token.Length - plainBytes);
        token.CopyTo(body.AsSpan(head.Length + 4));
        tail.CopyTo(body, head.Length + 4 + token.Length);
        return body;
    }

    private static int? Number(string text, string name)
    {
        var at = text.IndexOf(name, StringComparison.OrdinalIgnoreCase);
        if (at < 0)
        {
            return null;
        }

        var digits = text.AsSpan(at + name.Length);
        var count = 0;
        while (count < digits.Length && char.IsAsciiDigit(digits[count]))
        {
            count++;
        }

        return int.TryParse(digits[..count], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    private static string? Quoted(string text, string name)
    {
        var at = text.IndexOf(name, StringComparison.OrdinalIgnoreCase);
        if (at < 0)
        {
            return null;
        }

        var value = text[(at + name.Length)..].Split(';')[0].Trim().Trim('"');
        return value.Length is > 0 and < 200 && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '-' or '.' or '+') ? value : null;
    }
}
