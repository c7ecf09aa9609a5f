using HvPlatform.Contracts;
using HvPlatform.Hypervisors.Libvirt.Native;

namespace HvPlatform.Hypervisors.Libvirt;

/// <summary>How fast a guest dirties its memory, by QEMU's sampling of pages over one second.</summary>
internal static class DirtyRate
{
    const int MeasureSeconds = 1;
    const int LookMs = 100;
    const int MostLooks = 50;

    /// <summary>MiB/s; null if this hypervisor cannot tell.</summary>
    public static async Task<long?> MeasureAsync(LibvirtConnector connector, VmId vm, TimeProvider time, CancellationToken cancellationToken)
    {
        var began = await connector.RunAsync(
            s =>
            {
                using var domain = s.TryLookup(vm);
                return domain is not null && Vir.virDomainStartDirtyRateCalc(domain, MeasureSeconds, 0) == 0;
            },
            cancellationToken);
        if (!began)
        {
            return null;
        }

        await Task.Delay(TimeSpan.FromSeconds(MeasureSeconds), time, cancellationToken);
        for (var look = 0; look < MostLooks; look++)
        {
            var (done, rate) = await connector.RunAsync(s => Read(s, vm), cancellationToken);
            if (done)
            {
                return rate;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(LookMs), time, cancellationToken);
        }

        return null;
    }

    static unsafe (bool Done, long? MiBps) Read(LibvirtSession session, VmId vm)
    {
        using var domain = session.TryLookup(vm);
        if (domain is null)
        {
            return (true, null);
        }

        var list = stackalloc nint[2];
        list[0] = domain.DangerousGetHandle();
        list[1] = 0;
        VirDomainStatsRecord** records = null;
        var count = session.Ok(Vir.virDomainListGetStats(list, VirConst.StatsDirtyRate, &records, VirConst.StatsNoWait), "Cannot read the dirty rate");
        try
        {
            var figures = count == 1 ? VirParameters.Copy(records[0]->Parameters, records[0]->Count) : null;
            return (figures?.Number("dirtyrate.calc_status") == VirConst.DirtyRateMeasured, figures?.Number("dirtyrate.megabytes_per_second"));
        }
        finally
        {
            Vir.virDomainStatsRecordListFree(records);
        }
    }
}
