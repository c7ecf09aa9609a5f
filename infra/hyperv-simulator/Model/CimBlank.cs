using System.Collections.Concurrent;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Model;

/// <summary>Instances that have every property of their class, null at first, in the schema's order: what a host always sends.</summary>
public static class CimBlank
{
    private static readonly ConcurrentDictionary<string, CimInstance> Templates = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>A new instance of a class of the schema.</summary>
    public static CimInstance Of(string className) => Templates.GetOrAdd(className, Make).Copy();

    /// <summary>A method's result: <c>ReturnValue</c> and out parameters.</summary>
    public static CimInstance Result(uint returnValue, params ReadOnlySpan<(string Name, object? Value)> outParameters)
    {
        var result = new CimInstance("__PARAMETERS") { ["ReturnValue"] = returnValue };
        foreach (var (name, value) in outParameters)
        {
            result[name] = value;
        }

        return result;
    }

    private static CimInstance Make(string className)
    {
        var declared = CimSchema.Instance.Find(className) ?? throw new ArgumentException($"The schema has no class {className}.", nameof(className));
        var template = new CimInstance(declared.Name);
        foreach (var property in declared.Properties)
        {
            template[property.Name] = null;
        }

        return template;
    }
}
