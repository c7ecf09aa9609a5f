using HvPlatform.Contracts.Vms;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>Switches of integration components: <c>EnabledState</c> of their settings is 2 for on, 3 for off. They may be changed in every state.</summary>
internal sealed class IntegrationSettings : SettingGroup
{
    private const string Heartbeat = "Msvm_HeartbeatComponentSettingData";
    private const string GuestServices = "Msvm_GuestServiceInterfaceComponentSettingData";
    private const ushort On = 2;
    private const ushort Off = 3;

    public override VmSettingsState Read(SettingsContext context, VmSettingsState state) => state with
    {
        Integration = new VmIntegrationSettings { Heartbeat = IsOn(context, Heartbeat), GuestServices = IsOn(context, GuestServices) },
    };

    public override void Plan(SettingsContext context, VmSettings wanted, SettingsPlan plan)
    {
        Switch(Heartbeat, wanted.Integration?.Heartbeat);
        Switch(GuestServices, wanted.Integration?.GuestServices);

        void Switch(string className, bool? on)
        {
            if (on is { } value)
            {
                plan.Set(context.One(className), "EnabledState", value ? On : Off);
            }
        }
    }

    private static bool? IsOn(SettingsContext context, string className) => context.Of(className).FirstOrDefault() is { } component ? component.Number("EnabledState") == On : null;
}
