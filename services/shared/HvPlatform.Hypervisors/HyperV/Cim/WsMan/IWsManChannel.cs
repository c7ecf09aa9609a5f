namespace HvPlatform.Hypervisors.HyperV.Cim.WsMan;

/// <summary>
/// Carries one SOAP envelope to the host and its answer back over one connection that is authenticated and, over plain HTTP, encrypted. One request at a time; the
/// session above has several. Throws only <see cref="CimException"/> (what the transport can know: unreachable, reply lost, certificate, authentication, timeout,
/// too large) and <see cref="OperationCanceledException"/>. After any exception the channel is not used again.
/// </summary>
internal interface IWsManChannel : IAsyncDisposable
{
    /// <summary>Sends an envelope and reads the whole answer, at most the options' <see cref="WsManOptions.MaxAnswerBytes"/>. HTTP 500 is an answer (a fault); 401 is an exception.</summary>
    Task<WsManAnswer> PostAsync(ReadOnlyMemory<byte> envelope, TimeSpan timeout, CancellationToken cancellationToken);
}

/// <summary>What came back: the HTTP status, the media type of the (decrypted) answer and its bytes.</summary>
internal sealed record WsManAnswer(int StatusCode, string? MediaType, ReadOnlyMemory<byte> Body);
