using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Model;

/// <summary>The one instance of each of a host's services (<c>CIM_Service</c>), and what methods of services have in common.</summary>
internal static class HostServices
{
    /// <summary>Registers a service of the host that never changes.</summary>
    public static CimInstance Add(SimulatedHyperVHost host, string className, string name, string elementName)
    {
        var instance = Instance(host, className, name, elementName);
        Add(host, instance, () => instance);
        return instance;
    }

    /// <summary>Registers a service of the host.</summary>
    /// <param name="host">The host.</param>
    /// <param name="service">The service, with its keys.</param>
    /// <param name="read">The service as it is now.</param>
    public static void Add(SimulatedHyperVHost host, CimInstance service, Func<CimInstance> read)
    {
        host.Catalogue.Add(service.ClassName, () => [read()], path => service.ClassName.Equals(path["CreationClassName"], StringComparison.OrdinalIgnoreCase) ? read() : null);
    }

    /// <summary>A service of the host.</summary>
    /// <param name="host">The host.</param>
    /// <param name="className">The service's class.</param>
    /// <param name="name">Its <c>Name</c>, the name of the Windows service behind it.</param>
    /// <param name="elementName">Its name for people.</param>
    public static CimInstance Instance(SimulatedHyperVHost host, string className, string name, string elementName)
    {
        var instance = CimBlank.Of(className);
        instance["Caption"] = elementName;
        instance["CreationClassName"] = className;
        instance["Description"] = elementName;
        instance["ElementName"] = elementName;
        instance["EnabledDefault"] = (ushort)2;
        instance["EnabledState"] = (ushort)5;
        instance["HealthState"] = (ushort)5;
        instance["Name"] = name;
        instance["OperationalStatus"] = new ushort[] { 2 };
        instance["RequestedState"] = (ushort)12;
        instance["Started"] = true;
        instance["StartMode"] = "Automatic";
        instance["Status"] = "OK";
        instance["StatusDescriptions"] = new[] { "OK" };
        instance["SystemCreationClassName"] = "Msvm_ComputerSystem";
        instance["SystemName"] = host.Name;
        return instance;
    }

    /// <summary>Registers the one instance of a class of settings or capabilities.</summary>
    public static void AddSingle(SimulatedHyperVHost host, string className, Func<CimInstance> read) =>
        host.Catalogue.Add(className, () => [read()], path => read() is var instance && string.Equals(path["InstanceID"], instance.String("InstanceID"), StringComparison.OrdinalIgnoreCase) ? instance : null);

    /// <summary>Associates the one instance of a class with that of another.</summary>
    public static void Pair(SimulatedHyperVHost host, string associationClass, string leftRole, CimPath left, string rightRole, CimPath right, Action<CimPath, CimPath, CimInstance>? others = null) =>
        host.Catalogue.Associate(associationClass, leftRole, rightRole, from => from.Equals(left) ? [right] : [], from => from.Equals(right) ? [left] : [], others);

    /// <summary>An embedded instance that a caller gave; <see cref="MethodRefused"/> with <paramref name="invalid"/> if it is none of the class.</summary>
    public static CimInstance Embedded(string? text, string className, uint invalid = ReturnCode.InvalidParameter)
    {
        try
        {
            var read = CimXml.Read(text is { Length: > 0 } ? text : throw new MethodRefused(invalid, $"A {className} is missing."));
            return CimSchema.Instance.Is(read.ClassName, className) ? read : throw new MethodRefused(invalid, $"A {read.ClassName} is no {className}.");
        }
        catch (CimException wrong)
        {
            throw new MethodRefused(invalid, wrong.Message);
        }
    }

    /// <summary>A copy of settings with those of the <paramref name="writable"/> properties that a caller gave.</summary>
    public static CimInstance Changed(CimInstance settings, CimInstance wanted, IReadOnlySet<string> writable)
    {
        var changed = settings.Copy();
        foreach (var (name, value) in wanted.Properties)
        {
            if (writable.Contains(name) && value is not null)
            {
                changed[name] = value;
            }
        }

        return changed;
    }
}
