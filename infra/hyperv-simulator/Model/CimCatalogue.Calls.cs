using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Model;

/// <summary>Finding one instance, and calling a method of it.</summary>
public sealed partial class CimCatalogue
{
    private const uint InvalidParameters = 0x8004102F;

    /// <inheritdoc/>
    public CimInstance Invoke(CimPath target, string method, CimInstance arguments)
    {
        lock (Gate)
        {
            advance?.Invoke();
            var declared = Known(target.Namespace, target.ClassName);
            var path = Existing(target);
            declared = CimSchema.Instance.Find(path.ClassName) ?? declared;
            var called = declared.Method(method) ?? throw new CimException(CimErrorKind.InvalidRequest, $"{declared.Name} has no method {method}.", 0x8004102E);
            CheckArguments(called, arguments);
            return Complete(called, Handle(declared, called, path, arguments));
        }
    }

    private CimInstance Handle(CimClass declared, CimMethod called, CimPath path, CimInstance arguments)
    {
        for (var owner = declared; owner is not null; owner = owner.Superclass is { } above ? CimSchema.Instance.Find(above) : null)
        {
            if (methods.TryGetValue($"{owner.Name}.{called.Name}", out var handler))
            {
                try
                {
                    return handler(path, arguments);
                }
                catch (MethodRefused refused)
                {
                    return CimBlank.Result(refused.ReturnValue);
                }
            }
        }

        return CimBlank.Result(called.ReturnValues.ContainsKey(ReturnCode.NotSupported) || called.ReturnValues.Count == 0 ? ReturnCode.NotSupported : 1);
    }

    private static void CheckArguments(CimMethod called, CimInstance arguments)
    {
        foreach (var (name, value) in arguments.Properties)
        {
            var parameter = called.Parameters.FirstOrDefault(one => one.In && one.Property.Name.Equals(name, StringComparison.OrdinalIgnoreCase))?.Property
                ?? throw new CimException(CimErrorKind.InvalidRequest, $"{called.Name} has no in parameter {name}.", InvalidParameters);
            if (value is not null && CimText.TypeOf(value) != (parameter.Type, parameter.IsArray))
            {
                throw new CimException(CimErrorKind.InvalidRequest, $"{name} of {called.Name} is {CimText.Name(parameter.Type)}{(parameter.IsArray ? "[]" : string.Empty)}, not {value.GetType().Name}.", InvalidParameters);
            }
        }
    }

    /// <summary>All out parameters in their order, then the return value.</summary>
    private static CimInstance Complete(CimMethod called, CimInstance given)
    {
        var result = new CimInstance(called.Name + "_OUTPUT");
        foreach (var parameter in called.Parameters)
        {
            if (parameter.Out)
            {
                result[parameter.Property.Name] = given[parameter.Property.Name];
            }
        }

        result["ReturnValue"] = given["ReturnValue"];
        return result;
    }

    private CimPath Existing(CimPath path) =>
        Find(path) is { } instance ? PathOf(instance) : throw new CimException(CimErrorKind.NotFound, $"There is no {path.RelativePath} on {hostName}.", 0x80338000);

    private CimInstance? Find(CimPath path)
    {
        var asked = Known(path.Namespace, path.ClassName);
        CheckKeys(asked, path);
        foreach (var declared in CimSchema.Instance.WithInstances(asked.Name))
        {
            foreach (var provider in providers.GetValueOrDefault(declared.Name) ?? [])
            {
                if (provider.One(path) is { } instance && Answers(instance, path))
                {
                    return instance;
                }
            }
        }

        return associations.Where(association => CimSchema.Instance.Is(association.Class.Name, asked.Name)).Select(association => Find(association, path)).FirstOrDefault(found => found is not null);
    }

    private CimInstance? Find(CimAssociation association, CimPath path)
    {
        if (!CimPath.TryParse(path[association.LeftRole], out var left) || !CimPath.TryParse(path[association.RightRole], out var right) || Find(left!) is not { } one || Find(right!) is not { } other)
        {
            return null;
        }

        var from = PathOf(one);
        return association.RightsOf(from).FirstOrDefault(PathOf(other).Equals) is { } to ? association.Instance(from, to) : null;
    }

    /// <summary>The keys that were given are this instance's; a part looks only at those that tell its instances apart. Texts compare without case, as in WMI.</summary>
    private static bool Answers(CimInstance instance, CimPath path)
    {
        foreach (var (name, value) in path.Keys)
        {
            if (instance[name] is not { } own || !CimText.Format(own).Equals(value, StringComparison.OrdinalIgnoreCase))
            {
                return false;
            }
        }

        return true;
    }

    private static void CheckKeys(CimClass asked, CimPath path)
    {
        var keys = asked.Properties.Where(property => property.IsKey).ToList();
        foreach (var (name, _) in path.Keys)
        {
            if (asked.Properties.Count > 0 && !keys.Exists(key => key.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
            {
                throw new CimException(CimErrorKind.InvalidRequest, $"{name} is no key of {asked.Name}.", InvalidParameters);
            }
        }

        var isService = CimSchema.Instance.Is(asked.Name, "CIM_Service");
        foreach (var key in keys)
        {
            if (path[key.Name] is null && !(isService && path["CreationClassName"] is not null))
            {
                throw new CimException(CimErrorKind.InvalidRequest, $"{asked.Name} is named by all its keys; {key.Name} is missing.", InvalidParameters);
            }
        }

        if (path.Keys.Count == 0)
        {
            throw new CimException(CimErrorKind.InvalidRequest, $"{asked.Name} is named by its keys; none was given.", InvalidParameters);
        }
    }
}
