using HvPlatform.Contracts;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>The instances that a VM's description is made of, gathered for all VMs of a host at once or for one.</summary>
internal sealed class VmFacts(VmId id, CimInstance system)
{
    public VmId Id => id;

    /// <summary><c>Msvm_ComputerSystem</c>.</summary>
    public CimInstance System => system;

    /// <summary><c>Msvm_VirtualSystemSettingData</c> of the realized VM.</summary>
    public CimInstance? Settings { get; set; }

    /// <summary><c>Msvm_SummaryInformation</c>.</summary>
    public CimInstance? Summary { get; set; }

    public CimInstance? Processor { get; set; }

    public CimInstance? Memory { get; set; }

    public CimInstance? Security { get; set; }

    /// <summary><c>Msvm_GuestServiceInterfaceComponentSettingData</c>.</summary>
    public CimInstance? GuestServices { get; set; }

    /// <summary><c>Msvm_KvpExchangeComponent</c>.</summary>
    public CimInstance? Kvp { get; set; }

    /// <summary>The guest's pairs if they are known without <see cref="Kvp"/>.</summary>
    public IReadOnlyDictionary<string, string>? GuestPairs { get; set; }

    /// <summary><c>Msvm_ReplicationSettingData</c>.</summary>
    public CimInstance? Replication { get; set; }

    /// <summary><c>Msvm_StorageAllocationSettingData</c>.</summary>
    public List<CimInstance> Disks { get; } = [];

    /// <summary>Synthetic and emulated network adapters.</summary>
    public List<CimInstance> Ports { get; } = [];

    /// <summary><c>Msvm_EthernetPortAllocationSettingData</c>: what the adapters are plugged into.</summary>
    public List<CimInstance> Connections { get; } = [];

    /// <summary><c>Msvm_GuestNetworkAdapterConfiguration</c>.</summary>
    public List<CimInstance> GuestNetworks { get; } = [];

    /// <summary>Puts a setting where it belongs; one that is of no interest is left out.</summary>
    public void Add(CimInstance setting)
    {
        switch (setting.ClassName)
        {
            case "Msvm_ProcessorSettingData":
                Processor = setting;
                break;
            case "Msvm_MemorySettingData":
                Memory = setting;
                break;
            case "Msvm_SecuritySettingData":
                Security = setting;
                break;
            case "Msvm_GuestServiceInterfaceComponentSettingData":
                GuestServices = setting;
                break;
            case "Msvm_StorageAllocationSettingData":
                Disks.Add(setting);
                break;
            case "Msvm_SyntheticEthernetPortSettingData" or "Msvm_EmulatedEthernetPortSettingData":
                Ports.Add(setting);
                break;
            case "Msvm_EthernetPortAllocationSettingData":
                Connections.Add(setting);
                break;
        }
    }
}
