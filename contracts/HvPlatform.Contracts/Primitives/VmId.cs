using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace HvPlatform.Contracts;

/// <summary>
/// A virtual machine's identity, the same on every host: the hypervisor's own UUID (libvirt's domain UUID,
/// Hyper-V's <c>Msvm_ComputerSystem.Name</c>), which live migration keeps. (VM id, host id) is a placement.
/// </summary>
[JsonConverter(typeof(GuidIdJsonConverter<VmId>))]
public readonly record struct VmId(Guid Value) : IGuidId<VmId>
{
    /// <inheritdoc/>
    public static VmId From(Guid value) => new(value);

    /// <inheritdoc/>
    public static VmId Parse(string s, IFormatProvider? provider = null) => new(Guid.Parse(s));

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out VmId result)
    {
        var ok = Guid.TryParse(s, out var g);
        result = new VmId(g);
        return ok;
    }

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("D");
}
