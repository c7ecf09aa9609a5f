namespace HvPlatform.HyperVSimulator.Model.Guest;

/// <summary>
/// The screen of a simulated guest as <c>GetVirtualSystemThumbnailImage</c> gives it: RGB565, little endian, row by row, no header. The same virtual machine always shows
/// the same picture: a colour of its own, with its name in blocks.
/// </summary>
public static class Thumbnail
{
    // Three by five dots a letter, the first row in the highest bits.
    private static readonly Dictionary<char, ushort> Glyphs = new()
    {
        ['A'] = 0b010_101_111_101_101,
        ['B'] = 0b110_101_110_101_110,
        ['C'] = 0b011_100_100_100_011,
        ['D'] = 0b110_101_101_101_110,
        ['E'] = 0b111_100_110_100_111,
        ['F'] = 0b111_100_110_100_100,
        ['G'] = 0b011_100_101_101_011,
        ['H'] = 0b101_101_111_101_101,
        ['I'] = 0b111_010_010_010_111,
        ['J'] = 0b001_001_001_101_010,
        ['K'] = 0b101_101_110_101_101,
        ['L'] = 0b100_100_100_100_111,
        ['M'] = 0b101_111_111_101_101,
        ['N'] = 0b110_101_101_101_101,
        ['O'] = 0b010_101_101_101_010,
        ['P'] = 0b110_101_110_100_100,
        ['Q'] = 0b010_101_101_011_001,
        ['R'] = 0b110_101_110_101_101,
        ['S'] = 0b011_100_010_001_110,
        ['T'] = 0b111_010_010_010_010,
        ['U'] = 0b101_101_101_101_111,
        ['V'] = 0b101_101_101_101_010,
        ['W'] = 0b101_101_111_111_101,
        ['X'] = 0b101_101_010_101_101,
        ['Y'] = 0b101_101_010_010_010,
        ['Z'] = 0b111_001_010_100_111,
        ['0'] = 0b111_101_101_101_111,
        ['1'] = 0b010_110_010_010_111,
        ['2'] = 0b110_001_010_100_111,
        ['3'] = 0b110_001_010_001_110,
        ['4'] = 0b101_101_111_001_001,
        ['5'] = 0b111_100_110_001_110,
        ['6'] = 0b011_100_111_101_111,
        ['7'] = 0b111_001_010_010_010,
        ['8'] = 0b111_101_111_101_111,
        ['9'] = 0b111_101_111_001_110,
        ['-'] = 0b000_000_111_000_000,
        ['.'] = 0b000_000_000_000_010,
        ['_'] = 0b000_000_000_000_111,
        [' '] = 0,
    };

    private const ushort Unknown = 0b111_111_111_111_111;

    /// <summary>The colour behind the name, RGB565.</summary>
    public static ushort Background(Guid id)
    {
        var bytes = id.ToByteArray();
        return (ushort)(((bytes[0] & 0x0F) << 11) | ((bytes[1] & 0x1F) << 5) | (bytes[2] & 0x0F));
    }

    /// <summary>Draws the picture, two bytes a pixel.</summary>
    /// <param name="id">Whose colour.</param>
    /// <param name="name">Whose name.</param>
    /// <param name="width">In pixels.</param>
    /// <param name="height">In pixels.</param>
    public static byte[] Draw(Guid id, string name, int width, int height)
    {
        var image = new byte[width * height * 2];
        var background = Background(id);
        for (var i = 0; i < width * height; i++)
        {
            Set(image, i, background);
        }

        // As large as the name fits, with a dot of room around each letter.
        var text = name.Length > 32 ? name[..32] : name;
        var dot = Math.Max(1, Math.Min(width / Math.Max(1, (text.Length * 4) + 1), height / 7));
        var left = Math.Max(0, (width - (((text.Length * 4) - 1) * dot)) / 2);
        var top = Math.Max(0, (height - (5 * dot)) / 2);
        for (var letter = 0; letter < text.Length; letter++)
        {
            var glyph = Glyphs.GetValueOrDefault(char.ToUpperInvariant(text[letter]), Unknown);
            for (var bit = 0; bit < 15; bit++)
            {
                if ((glyph & (1 << (14 - bit))) != 0)
                {
                    Block(image, width, height, left + (((letter * 4) + (bit % 3)) * dot), top + (bit / 3 * dot), dot);
                }
            }
        }

        return image;
    }

    private static void Block(byte[] image, int width, int height, int left, int top, int size)
    {
        for (var y = top; y < Math.Min(height, top + size); y++)
        {
            for (var x = left; x < Math.Min(width, left + size); x++)
            {
                Set(image, (y * width) + x, 0xFFFF);
            }
        }
    }

    private static void Set(byte[] image, int pixel, ushort colour)
    {
        image[pixel * 2] = (byte)colour;
        image[(pixel * 2) + 1] = (byte)(colour >> 8);
    }
}
