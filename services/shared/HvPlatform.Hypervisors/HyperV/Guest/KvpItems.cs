using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>Key-value pairs as Hyper-V carries them: texts, each an embedded <c>Msvm_KvpExchangeDataItem</c>.</summary>
internal static class KvpItems
{
    private const ushort FromHost = 0;
    private const ushort ForHostOnly = 4;

    /// <summary>The pairs, by key. One that cannot be read is <see cref="CimErrorKind.Malformed"/>.</summary>
    public static IReadOnlyList<VmKvpItem> Read(IReadOnlyList<string> items) =>
        [.. items.Select(CimXml.Read).Select(i => new VmKvpItem { Key = i.String("Name") ?? "", Value = i.String("Data") ?? "" }).DistinctBy(i => i.Key).OrderBy(i => i.Key, StringComparer.Ordinal)];

    /// <summary>A pair of the host.</summary>
    public static string Write(string key, string value, bool hostOnly) =>
        CimXml.Write(new CimInstance("Msvm_KvpExchangeDataItem") { ["Name"] = key, ["Data"] = value, ["Source"] = hostOnly ? ForHostOnly : FromHost });
}
