using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Model;

/// <summary>
/// A configuration: of a virtual machine, of a snapshot of one or of a planned one. Its instances are never changed in place (they may have been given out): whoever changes
/// one puts a changed copy in its place with <see cref="Replace"/>.
/// </summary>
/// <param name="settings">The <c>Msvm_VirtualSystemSettingData</c>.</param>
/// <param name="resources">Its allocation settings and component settings.</param>
public sealed class VmConfiguration(CimInstance settings, List<CimInstance> resources)
{
    /// <summary>The <c>Msvm_VirtualSystemSettingData</c>; its <c>InstanceID</c> is <c>Microsoft:</c> and the configuration's id.</summary>
    public CimInstance Settings { get; set; } = settings;

    /// <summary>What a <c>Msvm_VirtualSystemSettingDataComponent</c> leads to, and the features of network adapters' ports.</summary>
    public List<CimInstance> Resources { get; } = resources;

    /// <summary>The id in the settings' <c>InstanceID</c>: the virtual machine's own, or the snapshot's. Upper case.</summary>
    public string Id => Settings.String("InstanceID")!["Microsoft:".Length..];

    /// <summary>The resource of an <c>InstanceID</c> (compared without case), or null.</summary>
    public CimInstance? Find(string instanceId) => Resources.Find(one => instanceId.Equals(one.String("InstanceID"), StringComparison.OrdinalIgnoreCase));

    /// <summary>The resources of a class, or of one derived from it.</summary>
    public IEnumerable<CimInstance> Of(string className)
    {
        var classes = CimSchema.Instance.WithInstances(className);
        foreach (var resource in Resources)
        {
            for (var i = 0; i < classes.Count; i++)
            {
                if (classes[i].Name == resource.ClassName)
                {
                    yield return resource;
                    break;
                }
            }
        }
    }

    /// <summary>A copy to try changes on: the same instances in another list.</summary>
    public VmConfiguration Draft() => new(Settings, [.. Resources]);

    /// <summary>Takes over what a <see cref="Draft"/> has become.</summary>
    public void Take(VmConfiguration draft)
    {
        Settings = draft.Settings;
        Resources.Clear();
        Resources.AddRange(draft.Resources);
    }

    /// <summary>Puts a changed copy in the place of the resource with the same <c>InstanceID</c>.</summary>
    public void Replace(CimInstance changed)
    {
        var id = changed.String("InstanceID");
        Resources[Resources.FindIndex(one => string.Equals(id, one.String("InstanceID"), StringComparison.OrdinalIgnoreCase))] = changed;
    }

    /// <summary>
    /// The same configuration under another id: every <c>InstanceID</c>, and every reference of a resource to another of the same configuration, names the new one.
    /// </summary>
    /// <param name="id">The new id.</param>
    /// <param name="hostName">The host that the references name.</param>
    public VmConfiguration CopyAs(Guid id, string hostName)
    {
        var own = Id;
        var other = Key(id);
        var resources = new List<CimInstance>(Resources.Count);
        foreach (var resource in Resources)
        {
            var copy = resource.Copy();
            copy["InstanceID"] = Renamed(resource.String("InstanceID")!, own, other);
            if (resource.String("Parent") is { } parent)
            {
                copy["Parent"] = RenamedPath(parent, own, other, hostName);
            }

            resources.Add(copy);
        }

        var settings = Settings.Copy();
        settings["InstanceID"] = "Microsoft:" + other;
        if (settings.Array<string>("BootSourceOrder") is { Count: > 0 } order)
        {
            settings["BootSourceOrder"] = order.Select(one => RenamedPath(one, own, other, hostName)).ToArray();
        }

        return new VmConfiguration(settings, resources);
    }

    /// <summary>How Hyper-V writes an id: upper case, without braces.</summary>
    public static string Key(Guid id) => id.ToString("D").ToUpperInvariant();

    private static string Renamed(string instanceId, string own, string other) =>
        instanceId.StartsWith("Microsoft:" + own, StringComparison.OrdinalIgnoreCase) ? $"Microsoft:{other}{instanceId[("Microsoft:".Length + own.Length)..]}" : instanceId;

    private static string RenamedPath(string text, string own, string other, string hostName) =>
        CimPath.TryParse(text, out var path) && path!["InstanceID"] is { } instanceId
            ? new CimPath(path.Namespace, path.ClassName, [("InstanceID", Renamed(instanceId, own, other))]).ToObjectPath(hostName)
            : text;
}
