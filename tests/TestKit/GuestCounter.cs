using System.Buffers.Binary;
using System.Globalization;
using System.Text.RegularExpressions;
using HvPlatform.Cli.LocalServers;

namespace HvPlatform.TestKit;

/// <summary>
/// The counter of a counting test guest (infra/libvirt/guest-dirty.S). At each tick it reads its sector, which must hold the last number, writes the
/// next one and only then says it on the serial console: so one whole running copy leaves each number once on the consoles of all hosts together, in
/// order, and its disk holds the last of them or the one after it.
/// </summary>
public static partial class GuestCounter
{
    const int SectorBytes = 512;
    const int Sector = 64;

    /// <summary>The number on a disk image, also of a running guest. A torn sector throws.</summary>
    public static async Task<uint> OnDiskAsync(string image)
    {
        var copy = Path.Combine(TemporaryDirectory.Create("hv-counter-"), "sector");
        try
        {
            // Older versions of qemu-img count the skipped blocks too; only the first block counts here.
            await ChildProcess.RunAsync(["qemu-img", "dd", "-U", "-O", "raw", $"bs={SectorBytes}", $"skip={Sector}", $"count={Sector + 1}", $"if={image}", $"of={copy}"]);
            var sector = (await File.ReadAllBytesAsync(copy)).AsMemory(0, SectorBytes);
            var first = BinaryPrimitives.ReadUInt32LittleEndian(sector.Span);
            for (var i = 4; i < SectorBytes; i += 4)
            {
                var next = BinaryPrimitives.ReadUInt32LittleEndian(sector.Span[i..]);
                if (next != first)
                {
                    throw new InvalidDataException($"{image} holds a torn sector: {first} and {next}.");
                }
            }

            return first;
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(copy)!, recursive: true);
        }
    }

    /// <summary>The numbers said on a serial console; a line cut in two by a switch-over is left out.</summary>
    public static IReadOnlyList<uint> OnSerial(string log) =>
        [.. Line().Matches(log).Select(m => uint.Parse(m.Groups[1].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];

    /// <summary>
    /// What is wrong, in words, or null. <paramref name="logs"/> are the consoles of all hosts the guest ran on, <paramref name="moves"/> how often it
    /// changed host or lost power: each may cut one line.
    /// </summary>
    public static string? Fault(IReadOnlyList<string> logs, uint onDisk, int moves)
    {
        foreach (var mark in "XDE")
        {
            if (logs.Any(l => l.Contains(mark)))
            {
                return $"the guest said '{mark}': {(mark == 'X' ? "memory was lost" : mark == 'D' ? "its disk does not hold what it wrote" : "its disk failed")}";
            }
        }

        var perHost = logs.Select(OnSerial).ToList();
        if (perHost.Any(numbers => numbers.Zip(numbers.Skip(1)).Any(p => p.Second <= p.First)))
        {
            return "the counter went back on one host";
        }

        var all = perHost.SelectMany(numbers => numbers).Order().ToList();
        if (all.Count == 0)
        {
            return "the guest said no number";
        }

        var twice = all.Zip(all.Skip(1)).Where(p => p.First == p.Second).Select(p => p.First).ToList();
        if (twice.Count > 0)
        {
            return $"two copies ran: {twice.Count} numbers were said twice, the first {twice[0]}";
        }

        var missing = all[^1] - all[0] + 1 - all.Count;
        if (missing > moves)
        {
            return $"{missing} numbers were never said, with {moves} moves";
        }

        return onDisk == all[^1] || onDisk == all[^1] + 1 ? null : $"the disk holds {onDisk}, the guest said {all[^1]} last";
    }

    [GeneratedRegex("#([0-9a-f]{8})\n")]
    private static partial Regex Line();
}
