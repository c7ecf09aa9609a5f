using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Net.Security;
using System.Text;

namespace HvPlatform.Hypervisors.HyperV.Cim.WsMan;

/// <summary>
/// Message encryption over HTTP (MS-WSMV 2.2.9.1): an envelope sealed by the authentication's session key in a body of two parts, the second of which is
/// <c>uint32 signature length, signature, sealed bytes</c>.
/// </summary>
internal static class Sealing
{
    public const string Spnego = "application/HTTP-SPNEGO-session-encrypted";
    public const string Kerberos = "application/HTTP-Kerberos-session-encrypted";

    private const string Boundary = "Encrypted Boundary";

    /// <summary>The Content-Type of a sealed body.</summary>
    public static string ContentType(string protocol) => $"multipart/encrypted;protocol=\"{protocol}\";boundary=\"{Boundary}\"";

    /// <summary>Seals an envelope.</summary>
    public static ReadOnlyMemory<byte> Seal(NegotiateAuthentication context, string protocol, ReadOnlySpan<byte> plain)
    {
        var wrapped = new ArrayBufferWriter<byte>(plain.Length + 128);
        var status = context.Wrap(plain, wrapped, requestEncryption: true, out var isEncrypted);
        if (status is not NegotiateAuthenticationStatusCode.Completed || !isEncrypted)
        {
            throw new CimException(CimErrorKind.Authentication, $"The authentication gives no message encryption ({status}), without which nothing is sent over HTTP.");
        }

        var token = wrapped.WrittenSpan.ToArray();
        Rotate(token, plain.Length);
        return Frame(protocol, plain.Length, token);
    }

    /// <summary>A body around a wrapped token.</summary>
    internal static byte[] Frame(string protocol, int plainLength, ReadOnlySpan<byte> token)
    {
        var head = Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"--{Boundary}\r\n\tContent-Type: {protocol}\r\n\tOriginalContent: type={WsManHttp.ContentType};Length={plainLength}\r\n--{Boundary}\r\n\tContent-Type: application/octet-stream\r\n"));
        ReadOnlySpan<byte> tail = "--Encrypted Boundary--\r\n"u8;
        var body = new byte[head.Length + 4 + token.Length + tail.Length];
        head.CopyTo(body, 0);
        BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(head.Length), token.Length - plainLength);
        token.CopyTo(body.AsSpan(head.Length + 4));
        tail.CopyTo(body.AsSpan(head.Length + 4 + token.Length));
        return body;
    }

    /// <summary>
    /// Opens a sealed answer, in its own buffer. One that is not sealed, or not by this session's key, is <see cref="CimErrorKind.ReplyLost"/>: somebody else may have written
    /// it, and what the host did is not known.
    /// </summary>
    public static (ArraySegment<byte> Plain, string ContentType) Open(NegotiateAuthentication context, HttpAnswer answer, WsManOptions options)
    {
        if (!answer.MediaType.Equals("multipart/encrypted", StringComparison.OrdinalIgnoreCase))
        {
            throw Lost($"the content '{(answer.ContentType.Length > 80 ? answer.ContentType[..80] : answer.ContentType)}' is not encrypted");
        }

        var body = answer.Body.AsSpan();
        if (Parse(body) is not { } parts)
        {
            throw Lost("it does not have the parts of an encrypted message");
        }

        var status = context.UnwrapInPlace(body.Slice(parts.Offset, parts.Length), out var start, out var length, out var wasEncrypted);
        if (status is not NegotiateAuthenticationStatusCode.Completed || !wasEncrypted)
        {
            throw Lost($"it was not encrypted with this session's key ({status})");
        }

        // Some services pad the text: Length says how much of it is meant.
        var plain = new ArraySegment<byte>(answer.Body.Array!, answer.Body.Offset + parts.Offset + start, parts.PlainLength < length ? parts.PlainLength : length);
        return (plain, parts.ContentType);

        CimException Lost(string why) => new(
            CimErrorKind.ReplyLost,
            $"{options.Address} was sent an encrypted request, and the answer (HTTP {answer.Status}) is not the host's for certain: {why}. Whether the request was carried out is not known.",
            (uint)answer.Status);
    }

    /// <summary>Where the token is in a body, how long the text is, and of which type; null if it is no such body.</summary>
    internal static (int Offset, int Length, int PlainLength, string ContentType)? Parse(ReadOnlySpan<byte> body)
    {
        ReadOnlySpan<byte> lastHeader = "application/octet-stream\r\n"u8;
        var headEnd = body.IndexOf(lastHeader);
        if (headEnd is < 0 or > 2048)
        {
            return null;
        }

        var head = Encoding.ASCII.GetString(body[..headEnd]);
        var typeAt = head.IndexOf("type=", StringComparison.OrdinalIgnoreCase);
        var lengthAt = head.IndexOf("Length=", StringComparison.OrdinalIgnoreCase);
        if (typeAt < 0 || lengthAt < typeAt)
        {
            return null;
        }

        var digits = head.AsSpan(lengthAt + "Length=".Length);
        var count = 0;
        while (count < digits.Length && char.IsAsciiDigit(digits[count]))
        {
            count++;
        }

        // The token is binary and may hold anything, so its end is looked for from the end of the body; some hosts write "-- Encrypted Boundary".
        var start = headEnd + lastHeader.Length;
        var rest = body[start..];
        var end = rest.LastIndexOf("Encrypted Boundary--"u8);
        end = end > 0 && rest[end - 1] == (byte)' ' ? end - 3 : end - 2;
        if (!int.TryParse(digits[..count], NumberStyles.None, CultureInfo.InvariantCulture, out var plainLength) || end < 4 || rest[end] != (byte)'-' || rest[end + 1] != (byte)'-')
        {
            return null;
        }

        var signature = BinaryPrimitives.ReadInt32LittleEndian(rest);
        return signature >= 0 && signature <= end - 4 ? (start + 4, end - 4, plainLength, head[(typeAt + "type=".Length)..lengthAt].TrimEnd(';', ' ')) : null;
    }

    /// <summary>
    /// Kerberos on other systems than Windows writes the sealed text before its trailer (RFC 4121 with RRC 0). Receivers that split signature and text want all but the text
    /// in front: the body is rotated right, and RRC, which no checksum covers, says by how much.
    /// </summary>
    private static void Rotate(Span<byte> token, int plainLength)
    {
        const int Header = 16;
        if (token.Length < plainLength + (2 * Header) || token[0] != 5 || token[1] != 4 || (token[2] & 2) == 0 || BinaryPrimitives.ReadInt32BigEndian(token[4..]) != 0)
        {
            return;
        }

        var body = token[Header..];
        var by = token.Length - plainLength - (2 * Header);
        var copy = body.ToArray();
        copy.AsSpan(copy.Length - by).CopyTo(body);
        copy.AsSpan(0, copy.Length - by).CopyTo(body[by..]);
        BinaryPrimitives.WriteUInt16BigEndian(token[6..], (ushort)by);
    }
}
