using HvPlatform.Hypervisors.Libvirt.Native;

namespace HvPlatform.Hypervisors.Libvirt;

/// <summary>The stats facet: one call for the whole host.</summary>
internal sealed class LibvirtStats(LibvirtConnector connector) : IStatsDriver
{
    const uint Groups = VirConst.StatsState | VirConst.StatsCpuTotal | VirConst.StatsVcpu | VirConst.StatsBalloon | VirConst.StatsInterface | VirConst.StatsBlock;

    public Task<IReadOnlyList<VmSample>> SampleAsync(CancellationToken cancellationToken) => connector.RunAsync(Sample, cancellationToken);

    public Task<HostCpuTime?> ReadHostCpuAsync(CancellationToken cancellationToken) => connector.RunAsync(HostFacts.CpuTime, cancellationToken);

    static unsafe IReadOnlyList<VmSample> Sample(LibvirtSession session)
    {
        VirDomainStatsRecord** records = null;
        var count = session.Ok(
            Vir.virConnectGetAllDomainStats(session.Connection, Groups, &records, VirConst.StatsActiveOnly | VirConst.StatsNoWait),
            "Cannot read the VMs' figures");
        try
        {
            var samples = new List<VmSample>(count);
            for (var i = 0; i < count; i++)
            {
                var p = VirParameters.Copy(records[i]->Parameters, records[i]->Count);

                // cpu.time comes from the host's cgroup; without one the sum of the virtual CPUs' threads is there instead.
                samples.Add(new VmSample(
                    LibvirtSession.IdOf(records[i]->Domain),
                    (int?)p.Number("vcpu.current"),
                    p.Number("cpu.time") ?? 0,
                    p.Number("balloon.rss") / 1024,
                    Sum(p, "block", "rd.bytes"),
                    Sum(p, "block", "wr.bytes"),
                    Sum(p, "net", "rx.bytes"),
                    Sum(p, "net", "tx.bytes")));
            }

            return samples;
        }
        finally
        {
            Vir.virDomainStatsRecordListFree(records);
        }
    }

    static long Sum(VirParameters p, string group, string counter)
    {
        long sum = 0;
        for (var i = 0; i < (p.Number($"{group}.count") ?? 0); i++)
        {
            sum += p.Number($"{group}.{i}.{counter}") ?? 0;
        }

        return sum;
    }
}
