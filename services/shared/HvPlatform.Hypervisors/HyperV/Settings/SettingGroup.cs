using HvPlatform.Contracts.Vms;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>
/// Settings that belong together. A group reads what is, compares it with what is wanted, and puts the differences into the plan; it calls nothing itself, so that everything
/// asked for is checked before anything is changed. A further setting is a further small class in <see cref="HyperVSettings.Groups"/>: docs/howto/add-a-hyperv-setting.md.
/// </summary>
internal abstract class SettingGroup
{
    /// <summary>Adds what this group knows to a report.</summary>
    public abstract VmSettingsState Read(SettingsContext context, VmSettingsState state);

    /// <summary>Checks what is wanted of this group and plans the differences. Throws <see cref="HypervisorException"/> for what cannot be.</summary>
    public abstract void Plan(SettingsContext context, VmSettings wanted, SettingsPlan plan);
}
