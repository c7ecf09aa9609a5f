using System.Globalization;
using System.Text.Json;

namespace HvPlatform.Orchestrator.Fleet;

/// <summary>
/// Disks and network adapters as members of the VM they belong to: one that came or went as a whole (<c>disks.vdb</c>), one that was and is there by each of
/// its own members (<c>disks.vda.capacityBytes</c>). A disk is known by its target, an adapter by its MAC address.
/// </summary>
internal static class DiffDevices
{
    /// <summary>Replaces both lists of devices by such members.</summary>
    public static void Spread(SortedDictionary<string, JsonElement> before, SortedDictionary<string, JsonElement> after)
    {
        foreach (var (list, key) in ((string, string)[])[("disks", "target"), ("nics", "macAddress")])
        {
            var (were, are) = (Take(before, list, key), Take(after, list, key));
            foreach (var (name, device) in were)
            {
                Put(before, name, device, whole: !are.ContainsKey(name));
            }

            foreach (var (name, device) in are)
            {
                Put(after, name, device, whole: !were.ContainsKey(name));
            }
        }
    }

    /// <summary>The devices of a list by the name of their member; of two with the same key the second gets a number.</summary>
    static Dictionary<string, JsonElement> Take(SortedDictionary<string, JsonElement> members, string list, string key)
    {
        var devices = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        if (members.Remove(list, out var items))
        {
            foreach (var item in items.EnumerateArray())
            {
                var name = $"{list}.{item.GetProperty(key).GetString()}";
                for (var n = 2; !devices.TryAdd(name, item); n++)
                {
                    name = string.Create(CultureInfo.InvariantCulture, $"{list}.{item.GetProperty(key).GetString()}#{n}");
                }
            }
        }

        return devices;
    }

    static void Put(SortedDictionary<string, JsonElement> members, string name, JsonElement device, bool whole)
    {
        if (whole)
        {
            members[name] = device;
            return;
        }

        foreach (var member in device.EnumerateObject())
        {
            members[$"{name}.{member.Name}"] = member.Value;
        }
    }
}
