using HvPlatform.Contracts.Vms;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>Memory, on <c>Msvm_MemorySettingData</c>, all in MiB: <c>VirtualQuantity</c> at start, <c>Reservation</c> at least, <c>Limit</c> at most.</summary>
internal sealed class MemorySettings : SettingGroup
{
    private const string Class = "Msvm_MemorySettingData";
    private const long LeastMiB = 32;
    private const long MostMiB = 64L * 1024 * 1024;

    public override VmSettingsState Read(SettingsContext context, VmSettingsState state)
    {
        var memory = context.One(Class);
        return state with
        {
            Memory = new VmMemorySettings
            {
                StartupMiB = memory.Number("VirtualQuantity"),
                Dynamic = memory.Boolean("DynamicMemoryEnabled"),
                MinimumMiB = memory.Number("Reservation"),
                MaximumMiB = memory.Number("Limit"),
                BufferPercent = (int?)memory.Number("TargetMemoryBuffer"),
                Weight = (int?)memory.Number("Weight"),
            },
        };
    }

    public override void Plan(SettingsContext context, VmSettings wanted, SettingsPlan plan)
    {
        if (wanted.Memory is not { } change)
        {
            return;
        }

        var memory = context.One(Class);
        foreach (var (value, member) in new[] { (change.StartupMiB, "startupMiB"), (change.MinimumMiB, "minimumMiB"), (change.MaximumMiB, "maximumMiB") })
        {
            ProcessorSettings.Within(value, LeastMiB, MostMiB, $"memory.{member}", context);
            if (value % 2 != 0 && value is not null)
            {
                throw HyperVErrors.Validation($"memory.{member}", $"must be an even number of MiB, found {value}.", context.Machine.Where);
            }
        }

        ProcessorSettings.Within(change.BufferPercent, 5, 2000, "memory.bufferPercent", context);
        ProcessorSettings.Within(change.Weight, 0, 10_000, "memory.weight", context);
        var startup = change.StartupMiB ?? memory.Number("VirtualQuantity");
        if (change.Dynamic ?? memory.Boolean("DynamicMemoryEnabled") ?? false)
        {
            Below(change.MinimumMiB ?? memory.Number("Reservation"), startup, "memory.minimumMiB", "must not be above memory.startupMiB", context);
            Below(startup, change.MaximumMiB ?? memory.Number("Limit"), "memory.maximumMiB", "must not be below memory.startupMiB", context);
        }

        if (plan.Set(memory, "DynamicMemoryEnabled", change.Dynamic))
        {
            context.Machine.Require("change memory.dynamic of", VmPowerState.Off);
        }

        // What else may be changed while it runs depends on versions and on whether memory is dynamic; the host judges that.
        plan.Set(memory, "VirtualQuantity", (ulong?)change.StartupMiB);
        plan.Set(memory, "Reservation", (ulong?)change.MinimumMiB);
        plan.Set(memory, "Limit", (ulong?)change.MaximumMiB);
        plan.Set(memory, "TargetMemoryBuffer", (uint?)change.BufferPercent);
        plan.Set(memory, "Weight", (uint?)change.Weight);
    }

    private static void Below(long? less, long? more, string member, string rule, SettingsContext context)
    {
        if (less > more)
        {
            throw HyperVErrors.Validation(member, $"{rule}, what is set now counted in: {less} MiB is above {more} MiB.", context.Machine.Where);
        }
    }
}
