using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Model.Network;

/// <summary>What a switch connects virtual machines with.</summary>
public enum SwitchKind
{
    /// <summary>With each other only.</summary>
    Private,

    /// <summary>With the host too.</summary>
    Internal,

    /// <summary>With a network adapter of the host.</summary>
    External,
}

/// <summary>A virtual switch of a host. Changed only under the host's lock.</summary>
/// <param name="id">Its id.</param>
/// <param name="settings">Its <c>Msvm_VirtualEthernetSwitchSettingData</c>; replaced, never changed in place.</param>
public sealed class SimulatedSwitch(Guid id, CimInstance settings)
{
    /// <summary>Its id.</summary>
    public Guid Id { get; } = id;

    /// <summary>Its id as Hyper-V writes it.</summary>
    public string Key { get; } = VmConfiguration.Key(id);

    /// <summary>Its name.</summary>
    public string Name => Settings.String("ElementName") ?? string.Empty;

    /// <summary>Its settings.</summary>
    public CimInstance Settings { get; set; } = settings;

    /// <summary>Its own connections (<c>Msvm_EthernetPortAllocationSettingData</c>): to an external adapter, to the host.</summary>
    public List<CimInstance> Connections { get; } = [];

    /// <summary>What it connects, by its own connections.</summary>
    public SwitchKind Kind =>
        Connections.Exists(one => Leads(one, "Msvm_ExternalEthernetPort")) ? SwitchKind.External
        : Connections.Exists(one => Leads(one, "Msvm_ComputerSystem")) ? SwitchKind.Internal
        : SwitchKind.Private;

    /// <summary>The path of its <c>Msvm_VirtualEthernetSwitch</c>.</summary>
    public CimPath Path => new("Msvm_VirtualEthernetSwitch", ("CreationClassName", "Msvm_VirtualEthernetSwitch"), ("Name", Key));

    internal static bool Leads(CimInstance connection, string className) =>
        connection.Array<string>("HostResource") is [var text, ..] && CimPath.TryParse(text, out var path) && path!.ClassName.Equals(className, StringComparison.OrdinalIgnoreCase);
}
