using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Model;
using Xunit;

namespace HvPlatform.HyperVTests.Simulator;

public sealed class CimCatalogueTests
{
    private readonly CimCatalogue catalogue = new("HV1");

    public CimCatalogueTests()
    {
        var service = CimBlank.Of("Msvm_VirtualSystemManagementService");
        service["CreationClassName"] = "Msvm_VirtualSystemManagementService";
        service["Name"] = "vmms";
        service["SystemCreationClassName"] = "Msvm_ComputerSystem";
        service["SystemName"] = "HV1";
        catalogue.Add("Msvm_VirtualSystemManagementService", () => [service], _ => service);
        catalogue.Method("Msvm_VirtualSystemManagementService", "DestroySystem", (_, arguments) => CimBlank.Result(arguments.Reference("AffectedSystem") is null ? throw new MethodRefused(32773, "no system") : 0u));
        catalogue.Add("Msvm_ComputerSystem", () => [System("A"), System("B")], path => path["Name"]!.ToUpperInvariant() is "A" or "B" ? System(path["Name"]!.ToUpperInvariant()) : null);
        catalogue.Add("Msvm_VirtualSystemSettingData", () => [Settings("A"), Settings("B")], path => Settings(path["InstanceID"]!["Microsoft:".Length..]));
        catalogue.Associate(
            "Msvm_SettingsDefineState",
            "ManagedElement",
            "SettingData",
            system => system.ClassName == "Msvm_ComputerSystem" ? [catalogue.PathOf(Settings(system["Name"]!))] : [],
            settings => settings.ClassName == "Msvm_VirtualSystemSettingData" ? [catalogue.PathOf(System(settings["InstanceID"]!["Microsoft:".Length..]))] : []);
    }

    [Fact]
    public void Get_NeedsAllKeysOfAnythingButAService()
    {
        var error = Assert.Throws<CimException>(() => catalogue.Get(new CimPath("Msvm_ComputerSystem", ("Name", "A"))));
        Assert.Equal(CimErrorKind.InvalidRequest, error.Kind);
        Assert.Equal("vmms", catalogue.Get(new CimPath("Msvm_VirtualSystemManagementService", ("CreationClassName", "Msvm_VirtualSystemManagementService")))!.String("Name"));
        Assert.Null(catalogue.Get(new CimPath("Msvm_VirtualSystemManagementService", ("CreationClassName", "Msvm_VirtualSystemManagementService"), ("SystemName", "HV2"))));
    }

    [Fact]
    public void Get_ComparesKeysWithoutCaseAndTakesABaseClass()
    {
        Assert.Equal("A", catalogue.Get(SystemPath("a"))!.String("Name"));
        Assert.Equal("B", catalogue.Get(new CimPath("CIM_System", ("CreationClassName", "msvm_computersystem"), ("Name", "B")))?.String("Name"));
        Assert.Null(catalogue.Get(SystemPath("C")));
    }

    [Fact]
    public void Enumerate_IncludesDerivedClassesAndLooksUpByKeys()
    {
        Assert.Equal(["A", "B"], catalogue.Enumerate(CimPath.Virtualization, "CIM_System").Select(one => one.String("Name")));
        Assert.Equal(["B"], catalogue.Enumerate(CimPath.Virtualization, "Msvm_ComputerSystem", new Dictionary<string, string> { ["name"] = "B" }).Select(one => one.String("Name")));
        Assert.Equal(CimErrorKind.ClassNotFound, Assert.Throws<CimException>(() => catalogue.Enumerate(CimPath.Cimv2, "Msvm_ComputerSystem")).Kind);
        Assert.Equal(CimErrorKind.ClassNotFound, Assert.Throws<CimException>(() => catalogue.Enumerate(CimPath.Virtualization, "Msvm_Nonsense")).Kind);
    }

    [Fact]
    public void Associations_LeadBothWaysAndAreFilteredByClass()
    {
        Assert.Equal("Microsoft:A", Assert.Single(catalogue.Associators(SystemPath("a"), "CIM_SettingsDefineState", "CIM_SettingData")).String("InstanceID"));
        Assert.Empty(catalogue.Associators(SystemPath("A"), null, "Msvm_ProcessorSettingData"));
        Assert.Equal("B", Assert.Single(catalogue.Associators(new CimPath("Msvm_VirtualSystemSettingData", ("InstanceID", "Microsoft:B")), "Msvm_SettingsDefineState", null)).String("Name"));
        var reference = Assert.Single(catalogue.References(SystemPath("A"), null));
        Assert.Equal(SystemPath("A"), reference.Reference("ManagedElement"));
        Assert.Equal("Microsoft:A", catalogue.Get(catalogue.PathOf(reference))!.Reference("SettingData")!["InstanceID"]);
        Assert.Equal(2, catalogue.Enumerate(CimPath.Virtualization, "Msvm_SettingsDefineState").Count());
        Assert.Equal(CimErrorKind.NotFound, Assert.Throws<CimException>(() => catalogue.Associators(SystemPath("C"), null, null)).Kind);
    }

    [Fact]
    public void Invoke_ChecksTargetMethodAndArguments()
    {
        var service = new CimPath("Msvm_VirtualSystemManagementService", ("CreationClassName", "Msvm_VirtualSystemManagementService"));
        var done = catalogue.Invoke(service, "destroysystem", new CimInstance("In") { ["AffectedSystem"] = SystemPath("A") });
        Assert.Equal(0L, done.Number("ReturnValue"));
        Assert.Equal(["Job", "ReturnValue"], done.Properties.Keys);
        Assert.Equal(32773L, catalogue.Invoke(service, "DestroySystem", new CimInstance("In")).Number("ReturnValue"));
        Assert.Equal(CimErrorKind.InvalidRequest, Assert.Throws<CimException>(() => catalogue.Invoke(service, "Nonsense", new CimInstance("In"))).Kind);
        Assert.Equal(CimErrorKind.InvalidRequest, Assert.Throws<CimException>(() => catalogue.Invoke(service, "DestroySystem", new CimInstance("In") { ["Force"] = true })).Kind);
        Assert.Equal(CimErrorKind.InvalidRequest, Assert.Throws<CimException>(() => catalogue.Invoke(service, "DestroySystem", new CimInstance("In") { ["AffectedSystem"] = "A" })).Kind);
        Assert.Equal(CimErrorKind.NotFound, Assert.Throws<CimException>(() => catalogue.Invoke(SystemPath("C"), "RequestStateChange", new CimInstance("In"))).Kind);
        Assert.Equal(32770L, catalogue.Invoke(SystemPath("A"), "RequestStateChange", new CimInstance("In")).Number("ReturnValue"));
    }

    private static CimPath SystemPath(string name) => new("Msvm_ComputerSystem", ("CreationClassName", "Msvm_ComputerSystem"), ("Name", name));

    private static CimInstance System(string name)
    {
        var system = CimBlank.Of("Msvm_ComputerSystem");
        system["CreationClassName"] = "Msvm_ComputerSystem";
        system["Name"] = name;
        return system;
    }

    private static CimInstance Settings(string name)
    {
        var settings = CimBlank.Of("Msvm_VirtualSystemSettingData");
        settings["InstanceID"] = "Microsoft:" + name;
        return settings;
    }
}
