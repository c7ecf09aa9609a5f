using System.Text.Json.Serialization;

namespace HvPlatform.Contracts;

/// <summary>Which driver manages a host.</summary>
[JsonConverter(typeof(TolerantEnumConverter<HypervisorKind>))]
public enum HypervisorKind
{
    /// <summary>A kind this build does not know.</summary>
    Unknown = 0,

    /// <summary>The built-in simulated hypervisor: no real VM exists.</summary>
    Simulated = 1,

    /// <summary>QEMU/KVM through libvirt.</summary>
    Libvirt = 2,

    /// <summary>Microsoft Hyper-V.</summary>
    HyperV = 3,
}
