using System.Globalization;
using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Model.Vms;

namespace HvPlatform.HyperVSimulator.Model.Windows;

/// <summary>The hypervisor's processor counters in <c>root/cimv2</c>: what the guests' load of <see cref="VmLoad"/> adds up to, from look to look. The root partition does a little too.</summary>
internal sealed class PerformanceCounters
{
    private const string Prefix = "Win32_PerfRawData_HvStats_HyperVHypervisor";
    private const double RootShare = 0.02;

    private readonly SimulatedHyperVHost host;
    private readonly Dictionary<Guid, double> worked = [];
    private DateTimeOffset lookedAt;
    private double hostWorked;

    public PerformanceCounters(SimulatedHyperVHost host)
    {
        this.host = host;
        lookedAt = host.BootedAt;
        Register(Prefix + "LogicalProcessor", Logical);
        Register(Prefix + "VirtualProcessor", Virtual);
    }

    private void Register(string className, Func<IEnumerable<CimInstance>> all) =>
        host.Catalogue.Add(className, all, path => all().FirstOrDefault(one => string.Equals(one.String("Name"), path["Name"], StringComparison.OrdinalIgnoreCase)));

    private IEnumerable<CimInstance> Logical()
    {
        Advance();
        var steps = hostWorked / host.Options.Processors;
        var idle = (lookedAt - host.BootedAt).Ticks - steps;
        return [.. Enumerable.Range(0, host.Options.Processors).Select(number => string.Create(CultureInfo.InvariantCulture, $"Hv LP {number}")).Append("_Total").Select(name =>
        {
            var counters = Counters(Prefix + "LogicalProcessor", name, steps);
            counters["PercentIdleTime"] = (ulong)Math.Max(0, idle);
            return counters;
        })];
    }

    private IEnumerable<CimInstance> Virtual()
    {
        Advance();
        return [.. host.Vms.Values.Where(vm => worked.ContainsKey(vm.Id)).SelectMany(vm => Enumerable.Range(0, (int)Processors(vm)).Select(number =>
            Counters(Prefix + "VirtualProcessor", string.Create(CultureInfo.InvariantCulture, $"{vm.Name}:Hv VP {number}"), worked[vm.Id])))];
    }

    /// <summary>Adds what was worked since the last look. A machine that was turned off counts from 0 again.</summary>
    private void Advance()
    {
        if (lookedAt < host.BootedAt)
        {
            worked.Clear();
            (hostWorked, lookedAt) = (0, host.BootedAt);
        }

        var now = host.Clock.GetUtcNow();
        var elapsed = (double)(now - lookedAt).Ticks;
        lookedAt = now;
        foreach (var vm in host.Vms.Values)
        {
            if (!vm.IsActive)
            {
                worked.Remove(vm.Id);
                continue;
            }

            var share = VmLoad.ProcessorPercent(host, vm, now) / 100.0;
            var more = worked.ContainsKey(vm.Id) ? elapsed * share : Math.Min(elapsed, vm.OnTime(now).Ticks) * share;
            worked[vm.Id] = worked.GetValueOrDefault(vm.Id) + more;
            hostWorked += more * Processors(vm);
        }

        foreach (var gone in worked.Keys.Where(id => !host.Vms.ContainsKey(VmConfiguration.Key(id))).ToList())
        {
            worked.Remove(gone);
        }

        // More virtual processors than there are real ones share those.
        hostWorked = Math.Min(hostWorked + (elapsed * RootShare * host.Options.Processors), (lookedAt - host.BootedAt).Ticks * (double)host.Options.Processors);
    }

    private CimInstance Counters(string className, string name, double steps)
    {
        var counters = CimBlank.Of(className);
        counters["Name"] = name;
        counters["PercentTotalRunTime"] = (ulong)steps;
        counters["PercentGuestRunTime"] = (ulong)steps;
        counters["PercentHypervisorRunTime"] = 0UL;
        counters["Frequency_PerfTime"] = (ulong)TimeSpan.TicksPerSecond;
        counters["Frequency_Sys100NS"] = (ulong)TimeSpan.TicksPerSecond;
        counters["Timestamp_PerfTime"] = (ulong)(lookedAt - host.BootedAt).Ticks;
        counters["Timestamp_Sys100NS"] = (ulong)lookedAt.ToFileTime();
        return counters;
    }

    private static long Processors(SimulatedVm vm) => vm.Configuration.Of("Msvm_ProcessorSettingData").FirstOrDefault()?.Number("VirtualQuantity") ?? 1;
}
