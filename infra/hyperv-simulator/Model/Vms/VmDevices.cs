using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Model.Vms;

/// <summary>The devices of virtual machines (<c>CIM_LogicalDevice</c>), made of their settings and state when somebody asks.</summary>
internal sealed class VmDevices
{
    private const string Processor = "Msvm_Processor";

    private static readonly (ResourceKind Kind, string ClassName)[] FromSettings =
    [
        (ResourceKinds.Memory, "Msvm_Memory"),
        (ResourceKinds.IdeController, "Msvm_IDEController"),
        (ResourceKinds.ScsiController, "Msvm_SCSIProtocolController"),
        (ResourceKinds.DisketteController, "Msvm_DisketteController"),
        (ResourceKinds.DisketteDrive, "Msvm_DisketteDrive"),
        (ResourceKinds.DiskDrive, "Msvm_DiskDrive"),
        (ResourceKinds.PhysicalDiskDrive, "Msvm_DiskDrive"),
        (ResourceKinds.DvdDrive, "Msvm_DVDDrive"),
        (ResourceKinds.SyntheticEthernetPort, "Msvm_SyntheticEthernetPort"),
        (ResourceKinds.EmulatedEthernetPort, "Msvm_EmulatedEthernetPort"),
        (ResourceKinds.SerialController, "Msvm_SerialController"),
        (ResourceKinds.SerialPort, "Msvm_SerialPort"),
        (ResourceKinds.Display, "Msvm_SyntheticDisplayController"),
        (ResourceKinds.Heartbeat, "Msvm_HeartbeatComponent"),
        (ResourceKinds.Kvp, "Msvm_KvpExchangeComponent"),
        (ResourceKinds.Shutdown, "Msvm_ShutdownComponent"),
        (ResourceKinds.TimeSync, "Msvm_TimeSyncComponent"),
        (ResourceKinds.Vss, "Msvm_VssComponent"),
        (ResourceKinds.GuestServices, "Msvm_GuestServiceInterfaceComponent"),
    ];

    private static readonly (string ClassName, string Id, string Name)[] OfEveryVm =
    [
        ("Msvm_VideoHead", "6D0B1A5E-3C7F-4E29-8A64-F1B2C3D4E5F6", "Video Head"),
        ("Msvm_Keyboard", "58F75A6D-D949-4320-99E1-A2A2576D581C", "Keyboard"),
        ("Msvm_SyntheticKeyboard", "F912AD6D-2B17-48EA-BD65-F927A61C7684", "Keyboard"),
        ("Msvm_SyntheticMouse", "CFA8B69E-5B4A-4CC0-B98B-8BA1A1F3F95A", "Mouse"),
    ];

    private static readonly HashSet<string> Classes = new(FromSettings.Select(row => row.ClassName).Concat(OfEveryVm.Select(row => row.ClassName)).Append(Processor).Append("Msvm_TPM"), StringComparer.OrdinalIgnoreCase);

    private readonly SimulatedHyperVHost host;

    public VmDevices(SimulatedHyperVHost host)
    {
        this.host = host;
        foreach (var className in Classes)
        {
            host.Catalogue.Add(
                className,
                () => host.Vms.Values.SelectMany(vm => Of(vm, className).Select(device => Instance(vm, device))),
                path => host.Vms.GetValueOrDefault(path["SystemName"]!) is { } vm && Find(vm, path) is { } device && device.ClassName == className ? Instance(vm, device) : null,
                equal => !equal.TryGetValue("SystemName", out var name) ? null : host.Vms.TryGetValue(name, out var vm) ? Of(vm, className).Select(device => Instance(vm, device)) : []);
        }
    }

    /// <summary>Associates a machine's display controller with its screen.</summary>
    public void Associate() => host.Catalogue.Associate(
        "Msvm_VideoHeadOnController",
        "Antecedent",
        "Dependent",
        controller => Beside(controller, "Msvm_SyntheticDisplayController", "Msvm_VideoHead"),
        head => Beside(head, "Msvm_VideoHead", "Msvm_SyntheticDisplayController"));

    private IEnumerable<CimPath> Beside(CimPath path, string className, string otherClass) =>
        path.ClassName.Equals(className, StringComparison.OrdinalIgnoreCase) && host.Vms.TryGetValue(path["SystemName"]!, out var vm)
            ? Of(vm, otherClass).Select(device => host.Catalogue.PathOf(Instance(vm, device)))
            : [];

    /// <summary>Whether a class is one of the devices made here.</summary>
    public static bool IsDevice(string className) => Classes.Contains(className);

    /// <summary>A device by its path, or null.</summary>
    public static VmDevice? Find(SimulatedVm vm, CimPath path)
    {
        foreach (var device in Of(vm, path.ClassName))
        {
            if (device.Id.Equals(path["DeviceID"], StringComparison.OrdinalIgnoreCase))
            {
                return device;
            }
        }

        return null;
    }

    /// <summary>All devices of a machine; of one class, if it is given. Virtual processors are only there while the machine is not off.</summary>
    public static IEnumerable<VmDevice> Of(SimulatedVm vm, string? className = null)
    {
        bool Wanted(string name) => className is null || CimSchema.Instance.Is(name, className);
        foreach (var resource in vm.Configuration.Resources)
        {
            foreach (var (kind, name) in FromSettings)
            {
                if (kind.ClassName == resource.ClassName && Wanted(name) && kind.SubType == resource.String("ResourceSubType"))
                {
                    yield return new VmDevice(name, resource.String("InstanceID")!, resource.String("ElementName")!, resource);
                }
            }

            if (resource.ClassName == "Msvm_ProcessorSettingData" && vm.IsActive && Wanted(Processor))
            {
                for (var number = 0L; number < (resource.Number("VirtualQuantity") ?? 1); number++)
                {
                    yield return new VmDevice(Processor, $@"{resource.String("InstanceID")![..^2]}\{number}", "Processor", resource);
                }
            }

            if (resource.ClassName == "Msvm_SecuritySettingData" && resource.Boolean("TpmEnabled") == true && Wanted("Msvm_TPM"))
            {
                yield return new VmDevice("Msvm_TPM", resource.String("InstanceID") + @"\TPM", "TPM", null);
            }
        }

        foreach (var (name, id, text) in OfEveryVm)
        {
            if (Wanted(name))
            {
                yield return new VmDevice(name, $@"Microsoft:{vm.Key}\{id}", text, null);
            }
        }
    }

    private CimInstance Instance(SimulatedVm vm, VmDevice made)
    {
        var now = host.Timeline.Now;
        var device = CimBlank.Of(made.ClassName);
        device["Caption"] = made.Name;
        device["CreationClassName"] = made.ClassName;
        device["Description"] = "Microsoft " + made.Name;
        device["DeviceID"] = made.Id;
        device["ElementName"] = made.Name;
        device["EnabledDefault"] = (ushort)2;
        device["EnabledState"] = vm.IsActive ? (ushort)2 : (ushort)3;
        device["HealthState"] = (ushort)5;
        device["Name"] = made.Name;
        device["OperationalStatus"] = new ushort[] { 2 };
        device["RequestedState"] = (ushort)12;
        device["Status"] = "OK";
        device["StatusDescriptions"] = new[] { "OK" };
        device["SystemCreationClassName"] = "Msvm_ComputerSystem";
        device["SystemName"] = vm.Key;
        switch (made.ClassName)
        {
            case Processor:
                var load = VmLoad.ProcessorPercent(host, vm, now);
                device["LoadPercentage"] = load;
                device["LoadPercentageHistory"] = VmLoad.ProcessorHistory(host, vm, now);
                device["MaxClockSpeed"] = 2_600u;
                device["CurrentClockSpeed"] = 2_600u;
                break;
            case "Msvm_Memory":
                device["BlockSize"] = 1UL << 20;
                device["NumberOfBlocks"] = (ulong)VmLoad.AssignedMemoryMb(host, vm, now);
                device["ConsumableBlocks"] = (ulong)VmLoad.AssignedMemoryMb(host, vm, now);
                device["Volatile"] = true;
                break;
            case "Msvm_SyntheticEthernetPort" or "Msvm_EmulatedEthernetPort":
                device["PermanentAddress"] = made.Settings!.String("Address");
                device["NetworkAddresses"] = new[] { made.Settings.String("Address") ?? string.Empty };
                device["Speed"] = 10_000_000_000UL;
                break;
            case "Msvm_VideoHead":
                device["CurrentHorizontalResolution"] = vm.IsActive ? 1024u : 0u;
                device["CurrentVerticalResolution"] = vm.IsActive ? 768u : 0u;
                device["CurrentBitsPerPixel"] = vm.IsActive ? 32u : 0u;
                break;
            case "Msvm_KvpExchangeComponent":
                var answers = Answers(vm, made, now);
                device["GuestExchangeItems"] = answers ? vm.Guest.Exchange.ToTexts() : [];
                device["GuestIntrinsicExchangeItems"] = answers ? vm.Guest.IntrinsicTexts(vm) : [];
                break;
        }

        if (made.Settings?.Has("EnabledState") == true && made.Settings.ClassName != "Msvm_EthernetPortAllocationSettingData")
        {
            SetIntegration(vm, made, device, now);
        }

        return device;
    }

    private void SetIntegration(SimulatedVm vm, VmDevice made, CimInstance device, DateTimeOffset now)
    {
        device["EnabledState"] = (ushort)made.Settings!.Number("EnabledState")!;
        var (status, text) = IntegrationStatus(vm, Answers(vm, made, now));
        device["OperationalStatus"] = status == 2 ? new ushort[] { 2, 2 } : [status];
        device["StatusDescriptions"] = status == 2 ? new[] { text, text } : [text];
    }

    private bool Answers(SimulatedVm vm, VmDevice made, DateTimeOffset now) =>
        vm.State == VmState.Running && made.Settings!.Number("EnabledState") == 2 && vm.Guest.Answers(now, host.Options.GuestBootDuration);

    /// <summary><c>OperationalStatus</c> of an integration component: 2 OK, 12 no contact, 13 lost communication, 15 paused.</summary>
    internal static (ushort Status, string Text) IntegrationStatus(SimulatedVm vm, bool answers) =>
        answers ? ((ushort)2, "OK") : vm.State == VmState.Paused ? ((ushort)15, "Paused") : vm.State == VmState.Running && vm.Guest.IsHung ? ((ushort)13, "Lost communication") : ((ushort)12, "No contact");
}
