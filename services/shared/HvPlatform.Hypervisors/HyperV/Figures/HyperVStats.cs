using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>
/// The stats facet: the hypervisor's own performance counters in <c>root/cimv2</c>, of all VMs in one query, and the memory that the VMs hold from their summaries. The counters
/// <c>PercentTotalRunTime</c> and <c>PercentIdleTime</c> of the <c>Win32_PerfRawData_HvStats</c> classes are of the type PERF_100NSEC_TIMER: raw, they are times in steps of
/// 100 ns. They name a VM by its name and not by its id, so of VMs with one name on one host none is sampled unless the others are off: a paused one has counters too. What disks and adapters have moved is not read.
/// </summary>
internal sealed class HyperVStats(HyperVConnector connector, HyperVServices services) : IStatsDriver
{
    private const string VirtualProcessor = "Win32_PerfRawData_HvStats_HyperVHypervisorVirtualProcessor";
    private const string LogicalProcessor = "Win32_PerfRawData_HvStats_HyperVHypervisorLogicalProcessor";
    private const long StepNs = 100;

    /// <summary>What stands between a VM's name and the number of its processor.</summary>
    private const string Separator = ":Hv VP ";

    private readonly ClassReader classes = new();
    private readonly SummaryReader summaries = new(services);

    /// <summary>
    /// Why the host gives no counters; null if it does. Somebody may have turned them off, their provider may fail, or the account may not read them: a host is managed without
    /// figures too. Throws <see cref="CimException"/> if the host itself is not reached.
    /// </summary>
    public static async Task<string?> WhyNoneAsync(ICimSession session, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var _ in session.QueryAsync(CimPath.Cimv2, $"SELECT Name FROM {LogicalProcessor}", cancellationToken))
            {
                return null;
            }

            return $"{LogicalProcessor} has no instances.";
        }
        catch (CimException error) when (error.Kind is not (CimErrorKind.Unreachable or CimErrorKind.ReplyLost or CimErrorKind.CertificateRejected or CimErrorKind.Authentication))
        {
            return $"{LogicalProcessor} cannot be read ({error.Kind}): {error.Message}";
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<VmSample>> SampleAsync(CancellationToken cancellationToken) =>
        connector.RunAsync("Cannot read the VMs' figures", session => SampleAsync(session, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<HostCpuTime?> ReadHostCpuAsync(CancellationToken cancellationToken) =>
        connector.RunAsync("Cannot read the host's processor time", session => HostCpuAsync(session, cancellationToken), cancellationToken);

    private async Task<IReadOnlyList<VmSample>> SampleAsync(ICimSession session, CancellationToken cancellationToken)
    {
        var systems = await classes.ReadAsync(session, VmPaths.System, "Name, ElementName, EnabledState", cancellationToken, $"EnabledState <> {HyperVState.Off}");
        var named = systems.Where(one => one.Number("EnabledState") != HyperVState.Off && VmPaths.OfName(one.String("Name")) is not null)
            .ToLookup(one => InstanceName(one.String("ElementName")), one => (Vm: VmPaths.OfName(one.String("Name"))!.Value, Runs: one.Number("EnabledState") == HyperVState.Running));
        var times = new Dictionary<string, (int Processors, long Steps)>(StringComparer.Ordinal);
        await foreach (var one in session.QueryAsync(CimPath.Cimv2, $"SELECT Name, PercentTotalRunTime FROM {VirtualProcessor}", cancellationToken))
        {
            if (one.String("Name") is { } name && name.LastIndexOf(Separator, StringComparison.Ordinal) is > 0 and var end && HyperVHostFacts.Number(one, "PercentTotalRunTime") is { } steps)
            {
                var vm = InstanceName(name[..end]);
                var (processors, sum) = times.GetValueOrDefault(vm);
                times[vm] = (processors + 1, sum + steps);
            }
        }

        var sampled = named.Where(same => same.Count() == 1 && same.Single().Runs && times.ContainsKey(same.Key)).Select(same => (same.Single().Vm, Time: times[same.Key])).ToList();
        var summary = await summaries.ReadAsync(session, [.. sampled.Select(one => one.Vm)], connector.Where, cancellationToken);
        return [.. sampled.Select(one => new VmSample(
            one.Vm, one.Time.Processors, one.Time.Steps * StepNs, summary.GetValueOrDefault(one.Vm)?.Number("MemoryUsage"), null, null, null, null))];
    }

    private static async Task<HostCpuTime?> HostCpuAsync(ICimSession session, CancellationToken cancellationToken)
    {
        long busy = 0, idle = 0;
        await foreach (var one in session.QueryAsync(CimPath.Cimv2, $"SELECT Name, PercentTotalRunTime, PercentIdleTime FROM {LogicalProcessor}", cancellationToken))
        {
            // The total is a mean with some builds and a sum with others.
            if (one.String("Name") is not (null or "_Total"))
            {
                busy += HyperVHostFacts.Number(one, "PercentTotalRunTime") ?? 0;
                idle += HyperVHostFacts.Number(one, "PercentIdleTime") ?? 0;
            }
        }

        return busy + idle == 0 ? null : new HostCpuTime(busy * StepNs, (busy + idle) * StepNs);
    }

    /// <summary>A name as counters have it: they cannot have these characters.</summary>
    private static string InstanceName(string? name) => (name ?? "").Replace('(', '[').Replace(')', ']').Replace('#', '_').Replace('/', '_').Replace('\\', '_');
}
