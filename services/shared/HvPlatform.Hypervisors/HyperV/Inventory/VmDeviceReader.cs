using System.Globalization;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>A VM's disks and network adapters.</summary>
internal static class VmDeviceReader
{
    /// <summary>The part of the id of everything at an IDE controller (the same on every host).</summary>
    private const string Ide = "83F8638B-8DCA-4152-9EDA-2CA8B33039B4";

    /// <summary>Disks with what is in them, in the order of their places. A place is <c>IDE 0:1</c> or <c>SCSI 0:3</c>: controller, number, location.</summary>
    public static IReadOnlyList<VmDisk> Disks(VmFacts facts, IReadOnlyList<string> sharedPaths)
    {
        var scsi = new List<string>();
        var disks = new List<(int Kind, int Controller, int Location, VmDisk Disk)>();
        foreach (var image in facts.Disks.OrderBy(one => one.String("InstanceID"), StringComparer.OrdinalIgnoreCase))
        {
            // A drive's and its image's ids end in CONTROLLER\NUMBER\LOCATION\D and …\L.
            var parts = (DriveOf(image) ?? image.String("InstanceID") ?? "").Split('\\');
            var (kind, controller, location) = (2, 0, disks.Count);
            if (parts is [.., var group, var number, var place, _] && int.TryParse(number, CultureInfo.InvariantCulture, out var parsed) && int.TryParse(place, CultureInfo.InvariantCulture, out location))
            {
                if (group.Equals(Ide, StringComparison.OrdinalIgnoreCase))
                {
                    (kind, controller) = (0, parsed);
                }
                else
                {
                    if (!scsi.Contains(group))
                    {
                        scsi.Add(group);
                    }

                    (kind, controller) = (1, scsi.IndexOf(group));
                }
            }

            var source = image.Array<string>("HostResource") is [{ Length: > 0 } path, ..] ? path : null;
            disks.Add((kind, controller, location, new VmDisk
            {
                Target = string.Create(CultureInfo.InvariantCulture, $"{(kind == 0 ? "IDE" : kind == 1 ? "SCSI" : "Disk")} {controller}:{location}"),
                Source = source,
                Format = Format(source),
                Shared = source is not null && IsShared(source, sharedPaths),
            }));
        }

        return [.. disks.OrderBy(one => (one.Kind, one.Controller, one.Location)).Select(one => one.Disk)];
    }

    /// <summary>Network adapters with the switch each is plugged into.</summary>
    public static IReadOnlyList<VmNic> Nics(VmFacts facts, IReadOnlyDictionary<string, string> switches)
    {
        var nics = new List<VmNic>(facts.Ports.Count);
        foreach (var port in facts.Ports.OrderBy(one => one.String("InstanceID"), StringComparer.OrdinalIgnoreCase))
        {
            var id = port.String("InstanceID");
            var connection = facts.Connections.Find(one => CimPath.TryParse(one.String("Parent"), out var parent) && string.Equals(parent!["InstanceID"], id, StringComparison.OrdinalIgnoreCase));
            nics.Add(new VmNic
            {
                MacAddress = Mac(port.String("Address")) ?? "",
                Network = connection is null || connection.Number("EnabledState") == 3 ? null : Network(connection, switches),
                Model = port.ClassName == "Msvm_EmulatedEthernetPortSettingData" ? "emulated" : "synthetic",
            });
        }

        return nics;
    }

    /// <summary><c>00155D000A01</c> as <c>00:15:5d:00:0a:01</c>; null for what is no address.</summary>
    public static string? Mac(string? address) =>
        address is { Length: 12 } && address.All(char.IsAsciiHexDigit) ? string.Join(':', Enumerable.Range(0, 6).Select(i => address.Substring(i * 2, 2))).ToLowerInvariant() : null;

    private static string? DriveOf(CimInstance image) => CimPath.TryParse(image.String("Parent"), out var drive) ? drive!["InstanceID"] : null;

    private static string? Network(CimInstance connection, IReadOnlyDictionary<string, string> switches)
    {
        if (connection.Array<string>("HostResource") is [{ Length: > 0 } text, ..] && CimPath.TryParse(text, out var path) && path!["Name"] is { } key && switches.TryGetValue(key, out var name))
        {
            return name;
        }

        return connection.String("LastKnownSwitchName") is { Length: > 0 } last ? last : null;
    }

    private static string? Format(string? source)
    {
        var dot = source?.LastIndexOf('.') ?? -1;
        return dot < 0 || source!.Length - dot > 6 ? null : source[(dot + 1)..].ToLowerInvariant() switch
        {
            "avhdx" => "vhdx",
            "avhd" => "vhd",
            var extension => extension,
        };
    }

    private static bool IsShared(string source, IReadOnlyList<string> sharedPaths) => sharedPaths.Any(folder =>
        source.StartsWith(folder, StringComparison.OrdinalIgnoreCase) && (folder.EndsWith('\\') || source.Length == folder.Length || source[folder.Length] == '\\'));
}
