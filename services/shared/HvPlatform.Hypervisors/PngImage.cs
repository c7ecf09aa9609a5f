using System.Buffers.Binary;
using System.IO.Compression;

namespace HvPlatform.Hypervisors;

/// <summary>Writes pictures as PNG (8 bits each of red, green and blue, no filter).</summary>
public static class PngImage
{
    /// <summary>Most pixels on a side.</summary>
    public const int MostPixels = 16_384;

    private static readonly uint[] Crcs = [.. Enumerable.Range(0, 256).Select(n => Enumerable.Range(0, 8).Aggregate((uint)n, (c, _) => (c & 1) == 0 ? c >> 1 : 0xEDB88320 ^ (c >> 1)))];

    /// <summary>
    /// A picture of 16 bits a pixel, as Hyper-V's thumbnails are: red in the high 5 bits, green in 6, blue in the low 5, the low byte first, rows from top to bottom without padding.
    /// Data that is not as long as the size says is an <see cref="ArgumentException"/>.
    /// </summary>
    public static byte[] FromRgb565(ReadOnlySpan<byte> pixels, int width, int height)
    {
        CheckSize(pixels.Length, width, height, 2);
        var rgb = new byte[width * height * 3];
        for (var i = 0; i < width * height; i++)
        {
            var pixel = BinaryPrimitives.ReadUInt16LittleEndian(pixels[(2 * i)..]);
            var (r, g, b) = (pixel >> 11, (pixel >> 5) & 0x3F, pixel & 0x1F);

            // The high bits again below, so that full brightness stays full.
            rgb[3 * i] = (byte)((r << 3) | (r >> 2));
            rgb[(3 * i) + 1] = (byte)((g << 2) | (g >> 4));
            rgb[(3 * i) + 2] = (byte)((b << 3) | (b >> 2));
        }

        return FromRgb(rgb, width, height);
    }

    /// <summary>A picture of 3 bytes a pixel: red, green, blue. Data that is not as long as the size says is an <see cref="ArgumentException"/>.</summary>
    public static byte[] FromRgb(ReadOnlySpan<byte> pixels, int width, int height)
    {
        CheckSize(pixels.Length, width, height, 3);
        using var data = new MemoryStream();
        using (var zlib = new ZLibStream(data, CompressionLevel.Fastest, leaveOpen: true))
        {
            for (var row = 0; row < height; row++)
            {
                zlib.WriteByte(0);
                zlib.Write(pixels.Slice(row * width * 3, width * 3));
            }
        }

        using var file = new MemoryStream();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], height);
        header[8] = 8;
        header[9] = 2;
        header[10..].Clear();
        WriteChunk(file, "IHDR"u8, header);
        WriteChunk(file, "IDAT"u8, data.GetBuffer().AsSpan(0, (int)data.Length));
        WriteChunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    private static void CheckSize(int bytes, int width, int height, int bytesPerPixel)
    {
        if (width is < 1 or > MostPixels || height is < 1 or > MostPixels || bytes != (long)width * height * bytesPerPixel)
        {
            throw new ArgumentException($"{bytes} bytes are no picture of {width} × {height} pixels of {bytesPerPixel} bytes.");
        }
    }

    private static void WriteChunk(Stream file, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(type);
        file.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, ~Crc(Crc(uint.MaxValue, type), data));
        file.Write(number);
    }

    private static uint Crc(uint crc, ReadOnlySpan<byte> data)
    {
        foreach (var b in data)
        {
            crc = Crcs[(byte)(crc ^ b)] ^ (crc >> 8);
        }

        return crc;
    }
}
