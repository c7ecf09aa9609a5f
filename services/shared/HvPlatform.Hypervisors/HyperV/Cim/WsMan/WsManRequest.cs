namespace HvPlatform.Hypervisors.HyperV.Cim.WsMan;

/// <summary>A request as it goes onto the wire.</summary>
/// <param name="MessageId">Its id, which the answer relates to; null for Identify, which has none.</param>
/// <param name="Envelope">The envelope in UTF-8.</param>
/// <param name="What">What it asks, for messages.</param>
internal sealed record WsManRequest(string? MessageId, ReadOnlyMemory<byte> Envelope, string What);
