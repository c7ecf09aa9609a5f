namespace HvPlatform.HyperVSimulator.Wire.Security;

/// <summary>The accepting side of one authentication, and the sealing of messages after it. Of one connection; not for several threads.</summary>
internal interface ISecurityContext
{
    /// <summary>Who it is, once established.</summary>
    string User { get; }

    /// <summary>
    /// Takes a token of the client. The answer goes back with it, null if there is none. <see cref="UnauthorizedAccessException"/> if the client is not who it says or
    /// sent no such token.
    /// </summary>
    byte[]? Accept(byte[] token, out bool isEstablished);

    /// <summary>Seals a message: signature, then the enciphered text.</summary>
    byte[] Wrap(ReadOnlySpan<byte> message);

    /// <summary>Opens a sealed message. <see cref="UnauthorizedAccessException"/> if its signature is wrong.</summary>
    byte[] Unwrap(ReadOnlySpan<byte> token);
}
