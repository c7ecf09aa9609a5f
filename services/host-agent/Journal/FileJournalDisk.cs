using HvPlatform.Contracts;

namespace HvPlatform.HostAgent.Journal;

/// <summary>A file per host, and a lock file beside it.</summary>
sealed class FileJournalDisk : IJournalDisk
{
    readonly FileStream _lock;
    JournalFile? _file;
    long _wholeBytes;

    FileJournalDisk(string path, FileStream fileLock) => (Name, _lock) = (path, fileLock);

    public string Name { get; }

    public long Length => _file?.Length ?? _wholeBytes;

    /// <summary>Opens or makes the host's file, and holds it.</summary>
    public static FileJournalDisk Open(string directory, HostId host)
    {
        Directory.CreateDirectory(directory);
        var path = Path.Combine(directory, $"{host}.journal");
        try
        {
            return new FileJournalDisk(path, new FileStream(path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException e) when (File.Exists(path + ".lock"))
        {
            throw new JournalDamagedException(path, $"another agent is using it ({e.Message}). Stop that one, or give this one another --journal directory.");
        }
    }

    public IReadOnlyList<ReadOnlyMemory<byte>> Read()
    {
        var (payloads, wholeBytes) = JournalFile.Read(Name);
        _wholeBytes = wholeBytes;
        return payloads;
    }

    public void Append(ReadOnlySpan<byte> payload) => (_file ??= JournalFile.OpenAfter(Name, _wholeBytes)).Append(payload);

    public void Replace(IEnumerable<byte[]> payloads)
    {
        _file?.Dispose();
        _file = null;
        var fresh = Name + ".new";
        File.Delete(fresh);
        using (var file = JournalFile.OpenAfter(fresh, 0))
        {
            foreach (var payload in payloads)
            {
                file.Append(payload);
            }
        }

        File.Move(fresh, Name, overwrite: true);
        JournalFile.SyncDirectory(Path.GetDirectoryName(Name)!);
        _wholeBytes = new FileInfo(Name).Length;
        _file = JournalFile.OpenAfter(Name, _wholeBytes);
    }

    public void Dispose()
    {
        _file?.Dispose();
        _lock.Dispose();
    }
}
