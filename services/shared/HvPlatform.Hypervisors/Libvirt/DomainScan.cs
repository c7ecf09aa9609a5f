using System.Xml.Linq;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.Libvirt.Native;

namespace HvPlatform.Hypervisors.Libvirt;

/// <summary>
/// Reads VMs. A whole host takes two calls however many VMs it has (figures of all, and which have a managed save image); what only the XML says is
/// read once per VM and again after an event about it.
/// </summary>
internal static unsafe class DomainScan
{
    const uint Groups = VirConst.StatsState | VirConst.StatsBalloon | VirConst.StatsVcpu | VirConst.StatsBlock;

    public static HostScan All(LibvirtSession session)
    {
        var saved = ManagedSaves(session);
        VirDomainStatsRecord** records = null;

        // NoWait: a VM that a long job holds gives its state without its disks' sizes instead of stopping the whole scan.
        var count = session.Ok(
            Vir.virConnectGetAllDomainStats(session.Connection, Groups, &records, VirConst.StatsNoWait), "Cannot list the VMs");
        try
        {
            var vms = new List<VmInfo>(count);
            var unreadable = new List<ErrorInfo>();
            for (var i = 0; i < count; i++)
            {
                try
                {
                    vms.Add(Read(session, records[i], saved.Contains(LibvirtSession.IdOf(records[i]->Domain))));
                }
                catch (HypervisorException e) when (e.Kind == ErrorKind.NotFound)
                {
                    // It vanished between the two calls: the host no longer has it.
                }
                catch (HypervisorException e) when (!session.Lost)
                {
                    unreadable.Add(e.Error);
                }
            }

            return new HostScan(vms, unreadable);
        }
        finally
        {
            Vir.virDomainStatsRecordListFree(records);
        }
    }

    public static VmInfo? One(LibvirtSession session, VmId vm)
    {
        using var domain = session.TryLookup(vm);
        if (domain is null)
        {
            return null;
        }

        try
        {
            return One(session, domain);
        }
        catch (HypervisorException e) when (e.Kind == ErrorKind.NotFound)
        {
            return null;
        }
    }

    public static VmInfo One(LibvirtSession session, DomainHandle domain)
    {
        var saved = session.Ok(Vir.virDomainHasManagedSaveImage(domain, 0)) == 1;
        var list = stackalloc nint[2];
        list[0] = domain.DangerousGetHandle();
        list[1] = 0;
        VirDomainStatsRecord** records = null;
        var count = session.Ok(Vir.virDomainListGetStats(list, Groups, &records, VirConst.StatsNoWait));
        try
        {
            return count == 1
                ? Read(session, records[0], saved)
                : throw LibvirtErrors.Own(ErrorKind.NotFound, "vm-not-found", $"VM {LibvirtSession.NameOf(domain)} vanished.", session.Where);
        }
        finally
        {
            Vir.virDomainStatsRecordListFree(records);
        }
    }

    static VmInfo Read(LibvirtSession session, VirDomainStatsRecord* record, bool managedSave)
    {
        var id = LibvirtSession.IdOf(record->Domain);
        var name = LibvirtSession.NameOf(record->Domain);
        var figures = VirParameters.Copy(record->Parameters, record->Count);
        var details = session.Details.Get(id, () => ReadDetails(session, record->Domain, name));
        var state = (int)(figures.Number("state.state") ?? 0);
        return new VmInfo
        {
            Id = id,
            Name = name,
            State = DomainState.Map(state, managedSave),
            StateReason = DomainState.Reason(state, (int)(figures.Number("state.reason") ?? 0)),
            Vcpus = (int)(figures.Number("vcpu.current") ?? details.Vcpus),
            MemoryMiB = figures.Number("balloon.maximum") / 1024 ?? details.MemoryMiB,
            Disks = WithSizes(details.Disks, figures),
            Nics = details.Nics,
            Persistent = details.Persistent,
            Epoch = details.Epoch,
        };
    }

    static DomainDetails ReadDetails(LibvirtSession session, nint domain, string name)
    {
        var xml = session.Text(Vir.virDomainGetXMLDesc(domain, 0), $"Cannot read the definition of VM {name}");
        var persistent = session.Ok(Vir.virDomainIsPersistent(domain)) == 1;
        try
        {
            return DomainDetails.Parse(XElement.Parse(xml), persistent, session.Options.SharedPaths);
        }
        catch (Exception e) when (e is System.Xml.XmlException or FormatException or OverflowException or ArgumentException)
        {
            throw LibvirtErrors.Own(ErrorKind.Fatal, "definition-unreadable", $"The definition of VM {name} cannot be read: {e.Message}", session.Where);
        }
    }

    static IReadOnlyList<VmDisk> WithSizes(IReadOnlyList<VmDisk> disks, VirParameters figures)
    {
        var count = figures.Number("block.count") ?? 0;
        if (count == 0 || disks.Count == 0)
        {
            return disks;
        }

        var sizes = new Dictionary<string, (long? Capacity, long? Allocated)>();
        for (var i = 0; i < count; i++)
        {
            if (figures.Text($"block.{i}.name") is { } target)
            {
                sizes.TryAdd(target, (figures.Number($"block.{i}.capacity"), figures.Number($"block.{i}.allocation")));
            }
        }

        return [.. disks.Select(d => sizes.TryGetValue(d.Target, out var s) ? d with { CapacityBytes = s.Capacity, AllocatedBytes = s.Allocated } : d)];
    }

    static HashSet<VmId> ManagedSaves(LibvirtSession session)
    {
        nint* domains = null;
        var count = session.Ok(Vir.virConnectListAllDomains(session.Connection, &domains, VirConst.ListManagedSave), "Cannot list the saved VMs");
        var ids = new HashSet<VmId>();
        for (var i = 0; i < count; i++)
        {
            ids.Add(LibvirtSession.IdOf(domains[i]));
            _ = Vir.virDomainFree(domains[i]);
        }

        Vir.Free(domains);
        return ids;
    }
}
