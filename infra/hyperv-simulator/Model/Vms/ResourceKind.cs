using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Model.Vms;

/// <summary>
/// A kind of resource that a virtual machine can have: the class of its settings, its numbers and names, and the id of the pool it comes from. The same kinds make the
/// host's pools, their capabilities and the default settings that drivers take to make new resources from.
/// </summary>
/// <param name="ClassName">The class of the settings.</param>
/// <param name="Type"><c>ResourceType</c>.</param>
/// <param name="SubType"><c>ResourceSubType</c>.</param>
/// <param name="Pool">The id in <c>Microsoft:Definition\ID\Default</c> and of the primordial pool.</param>
/// <param name="ElementName">What the resource is called at first.</param>
/// <param name="Description">What it is.</param>
internal sealed record ResourceKind(string ClassName, ushort Type, string SubType, string Pool, string ElementName, string Description)
{
    /// <summary><c>OtherResourceType</c>, for <see cref="Type"/> 1.</summary>
    public string? OtherType { get; init; }

    /// <summary>Sets what the kind has beyond other kinds.</summary>
    public Action<CimInstance>? More { get; init; }

    /// <summary>Only one of this kind belongs to a machine, always: it can be neither added nor removed.</summary>
    public bool IsFixed { get; init; }

    /// <summary>May be added and removed while the machine runs.</summary>
    public bool IsHotPluggable { get; init; }

    /// <summary>New settings of this kind, without <c>InstanceID</c>.</summary>
    public CimInstance New()
    {
        var settings = CimBlank.Of(ClassName);
        settings["AllocationUnits"] = "count";
        settings["AutomaticAllocation"] = true;
        settings["AutomaticDeallocation"] = true;
        settings["Caption"] = Description;
        settings["ConsumerVisibility"] = (ushort)3;
        settings["Description"] = Description;
        settings["ElementName"] = ElementName;
        settings["Limit"] = 1UL;
        settings["OtherResourceType"] = OtherType;
        settings["PoolID"] = string.Empty;
        settings["Reservation"] = 1UL;
        settings["ResourceSubType"] = SubType;
        settings["ResourceType"] = Type;
        settings["VirtualQuantity"] = 1UL;
        settings["VirtualQuantityUnits"] = "count";
        settings["Weight"] = 0u;
        More?.Invoke(settings);
        return settings;
    }
}
