using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Model.Vms;

/// <summary><c>Msvm_SecurityService</c>: a virtual machine's TPM and its key protector; and <c>Msvm_SecurityElement</c>.</summary>
internal sealed class VmSecurity
{
    private const string Service = "Msvm_SecurityService";
    private const string Element = "Msvm_SecurityElement";
    private const uint InvalidParameter = 4;
    private const uint InvalidState = 5;
    private readonly SimulatedHyperVHost host;

    public VmSecurity(SimulatedHyperVHost host)
    {
        this.host = host;
        HostServices.Add(host, Service, "vmms", "Hyper-V Security Service");
        host.Catalogue.Method(Service, "ModifySecuritySettings", (_, arguments) => Modify(arguments));
        host.Catalogue.Method(Service, "SetKeyProtector", (_, arguments) => SetKeyProtector(arguments));
        host.Catalogue.Method(Service, "GetKeyProtector", (_, arguments) => CimBlank.Result(0, ("KeyProtector", VmOf(Wanted(arguments)).KeyProtector)));
        host.Catalogue.Add(Element, () => host.Vms.Values.Select(Instance), path => host.Vms.GetValueOrDefault(path["SystemName"]!) is { } vm ? Instance(vm) : null);
        host.Catalogue.Associate(
            "Msvm_SystemComponent",
            "GroupComponent",
            "PartComponent",
            system => system.ClassName == "Msvm_ComputerSystem" && host.FindVm(system) is { } vm ? [host.Catalogue.PathOf(Instance(vm))] : [],
            element => element.ClassName == Element && host.Vms.GetValueOrDefault(element["SystemName"]!) is { } vm ? [vm.Path] : []);
    }

    private CimInstance Modify(CimInstance arguments)
    {
        try
        {
            var wanted = Wanted(arguments);
            return VmOf(wanted) is { KeyProtector.Length: 0 } && wanted.Boolean("TpmEnabled") == true
                ? throw new MethodRefused(InvalidState, "A TPM needs a key protector first.")
                : host.Management.ModifySecurity(wanted);
        }
        catch (MethodRefused refused) when (refused.ReturnValue >= ReturnCode.Failed)
        {
            throw new MethodRefused(refused.ReturnValue == ReturnCode.InvalidState ? InvalidState : InvalidParameter, refused.Message);
        }
    }

    private CimInstance SetKeyProtector(CimInstance arguments)
    {
        var vm = VmOf(Wanted(arguments));
        if (vm.IsActive)
        {
            throw new MethodRefused(ReturnCode.InvalidState, $"The virtual machine '{vm.Name}' is {vm.State}.");
        }

        vm.KeyProtector = [.. arguments.Array<byte>("KeyProtector")];
        return CimBlank.Result(0);
    }

    private static CimInstance Wanted(CimInstance arguments) => HostServices.Embedded(arguments.String("SecuritySettingData"), "Msvm_SecuritySettingData");

    private SimulatedVm VmOf(CimInstance wanted) => host.FindConfiguration(wanted.String("InstanceID")) is var (vm, configuration) && configuration.Find(wanted.String("InstanceID")!) is not null
        ? vm : throw VmResources.Invalid($"There are no security settings {wanted.String("InstanceID")}.");

    private static CimInstance Instance(SimulatedVm vm)
    {
        var settings = vm.Configuration.Of("Msvm_SecuritySettingData").First();
        var element = CimBlank.Of(Element);
        element["Caption"] = "Security";
        element["CreationClassName"] = Element;
        element["Description"] = "Microsoft Virtual Machine Security";
        element["ElementName"] = "Security";
        element["EnabledDefault"] = (ushort)2;
        element["EnabledState"] = (ushort)2;
        element["EncryptStateAndVmMigrationTrafficEnabled"] = settings["EncryptStateAndVmMigrationTraffic"];
        element["HealthState"] = (ushort)5;
        element["Name"] = "Security";
        element["OperationalStatus"] = new ushort[] { 2 };
        element["RequestedState"] = (ushort)12;
        element["Shielded"] = settings["ShieldingRequested"];
        element["Status"] = "OK";
        element["StatusDescriptions"] = new[] { "OK" };
        element["SystemCreationClassName"] = "Msvm_ComputerSystem";
        element["SystemName"] = vm.Key;
        return element;
    }
}
