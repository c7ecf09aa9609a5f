using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Model.Vms;

/// <summary>Changing settings of a configuration, as the <c>Modify…</c> methods do.</summary>
internal sealed class VmEdit(SettingsChecks checks)
{
    /// <summary>Changes a configuration's <c>Msvm_VirtualSystemSettingData</c>.</summary>
    public void System(SimulatedVm vm, VmConfiguration configuration, CimInstance wanted, ConfigurationKind kind)
    {
        var settings = configuration.Settings.Copy();
        var writable = kind switch
        {
            ConfigurationKind.Snapshot => name => SettingsRules.OfSnapshot.Contains(name),
            ConfigurationKind.Planned => name => SettingsRules.WritableOf(settings.ClassName).Contains(name) || SettingsRules.WhenPlanned.Contains(name),
            _ => (Func<string, bool>)(name => SettingsRules.WritableOf(settings.ClassName).Contains(name)),
        };
        foreach (var (name, value) in wanted.Properties)
        {
            if (value is not null && SettingsRules.NeverSent.Contains(name) && !writable(name))
            {
                throw VmResources.Invalid($"{name} cannot be changed.");
            }
        }

        Take(settings, wanted, writable, kind != ConfigurationKind.Realized || IsOff(vm));
        if (settings.Array<string>("Notes") is [var first, _, ..])
        {
            settings["Notes"] = new[] { first };
        }

        if (kind == ConfigurationKind.Snapshot)
        {
            SettingsChecks.Name(settings);
        }
        else
        {
            checks.Check(configuration, settings, configuration.Settings);
        }

        configuration.Settings = settings;
    }

    /// <summary>Changes a resource and gives it as it is then.</summary>
    public CimInstance Resource(SimulatedVm vm, VmConfiguration configuration, CimInstance wanted, ConfigurationKind kind)
    {
        var current = wanted.String("InstanceID") is { } id ? configuration.Find(id) : null;
        if (current is null || !current.ClassName.Equals(wanted.ClassName, StringComparison.OrdinalIgnoreCase))
        {
            throw VmResources.Invalid($"The virtual machine has no {wanted.ClassName} {wanted.String("InstanceID")}.");
        }

        if (kind == ConfigurationKind.Snapshot)
        {
            throw new MethodRefused(ReturnCode.InvalidState, "A snapshot's resources cannot be changed.");
        }

        var changed = current.Copy();
        var isOff = kind == ConfigurationKind.Planned || IsOff(vm);
        Take(changed, wanted, name => SettingsRules.WritableOf(current.ClassName).Contains(name), isOff);
        if (!isOff)
        {
            Running(configuration, current, changed);
        }

        checks.Check(configuration, changed, current);
        configuration.Replace(changed);
        return changed;
    }

    /// <summary>Whether settings that need the machine to be off can be changed.</summary>
    public static bool IsOff(SimulatedVm vm) => vm.State is VmState.Off;

    private static void Running(VmConfiguration configuration, CimInstance current, CimInstance changed)
    {
        var refused = current.ClassName switch
        {
            "Msvm_MemorySettingData" when current.Boolean("DynamicMemoryEnabled") == true =>
                changed.Number("VirtualQuantity") != current.Number("VirtualQuantity") ? "VirtualQuantity of dynamic memory"
                : changed.Number("Reservation") > current.Number("Reservation") ? "Reservation, but to less,"
                : changed.Number("Limit") < current.Number("Limit") ? "Limit, but to more," : null,
            "Msvm_MemorySettingData" => changed.Number("VirtualQuantity") != current.Number("VirtualQuantity") && VmBuilder.GenerationOf(configuration.Settings) == 1 ? "VirtualQuantity of generation 1" : null,
            "Msvm_StorageAllocationSettingData" when ResourceKinds.Of(current) == ResourceKinds.VirtualHardDisk =>
                !changed.Array<string>("HostResource").SequenceEqual(current.Array<string>("HostResource")) ? "HostResource of a disk" : null,
            _ => null,
        };
        if (refused is not null)
        {
            throw new MethodRefused(ReturnCode.InvalidState, $"{refused} cannot be changed while the virtual machine runs.");
        }
    }

    private static void Take(CimInstance settings, CimInstance wanted, Func<string, bool> isWritable, bool isOff)
    {
        var running = SettingsRules.WritableRunning(settings.ClassName);
        foreach (var (name, value) in wanted.Properties)
        {
            if (value is null || Same(settings[name], value))
            {
                continue;
            }

            if (!settings.Has(name) || !isWritable(name))
            {
                throw VmResources.Invalid($"{name} of {settings.ClassName} cannot be changed.");
            }

            if (!isOff && !running.Contains(name))
            {
                throw new MethodRefused(ReturnCode.InvalidState, $"{name} of {settings.ClassName} can only be changed while the virtual machine is off.");
            }

            settings[name] = value;
        }
    }

    private static bool Same(object? current, object wanted) => (current, wanted) switch
    {
        (Array one, Array other) => one.Length == other.Length && one.Cast<object?>().SequenceEqual(other.Cast<object?>()),
        (null, Array { Length: 0 }) => true,
        (null, string { Length: 0 }) => true,
        _ => Equals(current, wanted),
    };
}
