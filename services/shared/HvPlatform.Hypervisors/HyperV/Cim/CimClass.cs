namespace HvPlatform.Hypervisors.HyperV.Cim;

/// <summary>A class of the schema with all its properties and methods, inherited ones too.</summary>
public sealed class CimClass
{
    internal CimClass(string name, string? superclass, bool isAbstract, bool isAssociation, IReadOnlyList<CimProperty> properties, IReadOnlyList<CimMethod> methods)
    {
        Name = name;
        Superclass = superclass;
        IsAbstract = isAbstract;
        IsAssociation = isAssociation;
        Properties = properties;
        Methods = methods;
        byName = properties.ToDictionary(property => property.Name, StringComparer.OrdinalIgnoreCase);
        methodsByName = methods.ToDictionary(method => method.Name, StringComparer.OrdinalIgnoreCase);
    }

    private readonly Dictionary<string, CimProperty> byName;
    private readonly Dictionary<string, CimMethod> methodsByName;

    /// <summary>Its name, in the schema's casing.</summary>
    public string Name { get; }

    /// <summary>The class it derives from, or null.</summary>
    public string? Superclass { get; }

    /// <summary>Has no instances of its own.</summary>
    public bool IsAbstract { get; }

    /// <summary>Relates instances to each other.</summary>
    public bool IsAssociation { get; }

    /// <summary>Its properties, in the order of their names without case, which is the order on the wire.</summary>
    public IReadOnlyList<CimProperty> Properties { get; }

    /// <summary>Its methods.</summary>
    public IReadOnlyList<CimMethod> Methods { get; }

    /// <summary>A property, or null.</summary>
    public CimProperty? Property(string name) => byName.GetValueOrDefault(name);

    /// <summary>A method, or null.</summary>
    public CimMethod? Method(string name) => methodsByName.GetValueOrDefault(name);

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>A property of a class, or a parameter of a method.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type.</param>
/// <param name="IsArray">Whether it is an array.</param>
/// <param name="IsKey">Whether it is part of the instance's identity.</param>
/// <param name="ClassName">For a reference or an embedded object: of which class; otherwise null.</param>
public sealed record CimProperty(string Name, CimType Type, bool IsArray, bool IsKey, string? ClassName);

/// <summary>A parameter of a method.</summary>
/// <param name="Property">Name and type.</param>
/// <param name="In">Given by the caller.</param>
/// <param name="Out">Given back.</param>
public sealed record CimParameter(CimProperty Property, bool In, bool Out);

/// <summary>A method of a class.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Parameters">Its parameters, in their order.</param>
/// <param name="ReturnValues">The documented return values with their meaning; empty if none are documented.</param>
public sealed record CimMethod(string Name, IReadOnlyList<CimParameter> Parameters, IReadOnlyDictionary<uint, string> ReturnValues);
