using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>What a group of settings reads from: the VM as it is now, everything beneath its settings, and the host's switches.</summary>
internal sealed record SettingsContext
{
    /// <summary>The VM.</summary>
    public required HyperVMachine Machine { get; init; }

    /// <summary>Processors, memory, drives, adapters, integration components.</summary>
    public required IReadOnlyList<CimInstance> Components { get; init; }

    /// <summary>Names of switches by their ids, upper case.</summary>
    public required IReadOnlyDictionary<string, string> SwitchNames { get; init; }

    /// <summary>VLAN settings of adapters' connections, by the connection's <c>InstanceID</c>.</summary>
    public required IReadOnlyDictionary<string, CimInstance> Vlans { get; init; }

    /// <summary>What the firmware may boot from (generation 2), by <c>InstanceID</c>.</summary>
    public required IReadOnlyDictionary<string, CimInstance> BootSources { get; init; }

    /// <summary>The host's own name, for object paths.</summary>
    public required string HostName { get; init; }

    /// <summary>The one component of a class.</summary>
    public CimInstance One(string className) => Components.FirstOrDefault(c => c.ClassName == className) ?? throw HyperVErrors.DeviceNotFound($"VM {Machine.Name}", className, Machine.Where);

    /// <summary>Components of a class.</summary>
    public IEnumerable<CimInstance> Of(string className) => Components.Where(c => c.ClassName == className);

    /// <summary>The component that another one's <c>Parent</c> names.</summary>
    public CimInstance? ParentOf(CimInstance component) =>
        CimPath.TryParse(component.String("Parent"), out var path) ? Components.FirstOrDefault(c => string.Equals(c.String("InstanceID"), path!["InstanceID"], StringComparison.OrdinalIgnoreCase)) : null;

    /// <summary>The object path by which other settings name a component.</summary>
    public string PathTextOf(CimInstance component) => new CimPath(component.ClassName, ("InstanceID", component.String("InstanceID")!)).ToObjectPath(HostName);
}
