using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;

namespace HvPlatform.TestKit;

/// <summary>
/// A transfer of a real VM as its driver reported it: a JSON line about the VM, a line per report (an array, see <see cref="Read"/>), a line about the end.
/// Made by <c>./hv bench record-transfers</c>.
/// </summary>
public sealed record RecordedTransfer(RecordedVm Vm, IReadOnlyList<RecordedReport> Reports, RecordedEnd End)
{
    /// <summary>Reads a recording.</summary>
    public static RecordedTransfer Read(string file)
    {
        var lines = File.ReadAllLines(file);
        var vm = Parse<RecordedVm>(lines[0]);
        return new RecordedTransfer(vm, [.. lines[1..^1].Select(l => ReadReport(l, vm.CopyDiskMiB << 20))], Parse<RecordedEnd>(lines[^1]));
    }

    /// <summary>The recordings in a folder, in the order of their names.</summary>
    public static IReadOnlyList<RecordedTransfer> ReadAll(string folder) => [.. Directory.GetFiles(folder, "*.jsonl").Order(StringComparer.Ordinal).Select(Read)];

    /// <summary>Writes it, thinned to so many reports: the first and the last stay.</summary>
    public void Write(string file, int most)
    {
        var step = Math.Max(1.0, (double)(Reports.Count - 1) / (most - 1));
        var kept = Enumerable.Range(0, Math.Min(most, Reports.Count)).Select(i => Reports[(int)Math.Round(i * step)]);
        File.WriteAllLines(file, [JsonSerializer.Serialize(Vm, HvJson.Options), .. kept.Select(WriteReport), JsonSerializer.Serialize(End, HvJson.Options)]);
    }

    static T Parse<T>(string line) => JsonSerializer.Deserialize<T>(line, HvJson.Options) ?? throw new InvalidDataException($"Not a {typeof(T).Name}: {line}");

    static string WriteReport(RecordedReport r)
    {
        var p = r.Progress;
        return JsonSerializer.Serialize<long?[]>(
            [r.AtMs, p.ElapsedMs, p.Round, p.TotalBytes, p.TransferredBytes, p.RemainingBytes, p.DirtyBytesPerSecond, p.BytesPerSecond, p.ThrottlePercent, p.DiskTotalBytes, p.DiskTransferredBytes]);
    }

    static RecordedReport ReadReport(string line, long diskBytes)
    {
        // Where the driver of the day did not yet tell disk from memory: the disks come first.
        var v = Parse<long?[]>(line);
        return new RecordedReport(v[0]!.Value, new MigrationProgress
        {
            ElapsedMs = v[1]!.Value,
            Round = (int)v[2]!.Value,
            TotalBytes = v[3]!.Value,
            TransferredBytes = v[4]!.Value,
            RemainingBytes = v[5]!.Value,
            DirtyBytesPerSecond = v[6],
            BytesPerSecond = v[7],
            ThrottlePercent = (int?)v[8],
            DiskTotalBytes = v[9] ?? (diskBytes > 0 ? diskBytes : null),
            DiskTransferredBytes = v[10] ?? (diskBytes > 0 ? Math.Min(diskBytes, v[4]!.Value) : null),
            Percent = 0,
        });
    }
}

/// <summary>The VM and how it was to be moved.</summary>
/// <param name="Name">Of the recording.</param>
/// <param name="About">What happens in it, in words.</param>
/// <param name="MemoryMiB">Of the VM.</param>
/// <param name="CopyDiskMiB">Disk to be copied, 0 for none.</param>
/// <param name="DirtyRateMiBps">Measured by the hypervisor before the start.</param>
/// <param name="Policy">The transfer's policy.</param>
public sealed record RecordedVm(string Name, string About, long MemoryMiB, long CopyDiskMiB, long? DirtyRateMiBps, MigrationPolicy Policy);

/// <summary>One report.</summary>
/// <param name="AtMs">When it came, ms since the recorder asked for the transfer.</param>
/// <param name="Progress">What it said; the percentage is not kept.</param>
public sealed record RecordedReport(long AtMs, MigrationProgress Progress);

/// <summary>The end.</summary>
/// <param name="AtMs">When, ms since the recorder asked for the transfer.</param>
/// <param name="Outcome">How.</param>
/// <param name="DowntimeMs">The pause.</param>
/// <param name="TransferredBytes">All that went over the link.</param>
public sealed record RecordedEnd(long AtMs, VmTransferOutcome Outcome, long? DowntimeMs, long? TransferredBytes);
