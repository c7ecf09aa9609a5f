using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;

namespace HvPlatform.Telemetry.Samples;

/// <summary>Which VM was sampled on which host last, so that only news go to the database: a VM at another host, and every VM once in ten minutes.</summary>
internal sealed class VmResidences(TimeProvider time)
{
    static readonly TimeSpan s_repeat = TimeSpan.FromMinutes(10);

    readonly Dictionary<VmId, (HostId Host, long WrittenAt)> _known = [];

    /// <summary>What has to be written of these samples.</summary>
    public List<(VmId Vm, HostId Host)> Changed(IReadOnlyList<HostSampled> samples)
    {
        var changed = new HashSet<(VmId, HostId)>();
        foreach (var sample in samples)
        {
            foreach (var vm in sample.Vms)
            {
                if (!_known.TryGetValue(vm.VmId, out var known) || known.Host != sample.HostId || time.GetElapsedTime(known.WrittenAt) > s_repeat)
                {
                    changed.Add((vm.VmId, sample.HostId));
                    _known[vm.VmId] = (sample.HostId, time.GetTimestamp());
                }
            }
        }

        return [.. changed];
    }

    /// <summary>These were not written after all.</summary>
    public void Forget(IReadOnlyList<HostSampled> samples)
    {
        foreach (var vm in samples.SelectMany(s => s.Vms))
        {
            _known.Remove(vm.VmId);
        }
    }
}
