using System.Collections.Concurrent;

namespace HvPlatform.Hypervisors.HyperV.Cim;

/// <summary>
/// What is known of the classes of <c>root/virtualization/v2</c>, and of the few of <c>root/cimv2</c> that clients read, read once from the MOF texts in <c>HyperV/Schema</c>. A host may have fewer or more properties
/// (older and newer versions): the schema gives types, not the last word on what exists.
/// </summary>
public sealed class CimSchema
{
    private static readonly Lazy<CimSchema> Loaded = new(() => new CimSchema(MofReader.ReadResources()));

    private readonly Dictionary<string, CimClass> classes;
    private readonly ConcurrentDictionary<string, IReadOnlyList<CimClass>> derived = new(StringComparer.OrdinalIgnoreCase);

    private CimSchema(IEnumerable<CimClass> read) => classes = read.ToDictionary(one => one.Name, StringComparer.OrdinalIgnoreCase);

    /// <summary>The one schema.</summary>
    public static CimSchema Instance => Loaded.Value;

    /// <summary>Every class.</summary>
    public IReadOnlyCollection<CimClass> Classes => classes.Values;

    /// <summary>A class, or null if the schema does not have it.</summary>
    public CimClass? Find(string className) => classes.GetValueOrDefault(className);

    /// <summary>Whether one class is the other or derives from it.</summary>
    public bool Is(string className, string ancestor)
    {
        for (var name = className; name is not null; name = Find(name)?.Superclass)
        {
            if (name.Equals(ancestor, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The classes that have instances and are this class or derive from it.</summary>
    public IReadOnlyList<CimClass> WithInstances(string className) =>
        derived.GetOrAdd(className, name => [.. classes.Values.Where(one => !one.IsAbstract && Is(one.Name, name)).OrderBy(one => one.Name, StringComparer.Ordinal)]);
}
