using HvPlatform.Contracts;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>How Hyper-V names a VM and what belongs to it.</summary>
internal static class VmPaths
{
    /// <summary>The virtual machine's own class.</summary>
    public const string System = "Msvm_ComputerSystem";

    /// <summary>The class of its settings.</summary>
    public const string Settings = "Msvm_VirtualSystemSettingData";

    /// <summary>What the type of a running configuration is called, as against a snapshot's or a planned VM's.</summary>
    public const string Realized = "Microsoft:Hyper-V:System:Realized";

    /// <summary>A VM's id as Hyper-V writes it: upper case, without braces.</summary>
    public static string Key(VmId vm) => vm.Value.ToString("D").ToUpperInvariant();

    /// <summary>The VM.</summary>
    public static CimPath Of(VmId vm) => new(System, ("CreationClassName", System), ("Name", Key(vm)));

    /// <summary>Its settings.</summary>
    public static CimPath SettingsOf(VmId vm) => new(Settings, ("InstanceID", "Microsoft:" + Key(vm)));

    /// <summary>The VM to which a setting belongs, by its <c>InstanceID</c>: <c>Microsoft:GUID\…</c>; also of a snapshot, whose id it then is. Null for any other id.</summary>
    public static VmId? OwnerOf(string? instanceId)
    {
        const string prefix = "Microsoft:";
        return instanceId is not null && instanceId.Length >= prefix.Length + 36 && instanceId.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)
            && (instanceId.Length == prefix.Length + 36 || instanceId[prefix.Length + 36] == '\\')
            && Guid.TryParseExact(instanceId.AsSpan(prefix.Length, 36), "D", out var id) ? new VmId(id) : null;
    }

    /// <summary>The VM that a <c>Name</c> or <c>SystemName</c> names; null if it names the host.</summary>
    public static VmId? OfName(string? name) => Guid.TryParseExact(name, "D", out var id) ? new VmId(id) : null;
}
