using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>The calls that change a VM's settings.</summary>
internal sealed class SettingsCalls(ICimSession session, HyperVMachine machine, HyperVServices services)
{
    /// <summary>Changes members of the system's settings.</summary>
    public Task ModifySystemAsync(CimInstance patch, string what, CancellationToken cancellationToken) =>
        ManageAsync("ModifySystemSettings", what, cancellationToken, ("SystemSettings", CimXml.Write(patch)));

    /// <summary>Changes members of components.</summary>
    public Task ModifyResourcesAsync(IReadOnlyList<CimInstance> patches, string what, CancellationToken cancellationToken) =>
        ManageAsync("ModifyResourceSettings", what, cancellationToken, ("ResourceSettings", Texts(patches)));

    /// <summary>Changes members of integration components.</summary>
    public Task ModifyGuestServicesAsync(IReadOnlyList<CimInstance> patches, string what, CancellationToken cancellationToken) =>
        ManageAsync("ModifyGuestServiceSettings", what, cancellationToken, ("GuestServiceSettings", Texts(patches)));

    /// <summary>Adds a component.</summary>
    public Task AddResourceAsync(CimInstance resource, string what, CancellationToken cancellationToken) =>
        ManageAsync("AddResourceSettings", what, cancellationToken, ("AffectedConfiguration", machine.SettingsPath), ("ResourceSettings", Texts([resource])));

    /// <summary>Removes components.</summary>
    public Task RemoveResourcesAsync(IEnumerable<CimInstance> resources, string what, CancellationToken cancellationToken) => ManageAsync(
        "RemoveResourceSettings", what, cancellationToken, ("ResourceSettings", resources.Select(r => new CimPath(r.ClassName, ("InstanceID", r.String("InstanceID")!))).ToArray()));

    /// <summary>Adds a feature (a VLAN) to an adapter's connection.</summary>
    public Task AddFeatureAsync(CimInstance connection, CimInstance feature, string what, CancellationToken cancellationToken) => ManageAsync(
        "AddFeatureSettings", what, cancellationToken,
        ("AffectedConfiguration", new CimPath(connection.ClassName, ("InstanceID", connection.String("InstanceID")!))), ("FeatureSettings", Texts([feature])));

    /// <summary>Changes members of a feature.</summary>
    public Task ModifyFeatureAsync(CimInstance patch, string what, CancellationToken cancellationToken) => ManageAsync("ModifyFeatureSettings", what, cancellationToken, ("FeatureSettings", Texts([patch])));

    /// <summary>Removes a feature.</summary>
    public Task RemoveFeatureAsync(CimInstance feature, string what, CancellationToken cancellationToken) => ManageAsync(
        "RemoveFeatureSettings", what, cancellationToken, ("FeatureSettings", new[] { new CimPath(feature.ClassName, ("InstanceID", feature.String("InstanceID")!)) }));

    /// <summary>The components as they are now, after what this plan has done so far.</summary>
    public Task<IReadOnlyList<CimInstance>> ComponentsAsync(CancellationToken cancellationToken) => machine.ComponentsAsync(cancellationToken);

    /// <summary>Calls the image service, which works on disk files.</summary>
    public Task<HyperVResult> ImageAsync(string method, string what, CancellationToken cancellationToken, params (string Name, object? Value)[] arguments) =>
        services.CallAsync(session, "Msvm_ImageManagementService", method, HyperVServices.Arguments(method, arguments), $"{what} of VM {machine.Name}", cancellationToken);

    /// <summary>The path of a switch by its id or name.</summary>
    public Task<CimPath> SwitchAsync(string idOrName, CancellationToken cancellationToken) => HyperVSwitches.FindAsync(session, idOrName, machine.Where, cancellationToken);

    private Task ManageAsync(string method, string what, CancellationToken cancellationToken, params (string Name, object? Value)[] arguments) =>
        services.ManageAsync(session, method, HyperVServices.Arguments(method, arguments), $"{what} of VM {machine.Name}", cancellationToken);

    private static string[] Texts(IReadOnlyList<CimInstance> instances) => [.. instances.Select(CimXml.Write)];
}
