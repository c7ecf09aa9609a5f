namespace HvPlatform.HostAgent.Journal;

/// <summary>
/// What one host's journal is kept on, held against a second agent until it is disposed. Every payload is whole or not there; what an incomplete write left
/// behind is cut off.
/// </summary>
interface IJournalDisk : IDisposable
{
    /// <summary>Where it is, for messages to people.</summary>
    string Name { get; }

    long Length { get; }

    /// <summary>All payloads in order. Throws <see cref="JournalDamagedException"/> if one that was once durable cannot be read.</summary>
    IReadOnlyList<ReadOnlyMemory<byte>> Read();

    /// <summary>Returns when the payload is durable. Throws <see cref="IOException"/> if the disk refused; it then takes nothing more from this holder.</summary>
    void Append(ReadOnlySpan<byte> payload);

    /// <summary>Puts these in the place of all there is, at once or not at all.</summary>
    void Replace(IEnumerable<byte[]> payloads);
}
