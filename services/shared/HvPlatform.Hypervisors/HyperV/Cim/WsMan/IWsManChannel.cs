using System.Buffers;
using System.Text;

namespace HvPlatform.Hypervisors.HyperV.Cim.WsMan;

/// <summary>
/// Carries one SOAP envelope to the host and its answer back over one connection that is authenticated and, over plain HTTP, encrypted. One request at a time; the
/// session above has several. Throws only <see cref="CimException"/> (what the transport can know: unreachable, reply lost, certificate, authentication,
/// too large, malformed) and <see cref="OperationCanceledException"/>. After any exception the channel is not used again.
/// </summary>
internal interface IWsManChannel : IDisposable
{
    /// <summary>Whether a further request can be sent.</summary>
    bool IsUsable { get; }

    /// <summary>Whether the request of the last call was sent whole: if so, the host may have carried it out although the call failed.</summary>
    bool WasSent { get; }

    /// <summary>What the host was convinced by: <c>Kerberos</c>, <c>NTLM</c>, <c>Basic</c> or <c>Certificate</c>; null before it was.</summary>
    string? AuthenticatedBy { get; }

    /// <summary>
    /// Sends an envelope and reads the whole answer, at most the options' <see cref="WsManOptions.MaxAnswerBytes"/>. HTTP 500 is an answer (a fault); 401 is an exception.
    /// </summary>
    Task<WsManAnswer> PostAsync(ReadOnlyMemory<byte> envelope, CancellationToken cancellationToken);
}

/// <summary>An answer's envelope, decrypted. Its buffer goes back to the pool when it is disposed of.</summary>
/// <param name="body">The bytes, in a buffer of the shared pool.</param>
/// <param name="encoding">The encoding that HTTP names; null to find it out from the bytes.</param>
internal sealed class WsManAnswer(ArraySegment<byte> body, Encoding? encoding) : IDisposable
{
    private byte[]? buffer = body.Array;

    /// <summary>The envelope.</summary>
    public ArraySegment<byte> Body => body;

    /// <summary>The encoding that HTTP names; null to find it out from the bytes.</summary>
    public Encoding? Encoding => encoding;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref buffer, null) is { Length: > 0 } rented)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
