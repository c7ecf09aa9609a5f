using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Repository;

namespace HvPlatform.HyperVTests.Cim.WsMan;

/// <summary>A repository of the instances that a test puts in, without any behaviour of Hyper-V. A method answers with its own arguments.</summary>
internal sealed class ListRepository : ICimRepository
{
    /// <summary>All instances.</summary>
    public List<CimInstance> Instances { get; } = [];

    /// <summary>The host refuses every WQL query with this; null: it takes them.</summary>
    public CimException? RefusesFilters { get; set; }

    /// <summary>How many queries were filtered here.</summary>
    public int Filtered { get; private set; }

    /// <summary>How many methods were called.</summary>
    public int Invoked { get; private set; }

    public string HostName => "HV1";

    public CimInstance? Get(CimPath path) => Instances.Find(instance => PathOf(instance).Equals(path));

    public IEnumerable<CimInstance> Enumerate(string nameSpace, string className, IReadOnlyDictionary<string, string>? equal = null)
    {
        if (equal is not null)
        {
            Filtered++;
            if (RefusesFilters is not null)
            {
                throw RefusesFilters;
            }
        }

        if (CimSchema.Instance.Find(className) is null && !Instances.Exists(instance => instance.ClassName == className))
        {
            throw new CimException(CimErrorKind.ClassNotFound, "There is no such class.", 0x8033801A);
        }

        return [.. Instances.Where(instance => CimSchema.Instance.Is(instance.ClassName, className))];
    }

    public IEnumerable<CimInstance> Associators(CimPath source, string? associationClass, string? resultClass) =>
        [.. Instances.Where(instance => Refers(instance, source, associationClass)).SelectMany(instance => instance.Properties.Values.OfType<CimPath>()).Where(path => !path.Equals(source) && (resultClass is null || path.ClassName == resultClass)).Select(path => Get(path)!)];

    public IEnumerable<CimInstance> References(CimPath source, string? associationClass) => [.. Instances.Where(instance => Refers(instance, source, associationClass))];

    public CimPath PathOf(CimInstance instance) =>
        new(instance.ClassName, [.. (CimSchema.Instance.Find(instance.ClassName)?.Properties ?? []).Where(property => property.IsKey).Select(property => (property.Name, instance[property.Name]?.ToString() ?? string.Empty))]);

    public CimInstance Invoke(CimPath target, string method, CimInstance arguments)
    {
        Invoked++;
        var result = arguments.Copy();
        result["ReturnValue"] = 0u;
        return result;
    }

    /// <summary>A machine, its settings, and the association between them.</summary>
    public CimPath AddVm(string name, string elementName)
    {
        var vm = new CimInstance("Msvm_ComputerSystem") { ["CreationClassName"] = "Msvm_ComputerSystem", ["Name"] = name, ["ElementName"] = elementName, ["EnabledState"] = (ushort)3, ["OperationalStatus"] = new ushort[] { 2 } };
        var settings = new CimInstance("Msvm_VirtualSystemSettingData") { ["InstanceID"] = @"Microsoft:" + name, ["ElementName"] = elementName, ["Notes"] = new[] { "one", "two" } };
        Instances.Add(vm);
        Instances.Add(settings);
        Instances.Add(new CimInstance("Msvm_SettingsDefineState") { ["ManagedElement"] = PathOf(vm), ["SettingData"] = PathOf(settings) });
        return PathOf(vm);
    }

    private static bool Refers(CimInstance instance, CimPath source, string? associationClass) =>
        (associationClass is null || instance.ClassName == associationClass) && instance.Properties.Values.OfType<CimPath>().Any(path => path.Equals(source));
}
