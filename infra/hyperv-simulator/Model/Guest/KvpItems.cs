using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Model.Guest;

/// <summary>Key-value pairs between host and guest, one pool: names compared without case, values of bounded length, as embedded <c>Msvm_KvpExchangeDataItem</c>s.</summary>
/// <param name="source">0 pushed by the host, 1 by the guest, 2 the guest's own facts, 4 kept on the host.</param>
public sealed class KvpItems(ushort source)
{
    /// <summary>Most UTF-16 units of a name (512 bytes with its end).</summary>
    public const int MaxNameLength = 255;

    /// <summary>Most UTF-16 units of a value (2048 bytes with its end).</summary>
    public const int MaxDataLength = 1023;

    private readonly List<KeyValuePair<string, string>> items = [];

    /// <summary>0 pushed by the host, 1 by the guest, 2 the guest's own facts, 4 kept on the host.</summary>
    public ushort Source { get; } = source;

    /// <summary>A value, or null.</summary>
    public string? this[string name] => IndexOf(name) is >= 0 and var index ? items[index].Value : null;

    /// <summary>Sets a value, whether or not there was one.</summary>
    public void Set(string name, string data)
    {
        var index = IndexOf(name);
        if (index >= 0)
        {
            items[index] = new(items[index].Key, data);
        }
        else
        {
            items.Add(new(name, data));
        }
    }

    /// <summary>Adds a value; false if there is one of this name.</summary>
    public bool TryAdd(string name, string data)
    {
        if (IndexOf(name) >= 0)
        {
            return false;
        }

        items.Add(new(name, data));
        return true;
    }

    /// <summary>Takes a value away; false if there was none.</summary>
    public bool Remove(string name)
    {
        var index = IndexOf(name);
        if (index >= 0)
        {
            items.RemoveAt(index);
        }

        return index >= 0;
    }

    /// <summary>Forgets all.</summary>
    public void Clear() => items.Clear();

    /// <summary>The pairs in the order they came.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> All => items;

    /// <summary>The items as texts.</summary>
    public string[] ToTexts() => [.. items.Select(item => CimXml.Write(new CimInstance("Msvm_KvpExchangeDataItem")
    {
        ["Caption"] = null,
        ["Data"] = item.Value,
        ["Description"] = null,
        ["ElementName"] = null,
        ["InstanceID"] = null,
        ["Name"] = item.Key,
        ["Source"] = Source,
    }))];

    /// <summary>A pool with the same pairs.</summary>
    public KvpItems Copy()
    {
        var copy = new KvpItems(Source);
        copy.items.AddRange(items);
        return copy;
    }

    private int IndexOf(string name) => items.FindIndex(item => item.Key.Equals(name, StringComparison.OrdinalIgnoreCase));
}
