using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace HvPlatform.HostAgent.Journal;

/// <summary>
/// The file beneath the journal: frames of magic (4 bytes), length (4), CRC-32C of length and payload (4), payload. One frame is one fsync: the next is only written when
/// the one before is on disk. So after a crash only the last frame can be incomplete, and it is cut off; an invalid frame with a valid
/// one after it was once on disk and is damage, which is an error for a person, never guessed around.
/// </summary>
sealed class JournalFile : IDisposable
{
    public const int HeaderBytes = 12;
    public const int MaxPayloadBytes = 64 * 1024 * 1024;

    static ReadOnlySpan<byte> Magic => [0x48, 0x56, 0x4a, 0x01];

    readonly FileStream _stream;

    internal JournalFile(FileStream stream, long wholeBytes) => (_stream, Length) = (stream, wholeBytes);

    /// <summary>Bytes of whole frames.</summary>
    public long Length { get; private set; }

    /// <summary>Opens for appending after the whole frames; what a crash left behind them is cut off.</summary>
    public static JournalFile OpenAfter(string path, long wholeBytes)
    {
        var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, bufferSize: 0);
        if (stream.Length != wholeBytes)
        {
            stream.SetLength(wholeBytes);
            stream.Flush(flushToDisk: true);
        }

        stream.Position = wholeBytes;
        return new JournalFile(stream, wholeBytes);
    }

    /// <summary>The payloads of all whole frames, and how many bytes they are. Throws <see cref="JournalDamagedException"/> if a frame before the last is invalid.</summary>
    public static (List<ReadOnlyMemory<byte>> Payloads, long WholeBytes) Read(string path)
    {
        var payloads = new List<ReadOnlyMemory<byte>>();
        if (!File.Exists(path))
        {
            return (payloads, 0);
        }

        var bytes = File.ReadAllBytes(path).AsMemory();
        var offset = 0;
        while (offset < bytes.Length)
        {
            if (TryFrame(bytes.Span, offset, out var length))
            {
                payloads.Add(bytes.Slice(offset + HeaderBytes, length));
                offset += HeaderBytes + length;
                continue;
            }

            if (NextWholeFrame(bytes.Span, offset + 1) is { } next)
            {
                throw new JournalDamagedException(path, offset, next);
            }

            break;
        }

        return (payloads, offset);
    }

    /// <summary>Writes one frame and returns when it is on disk. If that fails the frame is taken back as far as the disk lets it: what was refused must not be there after a restart.</summary>
    public void Append(ReadOnlySpan<byte> payload)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, MaxPayloadBytes);
        var frame = Frame(payload);
        try
        {
            _stream.Write(frame);
            _stream.Flush(flushToDisk: true);
        }
        catch
        {
            CutBack();
            throw;
        }

        Length += frame.Length;
    }

    /// <summary>Makes a renamed or new file's name durable.</summary>
    public static void SyncDirectory(string directory)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var descriptor = NativeOpen(directory, 0);
        if (descriptor < 0)
        {
            throw new IOException($"Cannot open the directory {directory} to make a rename durable (errno {Marshal.GetLastPInvokeError()}).");
        }

        var failed = NativeFsync(descriptor) != 0;
        _ = NativeClose(descriptor);
        if (failed)
        {
            throw new IOException($"Cannot make a rename in {directory} durable.");
        }
    }

    public void Dispose() => _stream.Dispose();

    void CutBack()
    {
        try
        {
            _stream.SetLength(Length);
        }
        catch (IOException)
        {
            // The disk takes nothing more; an incomplete frame is cut off when the journal is opened.
        }
    }

    static byte[] Frame(ReadOnlySpan<byte> payload)
    {
        var frame = new byte[HeaderBytes + payload.Length];
        Magic.CopyTo(frame);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(4), payload.Length);
        payload.CopyTo(frame.AsSpan(HeaderBytes));
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(8), Crc(payload));
        return frame;
    }

    static bool TryFrame(ReadOnlySpan<byte> bytes, int offset, out int length)
    {
        length = 0;
        var rest = bytes[offset..];
        if (rest.Length < HeaderBytes || !rest.StartsWith(Magic))
        {
            return false;
        }

        length = BinaryPrimitives.ReadInt32LittleEndian(rest[4..]);
        return length > 0 && length <= rest.Length - HeaderBytes && BinaryPrimitives.ReadUInt32LittleEndian(rest[8..]) == Crc(rest.Slice(HeaderBytes, length));
    }

    static int? NextWholeFrame(ReadOnlySpan<byte> bytes, int from)
    {
        while (from < bytes.Length && bytes[from..].IndexOf(Magic) is >= 0 and var found)
        {
            if (TryFrame(bytes, from + found, out _))
            {
                return from + found;
            }

            from += found + 1;
        }

        return null;
    }

    static uint Crc(ReadOnlySpan<byte> data)
    {
        var crc = BitOperations.Crc32C(uint.MaxValue, (uint)data.Length);
        while (data.Length >= 8)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(data));
            data = data[8..];
        }

        foreach (var b in data)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return ~crc;
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    static extern int NativeOpen([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    static extern int NativeFsync(int descriptor);

    [DllImport("libc", EntryPoint = "close")]
    static extern int NativeClose(int descriptor);
}

/// <summary>A journal has damage in its middle, or cannot be used at all. The message says where and what to do.</summary>
sealed class JournalDamagedException : IOException
{
    public JournalDamagedException(string path, long offset, long nextWhole)
        : base($"The agent's journal {path} is damaged at byte {offset} (the next whole record is at byte {nextWhole}). Jobs recorded there would run twice or never, so the agent does not start. "
            + $"Check the disk and restore the file from a backup; or, when the host's VMs have been looked at, move it away: the agent then starts with an empty journal and open operations are resolved by asking the host.")
    {
    }

    public JournalDamagedException(string path, string what)
        : base($"The agent's journal {path} cannot be used: {what}")
    {
    }
}
