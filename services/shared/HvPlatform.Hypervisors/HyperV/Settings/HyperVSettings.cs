using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>The settings facet: reads once, lets every <see cref="SettingGroup"/> plan its differences, and then makes the few calls the plan needs.</summary>
internal sealed class HyperVSettings(HyperVConnector connector, HyperVServices services) : ISettingsDriver
{
    /// <summary>Every group there is.</summary>
    public static IReadOnlyList<SettingGroup> Groups { get; } =
    [
        new GeneralSettings(), new ProcessorSettings(), new MemorySettings(), new FirmwareSettings(), new SecurityReadout(), new IntegrationSettings(), new SerialSettings(), new DiskSettings(),
        new AdapterSettings(),
    ];

    public Task<VmSettingsState> ReadAsync(VmId vm, CancellationToken cancellationToken) => connector.RunAsync(
        $"Cannot read the settings of VM {vm}",
        async session =>
        {
            var context = await ContextAsync(session, vm, cancellationToken);
            var state = new VmSettingsState { VmId = vm, Name = context.Machine.Name, Processor = new VmProcessorSettings(), Memory = new VmMemorySettings() };
            return Groups.Aggregate(state, (s, group) => group.Read(context, s));
        },
        cancellationToken);

    public Task ChangeAsync(VmId vm, VmSettings settings, CancellationToken cancellationToken) => connector.RunAsync(
        $"Cannot change the settings of VM {vm}",
        async session =>
        {
            var context = await ContextAsync(session, vm, cancellationToken);
            var plan = new SettingsPlan(context);
            foreach (var group in Groups)
            {
                group.Plan(context, settings, plan);
            }

            var calls = new SettingsCalls(session, context.Machine, services);
            if (plan.System is { } system)
            {
                await calls.ModifySystemAsync(system, "change the settings", cancellationToken);
            }

            if (plan.Resources is { Count: > 0 } resources)
            {
                await calls.ModifyResourcesAsync(resources, "change the resources", cancellationToken);
            }

            if (plan.GuestServices is { Count: > 0 } guestServices)
            {
                await calls.ModifyGuestServicesAsync(guestServices, "change the integration services", cancellationToken);
            }

            foreach (var step in plan.Steps)
            {
                await step.RunAsync(calls, cancellationToken);
            }
        },
        cancellationToken);

    private async Task<SettingsContext> ContextAsync(ICimSession session, VmId vm, CancellationToken cancellationToken)
    {
        var machine = await HyperVMachine.FindAsync(session, vm, connector.Where, cancellationToken);
        var components = await machine.ComponentsAsync(cancellationToken);
        var vlans = new Dictionary<string, CimInstance>(StringComparer.OrdinalIgnoreCase);
        foreach (var connection in components.Where(c => c.ClassName == AdapterSettings.Connection))
        {
            var path = new CimPath(connection.ClassName, ("InstanceID", connection.String("InstanceID")!));
            await foreach (var vlan in session.AssociatorsAsync(path, "Msvm_EthernetPortSettingDataComponent", AdapterSettings.Vlan, cancellationToken))
            {
                vlans[connection.String("InstanceID")!] = vlan;
            }
        }

        var sources = new Dictionary<string, CimInstance>(StringComparer.OrdinalIgnoreCase);
        foreach (var id in FirmwareSettings.BootSourceIds(machine.Settings))
        {
            if (await session.GetAsync(new CimPath(FirmwareSettings.BootSource, ("InstanceID", id)), cancellationToken) is { } source)
            {
                sources[id] = source;
            }
        }

        return new SettingsContext
        {
            Machine = machine,
            Components = components,
            SwitchNames = await HyperVSwitches.NamesAsync(session, cancellationToken),
            Vlans = vlans,
            BootSources = sources,
            HostName = await services.HostNameAsync(session, cancellationToken),
        };
    }
}
