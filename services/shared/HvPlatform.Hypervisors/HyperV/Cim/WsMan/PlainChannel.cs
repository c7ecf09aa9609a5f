namespace HvPlatform.Hypervisors.HyperV.Cim.WsMan;

/// <summary>Sends envelopes as they are, with the same Authorization header each time: Basic, or a client certificate's profile.</summary>
internal sealed class PlainChannel(WsManOptions options, string authorization) : IWsManChannel
{
    private readonly HttpConnection connection = new(options);

    /// <inheritdoc/>
    public bool IsUsable => connection.IsUsable;

    /// <inheritdoc/>
    public bool WasSent => connection.WasSent;

    /// <inheritdoc/>
    public string? AuthenticatedBy { get; private set; }

    /// <inheritdoc/>
    public async Task<WsManAnswer> PostAsync(ReadOnlyMemory<byte> envelope, CancellationToken cancellationToken)
    {
        var answer = await connection.PostAsync(envelope, WsManHttp.ContentType, authorization, cancellationToken);
        try
        {
            WsManHttp.Judge(answer, options);
            AuthenticatedBy = options.Authentication.ToString();
            return new WsManAnswer(answer.Body, WsManHttp.EncodingOf(answer.ContentType, options));
        }
        catch
        {
            answer.Dispose();
            throw;
        }
    }

    public void Dispose() => connection.Dispose();
}
