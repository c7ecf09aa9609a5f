using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Model.Network;
using HvPlatform.HyperVSimulator.Model.Storage;

namespace HvPlatform.HyperVSimulator.Model.Migration;

/// <summary>What is looked at before a virtual machine goes. Each problem is a text with the error that a real host names.</summary>
internal static class MigrationChecks
{
    /// <summary>What speaks against the connection; null if nothing does. Needs no lock of the destination.</summary>
    public static string? Connection(SimulatedHyperVHost source, SimulatedHyperVHost? destination, MigrationRequest request)
    {
        if (destination is null)
        {
            return $"The Virtual Machine Management Service failed to establish a connection for a Virtual Machine migration with host '{request.DestinationHost}': No such host is known. (0x80072AF9).";
        }

        if (destination == source)
        {
            return "The source and the destination of the migration are the same host. (0x80070057).";
        }

        if (source.Fleet is not { } fleet || !fleet.IsConnected(source, destination))
        {
            return $"The Virtual Machine Management Service failed to establish a connection for a Virtual Machine migration with host '{request.DestinationHost}': "
                + "A connection attempt failed because the connected party did not properly respond after a period of time, or established connection failed because connected host has failed to respond. (0x8007274C).";
        }

        if (request.DestinationAddresses.Count > 0 && !request.DestinationAddresses.Any(address => destination.MigrationAddresses.Contains(address, StringComparer.OrdinalIgnoreCase)))
        {
            return $"The Virtual Machine Management Service failed to establish a connection for a Virtual Machine migration with host '{request.DestinationHost}': "
                + "No connection could be made because the target machine actively refused it. (0x8007274D).";
        }

        return null;
    }

    /// <summary>What speaks against the virtual machine's coming. Under both hosts' locks.</summary>
    public static IReadOnlyList<string> Destination(Migration migration, SimulatedHyperVHost destination)
    {
        var request = migration.Request;
        var vm = migration.Vm;
        var problems = new List<string>();
        if (!destination.Migrations.IsEnabled)
        {
            problems.Add($"The Virtual Machine Management Service on host '{destination.Name}' does not accept Virtual Machine migrations: migrations are not enabled. (0x80070005).");
            return problems;
        }

        if (request.MovesSystem && migration.Source.Migrations.ActiveCount(migration) >= migration.Source.Migrations.MostActive)
        {
            problems.Add($"The host '{migration.Source.Name}' has reached its maximum of {migration.Source.Migrations.MostActive} simultaneous migrations. (0x80070015).");
        }

        if (request.MovesSystem && destination.Migrations.ActiveCount(migration) >= destination.Migrations.MostActive)
        {
            problems.Add($"The host '{destination.Name}' has reached its maximum of {destination.Migrations.MostActive} simultaneous migrations. (0x80070015).");
        }

        if (request.Type != MigrationType.StorageDeepCheck)
        {
            System(migration, destination, problems);
            Switches(migration, destination, problems);
        }

        Files(migration, destination, problems);
        if (!destination.Migrations.IsExpected(migration))
        {
            Copies(migration, destination, problems);
        }

        if (problems.Count == 0 && destination.Vms.ContainsKey(vm.Key))
        {
            problems.Add($"A virtual machine with the ID {vm.Key} exists on host '{destination.Name}' already. (0x800700B7).");
        }

        return problems;
    }

    /// <summary>The switch of the destination that a network adapter's connection would have: the one that was asked for, else the one of the same name. False if there is none.</summary>
    public static bool TrySwitch(Migration migration, SimulatedHyperVHost destination, CimInstance connection, out SimulatedSwitch? found)
    {
        found = null;
        var wanted = migration.Request.NewResources.FirstOrDefault(one => string.Equals(one.String("InstanceID"), connection.String("InstanceID"), StringComparison.OrdinalIgnoreCase));
        if (wanted is not null && wanted.Has("HostResource"))
        {
            found = wanted.Array<string>("HostResource") is [{ Length: > 0 } text, ..] ? destination.NetworkSwitches.FindByText(text) : null;
            return found is not null || wanted.Array<string>("HostResource") is [] or [""];
        }

        if (connection.Array<string>("HostResource") is not [{ Length: > 0 } current, ..])
        {
            return true;
        }

        found = SwitchName(migration.Source, connection, current) is { } name ? destination.NetworkSwitches.FindByName(name) : null;
        return found is not null;
    }

    private static void System(Migration migration, SimulatedHyperVHost destination, List<string> problems)
    {
        var vm = migration.Vm;
        var settings = vm.Configuration.Settings;
        if (settings.String("Version") is { Length: > 0 } version && !destination.Options.VmVersions.Contains(version))
        {
            problems.Add($"The virtual machine '{vm.Name}' has configuration version {version}, which host '{destination.Name}' does not support. (0x80370125).");
        }

        var hot = migration.StateAtStart is not (VmState.Off or VmState.Saved);
        var processors = vm.Configuration.Of("Msvm_ProcessorSettingData").FirstOrDefault();
        if (processors?.Number("VirtualQuantity") > destination.Options.Processors)
        {
            problems.Add($"The virtual machine '{vm.Name}' has more processors than host '{destination.Name}'. (0x80070057).");
        }

        if (migration.StateAtStart != VmState.Off && migration.Source.Options.ProcessorVendor != destination.Options.ProcessorVendor)
        {
            problems.Add($"The virtual machine '{vm.Name}' is using processor-specific features not supported on physical computer '{destination.Name}'. (0xC0370024).");
        }

        var free = destination.FreeMemoryMb + (destination.Migrations.IsExpected(migration) ? migration.ReservedMb : 0);
        if (hot && migration.Memory.Megabytes > free)
        {
            problems.Add($"Not enough memory in the system to start the virtual machine '{vm.Name}': {migration.Memory.Megabytes} MB are needed, {Math.Max(0, free)} MB are free. (0x8007000E).");
        }

        if (migration.Request.PlannedId is { } planned && (planned != vm.Id || !destination.PlannedVms.ContainsKey(VmConfiguration.Key(planned))))
        {
            problems.Add($"There is no planned virtual machine {VmConfiguration.Key(planned)} for '{vm.Name}' on host '{destination.Name}'. (0x80070490).");
        }
        else if (migration.Request.PlannedId is null && destination.PlannedVms.ContainsKey(vm.Key))
        {
            problems.Add($"A planned virtual machine with the ID {vm.Key} exists on host '{destination.Name}' already. (0x800700B7).");
        }
    }

    private static void Switches(Migration migration, SimulatedHyperVHost destination, List<string> problems)
    {
        foreach (var connection in migration.Vm.Configuration.Of("Msvm_EthernetPortAllocationSettingData"))
        {
            if (!TrySwitch(migration, destination, connection, out _))
            {
                var name = connection.Array<string>("HostResource") is [var text, ..] ? SwitchName(migration.Source, connection, text) : null;
                problems.Add($"Could not find Ethernet switch '{name}'. (0x80078000 / 33012).");
            }
        }
    }

    /// <summary>Files that are to be made and are there already, or have no room.</summary>
    private static void Copies(Migration migration, SimulatedHyperVHost destination, List<string> problems)
    {
        foreach (var (_, to, file) in migration.Storage.Copies)
        {
            try
            {
                if (!migration.Request.Overwrite && destination.Files.Find(to) is not null)
                {
                    problems.Add(new StorageFault(StorageError.FileExists, to, "The file exists on the destination").Message);
                }
                else if (destination.Files.Of(to) is var volume && volume.CapacityBytes - volume.UsedBytes < file.SizeBytes)
                {
                    problems.Add(new StorageFault(StorageError.DiskFull, to, "There is not enough space on the disk").Message);
                }
            }
            catch (StorageFault fault)
            {
                problems.Add(fault.Message);
            }
        }
    }

    /// <summary>Files that stay where they are and that the destination must see.</summary>
    private static void Files(Migration migration, SimulatedHyperVHost destination, List<string> problems)
    {
        if (migration.Request.Type is MigrationType.StorageDeepCheck or MigrationType.Staged)
        {
            return;
        }

        var moved = migration.Storage.Paths;
        foreach (var path in migration.Vm.Configuration.Media().Select(VmDisks.FileOf).Where(path => VmDisks.TryNormalize(path) is { } normal && !moved.ContainsKey(normal)))
        {
            if (destination.Files.Find(path) is null || (!WindowsPath.IsShare(path) && !SameFile(migration, destination, path)))
            {
                problems.Add($"The virtual machine '{migration.Vm.Name}' cannot access '{path}' on host '{destination.Name}': The system cannot find the file specified. (0x80070002).");
            }
        }
    }

    /// <summary>A file of the same path on a drive of another host is this one's only if it is an image that both have, such as a DVD's.</summary>
    private static bool SameFile(Migration migration, SimulatedHyperVHost destination, string path) =>
        destination.Files.Find(path) is { } there && migration.Source.Files.Find(path) is { Content: not VirtualDisk } here && here.SizeBytes == there.SizeBytes;

    private static string? SwitchName(SimulatedHyperVHost source, CimInstance connection, string hostResource) =>
        source.NetworkSwitches.FindByText(hostResource)?.Name ?? (connection.String("LastKnownSwitchName") is { Length: > 0 } last ? last : null);
}
