using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Model.Storage;

namespace HvPlatform.HyperVSimulator.Model.Guest;

/// <summary><c>Msvm_GuestFileService</c> of each virtual machine whose guest service interface is enabled and whose guest answers: files of the host are copied into the guest.</summary>
internal sealed class GuestFiles
{
    private const string Service = "Msvm_GuestFileService";
    private const string Interface = "Msvm_GuestServiceInterfaceComponent";
    private const double BytesPerSecond = 50_000_000;
    private readonly SimulatedHyperVHost host;

    public GuestFiles(SimulatedHyperVHost host)
    {
        this.host = host;
        var catalogue = host.Catalogue;
        catalogue.Add(Service, () => host.Vms.Values.Where(Serves).Select(Instance), path => host.Vms.GetValueOrDefault(path["SystemName"] ?? string.Empty) is { } vm && Serves(vm) ? Instance(vm) : null);
        catalogue.Associate(
            "Msvm_RegisteredGuestService", "Antecedent", "Dependent",
            left => left.ClassName == Interface && host.Vms.TryGetValue(left["SystemName"]!, out var vm) && Serves(vm) ? [catalogue.PathOf(Instance(vm))] : [],
            right => right.ClassName == Service && host.Vms.TryGetValue(right["SystemName"]!, out var vm) && Serves(vm)
                ? catalogue.Enumerate(CimPath.Virtualization, Interface, new Dictionary<string, string> { ["SystemName"] = vm.Key }).Where(one => one.String("SystemName") == vm.Key).Select(catalogue.PathOf) : []);
        catalogue.Method(Service, "CopyFilesToGuest", Copy);
    }

    private CimInstance Copy(CimPath path, CimInstance arguments)
    {
        var vm = host.Vms[path["SystemName"]!];
        var texts = arguments.Array<string>("CopyFileToGuestSettings");
        var copies = texts.Select(text => HostServices.Embedded(text, "Msvm_CopyFileToGuestSettingData")).ToList();
        if (copies.Count == 0 || copies.Exists(one => string.IsNullOrEmpty(one.String("SourcePath")) || string.IsNullOrEmpty(one.String("DestinationPath"))))
        {
            throw new MethodRefused(ReturnCode.InvalidParameter, "Each file needs SourcePath and DestinationPath.");
        }

        var bytes = copies.Aggregate(0UL, (sum, one) => sum + (host.Files.Find(one.String("SourcePath"))?.SizeBytes ?? 0));
        return HostJobs.Started(host.Jobs.Start(
            "Msvm_CopyFileToGuestJob",
            "Copying File to Guest",
            host.Options.JobDuration + TimeSpan.FromSeconds(bytes / BytesPerSecond),
            _ => copies.ForEach(one => CopyOne(vm, one)),
            [vm.Path],
            onCancel: _ => { },
            more: job =>
            {
                job["CopyFileToGuestSettingData"] = texts.ToArray();
                job["VirtualSystemName"] = vm.Key;
            }));
    }

    private void CopyOne(SimulatedVm vm, CimInstance settings)
    {
        var source = settings.String("SourcePath")!;
        var target = settings.String("DestinationPath")!;
        try
        {
            if (!Serves(vm))
            {
                throw new StorageFault(StorageError.NetworkPathNotFound, target, "The guest does not answer");
            }

            var file = host.Files.Read(source);

            // A path that ends in a separator is a directory: the file keeps its name.
            target = target.EndsWith('\\') || target.EndsWith('/') ? target + WindowsPath.FileName(source) : target;
            if (vm.Guest.Files.ContainsKey(target) && settings.Boolean("OverwriteExisting") != true)
            {
                throw new StorageFault(StorageError.FileExists, target, "The file exists");
            }

            vm.Guest.Files[target] = file.SizeBytes;
        }
        catch (StorageFault fault)
        {
            throw new JobFailed(fault.Code, $"'{vm.Name}' failed to copy the source file '{source}' to the destination '{target}' in the guest.\n\n{fault.Message}", fault.Message);
        }
    }

    private bool Serves(SimulatedVm vm) =>
        vm.State == VmState.Running
        && vm.Configuration.Of("Msvm_GuestServiceInterfaceComponentSettingData").FirstOrDefault()?.Number("EnabledState") == 2
        && vm.Guest.Answers(host.Timeline.Now, host.Options.GuestBootDuration);

    private static CimInstance Instance(SimulatedVm vm)
    {
        var instance = CimBlank.Of(Service);
        instance["Caption"] = "Guest File Service";
        instance["CreationClassName"] = Service;
        instance["Description"] = "Copies files into the guest.";
        instance["ElementName"] = "Guest File Service";
        instance["EnabledDefault"] = (ushort)2;
        instance["EnabledState"] = (ushort)2;
        instance["HealthState"] = (ushort)5;
        instance["Name"] = $@"Microsoft:{vm.Key}\GuestFileService";
        instance["OperationalStatus"] = new ushort[] { 2 };
        instance["RequestedState"] = (ushort)12;
        instance["Started"] = true;
        instance["Status"] = "OK";
        instance["StatusDescriptions"] = new[] { "OK" };
        instance["SystemCreationClassName"] = "Msvm_ComputerSystem";
        instance["SystemName"] = vm.Key;
        return instance;
    }
}
