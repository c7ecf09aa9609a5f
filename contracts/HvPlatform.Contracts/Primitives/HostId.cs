using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace HvPlatform.Contracts;

/// <summary>A hypervisor host's identity: the hypervisor's own host UUID (libvirt's capabilities <c>host/uuid</c>, Hyper-V's SMBIOS UUID).</summary>
[JsonConverter(typeof(GuidIdJsonConverter<HostId>))]
public readonly record struct HostId(Guid Value) : IGuidId<HostId>
{
    /// <inheritdoc/>
    public static HostId From(Guid value) => new(value);

    /// <inheritdoc/>
    public static HostId Parse(string s, IFormatProvider? provider = null) => new(Guid.Parse(s));

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out HostId result)
    {
        var ok = Guid.TryParse(s, out var g);
        result = new HostId(g);
        return ok;
    }

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("D");
}
