using HvPlatform.Contracts.Vms;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>Virtual TPM and shielding, read from <c>Msvm_SecuritySettingData</c>. They are changed through the security service and need a key protector first; not here.</summary>
internal sealed class SecurityReadout : SettingGroup
{
    public override VmSettingsState Read(SettingsContext context, VmSettingsState state) => context.Of("Msvm_SecuritySettingData").FirstOrDefault() is { } security
        ? state with { Tpm = security.Boolean("TpmEnabled"), Shielded = security.Boolean("ShieldingRequested") }
        : state;

    public override void Plan(SettingsContext context, VmSettings wanted, SettingsPlan plan)
    {
    }
}
