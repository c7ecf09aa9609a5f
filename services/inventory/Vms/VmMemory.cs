using HvPlatform.Contracts.Vms;

namespace HvPlatform.Inventory.Vms;

/// <summary>
/// What of an observation is remembered: not the figures, which change with every look and have a table of their own; and of a guest that says nothing now (it is off, or still
/// starting) what it last said, so that a start and a stop are not two changes of its configuration.
/// </summary>
internal static class VmMemory
{
    public static VmObserved ToRemember(VmObserved seen, VmInfo? before)
    {
        var details = Merge(before?.Details, seen.Vm.Details);
        return seen.Vm.Figures is null && ReferenceEquals(details, seen.Vm.Details) ? seen : seen with { Vm = seen.Vm with { Figures = null, Details = details } };
    }

    static VmDetails? Merge(VmDetails? before, VmDetails? now)
    {
        if (before is null || now is null)
        {
            return now;
        }

        var guest = Merge(before.Guest, now.Guest);
        var keepsServices = now.Services is { IntegrationServices: null } && before.Services?.IntegrationServices is not null;
        return ReferenceEquals(guest, now.Guest) && !keepsServices
            ? now
            : now with { Guest = guest, Services = keepsServices ? now.Services! with { IntegrationServices = before.Services!.IntegrationServices } : now.Services };
    }

    static VmGuest? Merge(VmGuest? before, VmGuest? now)
    {
        if (before is null || now is null)
        {
            return now ?? before;
        }

        var merged = now with
        {
            OperatingSystem = now.OperatingSystem ?? before.OperatingSystem,
            OperatingSystemVersion = now.OperatingSystemVersion ?? before.OperatingSystemVersion,
            Architecture = now.Architecture ?? before.Architecture,
            Family = now.Family ?? before.Family,
            HostName = now.HostName ?? before.HostName,
            IntegrationServicesVersion = now.IntegrationServicesVersion ?? before.IntegrationServicesVersion,
            Networks = now.Networks.Count > 0 ? now.Networks : before.Networks,
        };
        return merged == now ? now : merged;
    }
}
