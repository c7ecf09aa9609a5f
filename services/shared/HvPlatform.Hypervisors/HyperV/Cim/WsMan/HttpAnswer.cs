using System.Buffers;

namespace HvPlatform.Hypervisors.HyperV.Cim.WsMan;

/// <summary>What HTTP brought back, before it is known whether it is an envelope. <see cref="Body"/> is in a buffer of the shared pool.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="ContentType">The Content-Type header as it was, or empty.</param>
/// <param name="Challenges">The values of WWW-Authenticate.</param>
/// <param name="Body">The content.</param>
internal sealed record HttpAnswer(int Status, string ContentType, IReadOnlyList<string> Challenges, ArraySegment<byte> Body) : IDisposable
{
    /// <summary>The Content-Type without its parameters.</summary>
    public string MediaType => ContentType.Split(';')[0].Trim();

    /// <summary>The token of a scheme's challenge; null if there is none, or it has no token.</summary>
    public byte[]? Token(string scheme)
    {
        foreach (var challenge in Challenges)
        {
            if (challenge.StartsWith(scheme + " ", StringComparison.OrdinalIgnoreCase))
            {
                var text = challenge[(scheme.Length + 1)..].Trim();
                var token = new byte[text.Length];
                return Convert.TryFromBase64String(text, token, out var length) ? token[..length] : null;
            }
        }

        return null;
    }

    public void Dispose()
    {
        if (Body.Array is { Length: > 0 } rented)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
