using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Model.Snapshots;
using HvPlatform.HyperVSimulator.Model.Vms;

namespace HvPlatform.HyperVSimulator.Model.Migration;

/// <summary>A virtual machine as it is on the destination: everything of the source's but the host's names, disks' paths and switches.</summary>
internal static class MovedVm
{
    private static readonly HashSet<string> Directories = new(StringComparer.OrdinalIgnoreCase)
    {
        "ConfigurationDataRoot", "ElementName", "GuestStateDataRoot", "LogDataRoot", "SnapshotDataRoot", "SuspendDataRoot", "SwapFileDataRoot",
    };

    /// <summary>Makes it of the migration's virtual machine, which stays as it is. Under both hosts' locks.</summary>
    public static SimulatedVm On(SimulatedHyperVHost destination, Migration migration)
    {
        var vm = migration.Vm;
        var configuration = Rehost(migration, destination, vm.Configuration, vm.Id);
        if (migration.Request.NewSystem is { } wanted)
        {
            configuration.Settings = WithDirectories(configuration.Settings, wanted);
        }

        var moved = vm.CopyFor(configuration);
        foreach (var snapshot in vm.Snapshots)
        {
            moved.Snapshots.Add(Rehost(migration, destination, snapshot, Guid.Parse(snapshot.Id)));
        }

        if (migration.Request.Type == MigrationType.Staged)
        {
            var settings = moved.Configuration.Settings.Copy();
            settings["IsSaved"] = false;
            settings["VirtualSystemType"] = VmBuilder.Planned;
            moved.Configuration.Settings = settings;
            moved.Enter(VmState.Off, destination.Timeline.Now);
        }

        return moved;
    }

    /// <summary>The settings with the directories and the name that were asked for.</summary>
    public static CimInstance WithDirectories(CimInstance settings, CimInstance wanted) => HostServices.Changed(settings, wanted, Directories);

    private static VmConfiguration Rehost(Migration migration, SimulatedHyperVHost destination, VmConfiguration configuration, Guid id)
    {
        var copy = configuration.CopyAs(id, destination.Name);
        copy.Settings = HostSnapshots.WithParent(copy.Settings, HostSnapshots.ParentIdOf(copy.Settings), destination.Name);
        copy.Redirect(migration.Storage.Paths);
        foreach (var connection in copy.Of("Msvm_EthernetPortAllocationSettingData").ToList())
        {
            MigrationChecks.TrySwitch(migration, destination, connection, out var found);
            var changed = connection.Copy();
            changed["HostResource"] = found is null ? Array.Empty<string>() : [found.Path.ToObjectPath(destination.Name)];
            changed["LastKnownSwitchName"] = found?.Name ?? connection["LastKnownSwitchName"];
            copy.Replace(changed);
        }

        return copy;
    }
}
