namespace HvPlatform.HyperVSimulator.Model.Migration;

/// <summary>How memory goes: in passes, each copying what the guest wrote during the one before, until the rest is small or no longer shrinks.</summary>
/// <param name="Megabytes">Memory of the virtual machine.</param>
/// <param name="Copying">How long the passes take while the guest runs.</param>
/// <param name="Blackout">How long the guest stands still for the last one.</param>
internal sealed record MemoryPlan(long Megabytes, TimeSpan Copying, TimeSpan Blackout)
{
    private const int MostPasses = 10;
    private const double HandOverSeconds = 0.05;

    /// <summary>The plan of a migration. A virtual machine that is off has no memory; one that is saved or paused writes none.</summary>
    public static MemoryPlan Of(SimulatedVm vm, MigrationRequest request, double bytesPerSecond)
    {
        var megabytes = vm.Configuration.Of("Msvm_MemorySettingData").FirstOrDefault()?.Number("VirtualQuantity") ?? 0;
        if (!request.MovesSystem || vm.State == VmState.Off)
        {
            return new MemoryPlan(megabytes, TimeSpan.Zero, TimeSpan.Zero);
        }

        var rate = bytesPerSecond * (request.Compressed ? 2 : request.OverSmb ? 1.2 : 1);
        var written = vm.State == VmState.Running ? vm.DirtyBytesPerSecond * (1 - (0.3 * request.CpuCapping)) : 0;
        var left = megabytes * 1048576.0;
        if (vm.State == VmState.Saved)
        {
            return new MemoryPlan(megabytes, TimeSpan.FromSeconds(left / rate), TimeSpan.Zero);
        }

        var total = left;
        var seconds = 0.0;
        for (var pass = 0; pass < MostPasses && left / rate > HandOverSeconds; pass++)
        {
            seconds += left / rate;
            left = Math.Min(total, written * (left / rate));
        }

        return new MemoryPlan(megabytes, TimeSpan.FromSeconds(seconds), TimeSpan.FromSeconds(HandOverSeconds + (left / rate)));
    }
}
