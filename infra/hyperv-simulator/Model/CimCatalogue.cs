using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Repository;

namespace HvPlatform.HyperVSimulator.Model;

/// <summary>
/// The classes, associations and methods of one simulated host, each registered by the part of the model that owns it. A class may be registered by several parts.
/// Whatever is asked runs under <see cref="Gate"/>, the host's one lock, after <paramref name="advance"/> brought the model up to the clock; handlers must not wait for
/// another host's lock. Instances given out are never changed afterwards: a part replaces what it stores instead of writing into it.
/// </summary>
/// <param name="hostName">The host's name, as in object paths.</param>
/// <param name="advance">Does what is due by now; runs first in every call.</param>
public sealed partial class CimCatalogue(string hostName, Action? advance = null) : ICimRepository
{
    private readonly Dictionary<string, List<Provider>> providers = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<CimAssociation> associations = [];
    private readonly Dictionary<string, Func<CimPath, CimInstance, CimInstance>> methods = new(StringComparer.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public string HostName => hostName;

    /// <summary>The host's one lock; may be taken again by who holds it.</summary>
    public Lock Gate { get; } = new();

    /// <summary>The classes that were registered.</summary>
    public IReadOnlyCollection<string> RegisteredClasses => providers.Keys;

    /// <summary>Registers a class's instances. Only while the host is being put together.</summary>
    /// <param name="className">A class of the schema that has instances.</param>
    /// <param name="all">All of them.</param>
    /// <param name="one">One by its path, or null. The path has all keys (of a service, of those at least <c>CreationClassName</c>).</param>
    /// <param name="where">Those that may have these values, if the part can find them without looking at all; null to look at all. The caller filters again.</param>
    public void Add(string className, Func<IEnumerable<CimInstance>> all, Func<CimPath, CimInstance?> one, Func<IReadOnlyDictionary<string, string>, IEnumerable<CimInstance>?>? where = null)
    {
        var declared = Declared(className);
        if (!providers.TryGetValue(declared.Name, out var list))
        {
            providers.Add(declared.Name, list = []);
        }

        list.Add(new Provider(all, one, where));
    }

    /// <summary>Registers an association.</summary>
    /// <param name="associationClass">Its class.</param>
    /// <param name="leftRole">The property that refers to one end.</param>
    /// <param name="rightRole">The property that refers to the other end.</param>
    /// <param name="rightsOf">From an instance at the left end to those at the right end; empty for any that it does not know. The path is as <see cref="PathOf"/> makes it.</param>
    /// <param name="leftsOf">From an instance at the right end to those at the left end, likewise.</param>
    /// <param name="others">Sets the association's other properties, given left, right and the instance.</param>
    public void Associate(
        string associationClass, string leftRole, string rightRole, Func<CimPath, IEnumerable<CimPath>> rightsOf, Func<CimPath, IEnumerable<CimPath>> leftsOf, Action<CimPath, CimPath, CimInstance>? others = null)
    {
        var declared = Declared(associationClass);
        foreach (var role in (string[])[leftRole, rightRole])
        {
            if (declared.Property(role) is not { Type: CimType.Reference })
            {
                throw new ArgumentException($"{associationClass} has no reference {role}.", nameof(associationClass));
            }
        }

        associations.Add(new CimAssociation(declared, leftRole, rightRole, rightsOf, leftsOf, others));
    }

    /// <summary>
    /// Registers a method. Its handler gets the target's path, as <see cref="PathOf"/> makes it, and the arguments, which fit the schema; the target exists. It returns
    /// <see cref="CimBlank.Result"/>, or throws <see cref="MethodRefused"/> or <see cref="CimException"/>.
    /// </summary>
    public void Method(string className, string method, Func<CimPath, CimInstance, CimInstance> handler)
    {
        if (Declared(className).Method(method) is null)
        {
            throw new ArgumentException($"{className} has no method {method}.", nameof(method));
        }

        methods.Add($"{className}.{method}", handler);
    }

    /// <inheritdoc/>
    public CimInstance? Get(CimPath path)
    {
        lock (Gate)
        {
            advance?.Invoke();
            return Find(path);
        }
    }

    /// <inheritdoc/>
    public IEnumerable<CimInstance> Enumerate(string nameSpace, string className, IReadOnlyDictionary<string, string>? equal = null)
    {
        lock (Gate)
        {
            advance?.Invoke();
            var asked = Known(nameSpace, className);
            var found = new List<CimInstance>();
            foreach (var declared in CimSchema.Instance.WithInstances(asked.Name))
            {
                foreach (var provider in providers.GetValueOrDefault(declared.Name) ?? [])
                {
                    AddInstances(declared, provider, equal, found);
                }
            }

            foreach (var association in associations)
            {
                if (CimSchema.Instance.Is(association.Class.Name, asked.Name))
                {
                    found.AddRange(AllOf(association));
                }
            }

            return found;
        }
    }

    /// <inheritdoc/>
    public IEnumerable<CimInstance> Associators(CimPath source, string? associationClass, string? resultClass)
    {
        lock (Gate)
        {
            advance?.Invoke();
            var path = Existing(source);
            CheckClass(path.Namespace, resultClass);
            var found = new List<CimInstance>();
            foreach (var association in Matching(path.Namespace, associationClass))
            {
                foreach (var other in association.OthersOf(path))
                {
                    if ((resultClass is null || CimSchema.Instance.Is(other.ClassName, resultClass)) && Find(other) is { } instance)
                    {
                        found.Add(instance);
                    }
                }
            }

            return found;
        }
    }

    /// <inheritdoc/>
    public IEnumerable<CimInstance> References(CimPath source, string? associationClass)
    {
        lock (Gate)
        {
            advance?.Invoke();
            var path = Existing(source);
            return [.. Matching(path.Namespace, associationClass).SelectMany(association => association.InstancesOf(path))];
        }
    }

    /// <inheritdoc/>
    public CimPath PathOf(CimInstance instance)
    {
        var declared = CimSchema.Instance.Find(instance.ClassName) ?? throw Unknown(CimPath.Virtualization, instance.ClassName);
        var keys = new List<(string, string)>();
        foreach (var key in declared.Properties)
        {
            if (key.IsKey)
            {
                keys.Add((key.Name, instance[key.Name] switch
                {
                    null => string.Empty,
                    CimPath path => path.ToObjectPath(hostName),
                    var value => CimText.Format(value),
                }));
            }
        }

        return new CimPath(NamespaceOf(declared.Name), declared.Name, [.. keys]);
    }

    private static void AddInstances(CimClass declared, Provider provider, IReadOnlyDictionary<string, string>? equal, List<CimInstance> found)
    {
        if (equal is { Count: > 0 })
        {
            if (KeysFrom(declared, equal) is { } path)
            {
                if (provider.One(path) is { } one)
                {
                    found.Add(one);
                }

                return;
            }

            if (provider.Where?.Invoke(equal) is { } some)
            {
                found.AddRange(some);
                return;
            }
        }

        found.AddRange(provider.All());
    }

    /// <summary>The path that values to be equal make, if they name an instance; the names of classes in keys need not be given.</summary>
    private static CimPath? KeysFrom(CimClass declared, IReadOnlyDictionary<string, string> equal)
    {
        var keys = new List<(string, string)>();
        foreach (var key in declared.Properties)
        {
            if (!key.IsKey)
            {
                continue;
            }

            var value = equal.FirstOrDefault(pair => pair.Key.Equals(key.Name, StringComparison.OrdinalIgnoreCase)).Value
                ?? (key.Name == "CreationClassName" ? declared.Name : key.Name == "SystemCreationClassName" ? "Msvm_ComputerSystem" : null);
            if (value is null)
            {
                return null;
            }

            keys.Add((key.Name, value));
        }

        return keys.Count == 0 ? null : new CimPath(NamespaceOf(declared.Name), declared.Name, [.. keys]);
    }

    private IEnumerable<CimInstance> AllOf(CimAssociation association)
    {
        var leftClass = association.Class.Property(association.LeftRole)!.ClassName!;
        return CimSchema.Instance.WithInstances(leftClass)
            .SelectMany(declared => providers.GetValueOrDefault(declared.Name) ?? [])
            .SelectMany(provider => provider.All())
            .SelectMany(left => PathOf(left) is var path ? association.RightsOf(path).Select(right => association.Instance(path, right)) : []);
    }

    private IEnumerable<CimAssociation> Matching(string nameSpace, string? associationClass)
    {
        CheckClass(nameSpace, associationClass);
        return associationClass is null ? associations : associations.Where(association => CimSchema.Instance.Is(association.Class.Name, associationClass));
    }

    private static CimClass Declared(string className) => CimSchema.Instance.Find(className) ?? throw new ArgumentException($"The schema has no class {className}.", nameof(className));

    private static void CheckClass(string nameSpace, string? className)
    {
        if (className is not null)
        {
            Known(nameSpace, className);
        }
    }

    private static string NamespaceOf(string className) => className.StartsWith("Win32_", StringComparison.OrdinalIgnoreCase) ? CimPath.Cimv2 : CimPath.Virtualization;

    private static CimClass Known(string nameSpace, string className) =>
        CimSchema.Instance.Find(className) is { } declared && nameSpace.Equals(NamespaceOf(declared.Name), StringComparison.OrdinalIgnoreCase) ? declared : throw Unknown(nameSpace, className);

    private static CimException Unknown(string nameSpace, string className) =>
        new(CimErrorKind.ClassNotFound, $"The namespace {nameSpace} has no class {className}.", 0x8033801A);

    private sealed record Provider(Func<IEnumerable<CimInstance>> All, Func<CimPath, CimInstance?> One, Func<IReadOnlyDictionary<string, string>, IEnumerable<CimInstance>?>? Where);
}
