using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Model.Vms;

/// <summary>Instances of <c>Msvm_ComputerSystem</c> and <c>Msvm_PlannedComputerSystem</c>.</summary>
internal static class SystemInstances
{
    private static readonly CimDateTime Never = new(CimDateTime.Never);

    /// <summary>Of a virtual machine, realized or planned.</summary>
    public static CimInstance Of(SimulatedHyperVHost host, SimulatedVm vm)
    {
        var now = host.Timeline.Now;
        var isPlanned = vm.IsPlanned;
        var system = CimBlank.Of(isPlanned ? "Msvm_PlannedComputerSystem" : "Msvm_ComputerSystem");
        var (status, texts) = OperationalStatus(host, vm);
        system["Caption"] = isPlanned ? "Planned Virtual Machine" : "Virtual Machine";
        system["CreationClassName"] = system.ClassName;
        system["Description"] = isPlanned ? "Microsoft Planned Virtual Machine" : "Microsoft Virtual Machine";
        system["ElementName"] = vm.Name;
        system["EnabledDefault"] = (ushort)3;
        system["EnabledState"] = (ushort)vm.State;
        system["HealthState"] = (ushort)5;
        system["InstallDate"] = vm.Configuration.Settings["CreationTime"];
        system["Name"] = vm.Key;
        system["OnTimeInMilliseconds"] = (ulong)vm.OnTime(now).TotalMilliseconds;
        system["OperationalStatus"] = status;
        system["RequestedState"] = (ushort)5;
        system["ResetCapability"] = (ushort)1;
        system["Status"] = "OK";
        system["StatusDescriptions"] = texts;
        system["TimeOfLastConfigurationChange"] = new CimDateTime(vm.ConfiguredAt);
        system["TimeOfLastStateChange"] = vm.StateSince is { } since ? new CimDateTime(since) : Never;
        if (!isPlanned)
        {
            system["EnhancedSessionModeState"] = vm.State == VmState.Running && vm.Guest.Answers(now, host.Options.GuestBootDuration) ? (ushort)6 : (ushort)3;
            system["FailedOverReplicationType"] = (ushort)0;
            system["HwThreadsPerCoreRealized"] = vm.IsActive ? 1u : null;
            system["LastApplicationConsistentReplicationTime"] = Never;
            system["LastReplicationTime"] = Never;
            system["LastReplicationType"] = (ushort)0;
            system["NumberOfNumaNodes"] = (ushort)1;
            system["ProcessID"] = vm.IsActive ? 4_000u + ((uint)vm.Id.GetHashCode() % 60_000u & ~3u) : null;
            system["ReplicationHealth"] = (ushort)0;
            system["ReplicationMode"] = (ushort)0;
            system["ReplicationState"] = (ushort)0;
        }

        return system;
    }

    /// <summary>Of the host itself.</summary>
    public static CimInstance OfHost(SimulatedHyperVHost host)
    {
        var system = CimBlank.Of("Msvm_ComputerSystem");
        system["Caption"] = "Hosting Computer System";
        system["CreationClassName"] = "Msvm_ComputerSystem";
        system["Description"] = "Microsoft Hosting Computer System";
        system["ElementName"] = host.Name;
        system["EnabledDefault"] = (ushort)2;
        system["EnabledState"] = (ushort)2;
        system["EnhancedSessionModeState"] = (ushort)3;
        system["FailedOverReplicationType"] = (ushort)0;
        system["HealthState"] = (ushort)5;
        system["LastApplicationConsistentReplicationTime"] = Never;
        system["LastReplicationTime"] = Never;
        system["LastReplicationType"] = (ushort)0;
        system["Name"] = host.Name;
        system["NumberOfNumaNodes"] = (ushort)host.Options.NumaNodes;
        system["OnTimeInMilliseconds"] = (ulong)(host.Timeline.Now - host.BootedAt).TotalMilliseconds;
        system["OperationalStatus"] = new ushort[] { 2 };
        system["ReplicationHealth"] = (ushort)0;
        system["ReplicationMode"] = (ushort)0;
        system["ReplicationState"] = (ushort)0;
        system["RequestedState"] = (ushort)12;
        system["ResetCapability"] = (ushort)1;
        system["Status"] = "OK";
        system["StatusDescriptions"] = new[] { "Operating normally" };
        system["TimeOfLastConfigurationChange"] = new CimDateTime(host.BootedAt);
        system["TimeOfLastStateChange"] = new CimDateTime(host.BootedAt);
        return system;
    }

    /// <summary><c>OperationalStatus</c> of a virtual machine and the texts for it: whether it is well, and what is being done with it.</summary>
    public static (ushort[] Status, string[] Texts) OperationalStatus(SimulatedHyperVHost host, SimulatedVm vm) => host.Jobs.OperationOn(vm.Path) switch
    {
        null => ([2], ["Operating normally"]),
        32768 => ([2, 32768], ["Operating normally", "Creating checkpoint"]),
        32769 => ([2, 32769], ["Operating normally", "Applying checkpoint"]),
        32770 => ([2, 32770], ["Operating normally", "Deleting checkpoint"]),
        32773 => ([2, 32773], ["Operating normally", "Exporting virtual machine"]),
        var operation => ([2, operation.Value], ["Operating normally", "Migrating virtual machine"]),
    };
}
