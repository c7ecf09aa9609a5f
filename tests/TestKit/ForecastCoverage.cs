using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.Forecasting;

namespace HvPlatform.TestKit;

/// <summary>How good the forecast before the start is over the recorded transfers that nobody changed on the way and whose cap says the bandwidth.</summary>
/// <param name="Recordings">How many.</param>
/// <param name="Ended">How many were forecast to end, and did.</param>
/// <param name="Intervals">How many had a whole interval.</param>
/// <param name="Covered">Share of these whose true duration it holds.</param>
/// <param name="RelativeWidth">Mean width, in true durations.</param>
public sealed record ForecastCoverage(int Recordings, int Ended, int Intervals, double Covered, double RelativeWidth)
{
    /// <summary>Measures it.</summary>
    public static ForecastCoverage Of(IReadOnlyList<RecordedTransfer> recordings)
    {
        var each = recordings
            .Where(r => r.Vm.Policy.BandwidthMiBps is not null && !r.Vm.About.Contains("after", StringComparison.Ordinal) && r.End.Outcome == VmTransferOutcome.Completed)
            .Select(r => (Forecast: ForecastOf(r.Vm), TrueMs: r.End.AtMs))
            .ToList();
        var intervals = each.Where(e => e.Forecast is { TotalP10Ms: not null, TotalP90Ms: not null }).ToList();
        return new ForecastCoverage(
            each.Count,
            each.Count(e => e.Forecast.Converges == true),
            intervals.Count,
            intervals.Average(e => e.Forecast.TotalP10Ms <= e.TrueMs && e.TrueMs <= e.Forecast.TotalP90Ms ? 1.0 : 0),
            intervals.Average(e => (double)(e.Forecast.TotalP90Ms!.Value - e.Forecast.TotalP10Ms!.Value) / e.TrueMs));
    }

    /// <summary>What was forecast of a recorded VM.</summary>
    public static MigrationForecast ForecastOf(RecordedVm vm) => TransferForecast.Of(
        new MigrationSourceFacts
        {
            Vm = new VmInfo
            {
                Id = new VmId(Guid.NewGuid()),
                Name = vm.Name,
                State = VmState.Running,
                Vcpus = 1,
                MemoryMiB = vm.MemoryMiB,
                Disks = [new VmDisk { Target = "vdb", AllocatedBytes = vm.CopyDiskMiB << 20 }],
            },
            SourceHostName = "host-1",
            Hypervisor = HypervisorKind.Libvirt,
            DirtyRateMiBps = vm.DirtyRateMiBps,
            CopyDisks = vm.CopyDiskMiB > 0 ? ["vdb"] : [],
        },
        vm.CopyDiskMiB > 0 ? vm.Policy with { Storage = MigrationStorage.CopyFull } : vm.Policy);
}
