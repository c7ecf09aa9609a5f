using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Model.Guest;

namespace HvPlatform.HyperVSimulator.Model.Vms;

/// <summary><c>GetSummaryInformation</c>: what was asked of many configurations, in one answer. What was not asked for is null.</summary>
internal sealed class VmSummaries
{
    private const string ClassName = "Msvm_SummaryInformation";
    private static readonly HashSet<uint> Known = [.. Enumerable.Range(0, 12).Concat(Enumerable.Range(100, 24)).Append(132).Select(number => (uint)number)];
    private static readonly uint[] Everything = [.. Known.Where(number => number is not (5 or 6 or 7))];
    private readonly SimulatedHyperVHost host;

    public VmSummaries(SimulatedHyperVHost host)
    {
        this.host = host;
        host.Catalogue.Method("Msvm_VirtualSystemManagementService", "GetSummaryInformation", (_, arguments) => Get(arguments));
        host.Catalogue.Add(ClassName, () => host.Vms.Values.Select(vm => Of(vm, vm.Configuration, Everything)), path => host.FindConfiguration(path["InstanceID"]) is var (vm, configuration) ? Of(vm, configuration, Everything) : null);
        host.Catalogue.Associate(
            "Msvm_ComputerSystemSummaryInformation",
            "Antecedent",
            "Dependent",
            system => host.FindVm(system) is { IsPlanned: false } vm ? [new CimPath(ClassName, ("InstanceID", vm.Configuration.Settings.String("InstanceID")!))] : [],
            summary => summary.ClassName == ClassName && host.FindConfiguration(summary["InstanceID"]) is var (vm, configuration) && configuration == vm.Configuration ? [vm.Path] : []);
    }

    private CimInstance Get(CimInstance arguments)
    {
        var requested = arguments.Array<uint>("RequestedInformation");
        if (requested.Count == 0 || requested.Any(number => !Known.Contains(number)))
        {
            throw VmResources.Invalid("RequestedInformation is empty, or has a number that is not known.");
        }

        var paths = arguments.Array<CimPath>("SettingData");
        var configurations = paths.Count == 0
            ? host.Vms.Values.Select(vm => (vm, vm.Configuration))
            : paths.Select(path => host.FindConfiguration(path["InstanceID"]) ?? throw VmResources.Invalid($"There are no settings {path}."));
        return CimBlank.Result(0, ("SummaryInformation", configurations.Select(one => Of(one.Item1, one.Item2, requested)).ToArray()));
    }

    private CimInstance Of(SimulatedVm vm, VmConfiguration configuration, IReadOnlyList<uint> requested)
    {
        var summary = CimBlank.Of(ClassName);
        var settings = configuration.Settings;
        var isSnapshot = configuration != vm.Configuration;
        summary["InstanceID"] = settings["InstanceID"];
        foreach (var number in requested)
        {
            if (number < 100)
            {
                SetDefined(summary, number, vm, configuration);
            }
            else if (!isSnapshot)
            {
                SetMeasured(summary, number, vm);
            }
        }

        return summary;
    }

    private static void SetDefined(CimInstance summary, uint number, SimulatedVm vm, VmConfiguration configuration)
    {
        var settings = configuration.Settings;
        switch (number)
        {
            case 0:
                summary["Name"] = configuration.Id;
                break;
            case 1:
                summary["ElementName"] = settings["ElementName"];
                break;
            case 2:
                summary["CreationTime"] = settings["CreationTime"];
                break;
            case 3:
                summary["Notes"] = settings.Array<string>("Notes") is [var notes, ..] ? notes : string.Empty;
                break;
            case 4:
                summary["NumberOfProcessors"] = (ushort)configuration.Of("Msvm_ProcessorSettingData").First().Number("VirtualQuantity")!;
                break;
            case 5:
                SetThumbnail(summary, vm, 80, 60);
                break;
            case 6:
                SetThumbnail(summary, vm, 160, 120);
                break;
            case 7:
                SetThumbnail(summary, vm, 320, 240);
                break;
            case 8:
                summary["AllocatedGPU"] = string.Empty;
                break;
            case 9:
                summary["VirtualSwitchNames"] = configuration.Of("Msvm_EthernetPortAllocationSettingData").Where(one => one.Array<string>("HostResource").Count > 0).Select(one => one.String("LastKnownSwitchName") ?? string.Empty).ToArray();
                break;
            case 10:
                summary["Version"] = settings["Version"];
                break;
            case 11:
                summary["Shielded"] = configuration.Of("Msvm_SecuritySettingData").First()["ShieldingRequested"];
                break;
        }
    }

    private static void SetThumbnail(CimInstance summary, SimulatedVm vm, int width, int height)
    {
        summary["ThumbnailImage"] = vm.IsActive ? Thumbnail.Draw(vm.Id, vm.Name, width, height) : Array.Empty<byte>();
        summary["ThumbnailImageWidth"] = vm.IsActive ? (ushort)width : (ushort)0;
        summary["ThumbnailImageHeight"] = vm.IsActive ? (ushort)height : (ushort)0;
    }

    private void SetMeasured(CimInstance summary, uint number, SimulatedVm vm)
    {
        var now = host.Timeline.Now;
        switch (number)
        {
            case 100:
                summary["EnabledState"] = (ushort)vm.State;
                break;
            case 101:
                summary["ProcessorLoad"] = VmLoad.ProcessorPercent(host, vm, now);
                break;
            case 102:
                summary["ProcessorLoadHistory"] = VmLoad.ProcessorHistory(host, vm, now);
                break;
            case 103:
                summary["MemoryUsage"] = (ulong)VmLoad.AssignedMemoryMb(host, vm, now);
                break;
            case 104:
                summary["Heartbeat"] = Heartbeat(vm, now);
                break;
            case 105:
                summary["UpTime"] = (ulong)vm.OnTime(now).TotalMilliseconds;
                break;
            case 106:
                summary["GuestOperatingSystem"] = vm.State == VmState.Running && vm.Guest.Answers(now, host.Options.GuestBootDuration) && VmPower.IsOn(vm, ResourceKinds.Kvp) ? vm.Guest.OperatingSystem : string.Empty;
                break;
            case 107:
                summary["Snapshots"] = vm.Snapshots.Select(one => VmPath.OfSettings(one).ToObjectPath(host.Name)).ToArray();
                break;
            case 108:
                summary["AsynchronousTasks"] = host.Jobs.ActiveOn(vm.Path).Select(job => job.Path.ToObjectPath(host.Name)).ToArray();
                break;
            case 109:
                summary["HealthState"] = (ushort)5;
                break;
            case 110:
                summary["OperationalStatus"] = SystemInstances.OperationalStatus(host, vm).Status;
                break;
            case 111:
                summary["StatusDescriptions"] = SystemInstances.OperationalStatus(host, vm).Texts;
                break;
            case 112 or 113:
                SetMemory(summary, number, vm, now);
                break;
            case 114:
                summary["ReplicationMode"] = (ushort)0;
                break;
            case 115:
                summary["ReplicationState"] = (ushort)0;
                break;
            case 116:
                summary["ReplicationHealth"] = (ushort)0;
                break;
            case 117:
                summary["ApplicationHealth"] = Heartbeat(vm, now) == 2 ? (ushort)2 : (ushort)32896;
                break;
            case 118:
                summary["ReplicationStateEx"] = new ushort[] { 0 };
                break;
            case 119:
                summary["ReplicationHealthEx"] = new ushort[] { 0 };
                break;
            case 120:
                summary["SwapFilesInUse"] = false;
                break;
            case 121 or 132:
                summary["IntegrationServicesVersionState"] = vm.State == VmState.Running && vm.Guest.Answers(now, host.Options.GuestBootDuration) ? (ushort)1 : (ushort)0;
                break;
            case 122:
                summary["ReplicationProviderId"] = Array.Empty<string>();
                break;
            case 123:
                summary["MemorySpansPhysicalNumaNodes"] = false;
                break;
        }
    }

    /// <summary>How much more memory the guest has than it wants, in percent; the largest number while memory is not dynamic or the machine does not run.</summary>
    private void SetMemory(CimInstance summary, uint number, SimulatedVm vm, DateTimeOffset now)
    {
        var isDynamic = vm.State == VmState.Running && vm.Configuration.Of("Msvm_MemorySettingData").First().Boolean("DynamicMemoryEnabled") == true;
        var demand = VmLoad.MemoryDemandMb(host, vm, now);
        var percent = isDynamic && demand > 0 ? (int)((VmLoad.AssignedMemoryMb(host, vm, now) - demand) * 100 / demand) : int.MaxValue;
        summary[number == 112 ? "MemoryAvailable" : "AvailableMemoryBuffer"] = percent;
    }

    private ushort? Heartbeat(SimulatedVm vm, DateTimeOffset now) => vm.State != VmState.Running || !VmPower.IsOn(vm, ResourceKinds.Heartbeat) ? null
        : VmDevices.IntegrationStatus(vm, vm.Guest.Answers(now, host.Options.GuestBootDuration)).Status;
}
