using HvPlatform.Contracts;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>
/// The power facet. The host is asked for a change of state (<c>Msvm_ComputerSystem.RequestStateChange</c>) only from states that allow it; what the guest is to do
/// itself goes through its shutdown component, which returns as soon as the guest has taken the request.
/// </summary>
internal sealed class HyperVPower(HyperVConnector connector) : IPowerDriver
{
    // RequestedState. The numbers of the first version of the interface (32768 for paused, 32769 for saved) are refused by hosts of today.
    private const ushort Enabled = 2;
    private const ushort Disabled = 3;
    private const ushort Offline = 6;
    private const ushort Quiesce = 9;
    private const ushort Reset = 11;

    private const string Reason = "Asked for by the HvPlatform operator";

    /// <summary>Starts a VM that is off or saved; one in a state that this driver does not know (hibernated by its guest) is for the host to judge.</summary>
    public Task StartAsync(VmId vm, CancellationToken cancellationToken) =>
        ChangeAsync(vm, "start", Enabled, cancellationToken, VmPowerState.Off, VmPowerState.Saved, VmPowerState.FastSaved);

    /// <summary>Turns a VM off at once, also one that is on its way to another state.</summary>
    public Task ForceOffAsync(VmId vm, CancellationToken cancellationToken) => ChangeAsync(
        vm, "turn off", Disabled, cancellationToken, VmPowerState.Running, VmPowerState.Paused, VmPowerState.Stopping, VmPowerState.Starting, VmPowerState.Reset, VmPowerState.Pausing, VmPowerState.Resuming);

    public Task PauseAsync(VmId vm, CancellationToken cancellationToken) => ChangeAsync(vm, "pause", Quiesce, cancellationToken, VmPowerState.Running);

    public Task ResumeAsync(VmId vm, CancellationToken cancellationToken) => ChangeAsync(vm, "resume", Enabled, cancellationToken, VmPowerState.Paused);

    public Task SaveAsync(VmId vm, CancellationToken cancellationToken) => ChangeAsync(vm, "save", Offline, cancellationToken, VmPowerState.Running, VmPowerState.Paused);

    public Task ResetAsync(VmId vm, CancellationToken cancellationToken) => ChangeAsync(vm, "reset", Reset, cancellationToken, VmPowerState.Running, VmPowerState.Paused);

    /// <summary>Not forced: a guest whose console is locked refuses.</summary>
    public Task ShutDownAsync(VmId vm, CancellationToken cancellationToken) =>
        AskGuestAsync(vm, "shut down", "InitiateShutdown", HyperVServices.Arguments("InitiateShutdown", ("Force", false), ("Reason", Reason)), cancellationToken);

    /// <summary>Hibernation has to be switched on in the guest, which refuses otherwise.</summary>
    public Task HibernateAsync(VmId vm, CancellationToken cancellationToken) =>
        AskGuestAsync(vm, "hibernate", "InitiateHibernate", HyperVServices.Arguments("InitiateHibernate"), cancellationToken);

    /// <summary>Through the guest; resets it where the guest has no shutdown service, or one that does not answer.</summary>
    public async Task RebootAsync(VmId vm, CancellationToken cancellationToken)
    {
        try
        {
            await AskGuestAsync(vm, "reboot", "InitiateReboot", HyperVServices.Arguments("InitiateReboot", ("Force", false), ("Reason", Reason)), cancellationToken);
        }
        catch (HypervisorException e) when (e.Kind == ErrorKind.Unsupported || e.Error.Code is NoGuestService or "not-ready")
        {
            await ChangeAsync(vm, "reboot", Reset, cancellationToken, VmPowerState.Running);
        }
    }

    private const string NoGuestService = "guest-service-missing";

    private Task ChangeAsync(VmId vm, string verb, ushort requested, CancellationToken cancellationToken, params VmPowerState[] allowed) => connector.RunAsync(
        $"Cannot {verb} VM {vm}",
        async session =>
        {
            var machine = await HyperVMachine.FindAsync(session, vm, connector.Where, cancellationToken);
            if (requested is Reset)
            {
                machine.Require(verb, allowed);
            }
            else
            {
                machine.RequireIfKnown(verb, allowed);
            }

            await connector.Jobs.RunAsync(
                session, machine.Path, "RequestStateChange", HyperVServices.Arguments("RequestStateChange", ("RequestedState", requested)), $"{verb} VM {machine.Name}", progress: null, cancellationToken);
        },
        cancellationToken);

    private Task AskGuestAsync(VmId vm, string verb, string method, CimInstance arguments, CancellationToken cancellationToken) => connector.RunAsync(
        $"Cannot {verb} VM {vm}",
        async session =>
        {
            var machine = await HyperVMachine.FindAsync(session, vm, connector.Where, cancellationToken);
            machine.RequireIfKnown(verb, VmPowerState.Running);
            if (await machine.IntegrationAsync("Msvm_ShutdownComponent", cancellationToken) is not { } component)
            {
                throw machine.Refused(
                    ErrorCategory.InvalidState, ErrorKind.InvalidState, NoGuestService, $"Cannot {verb} VM {machine.Name}: its guest offers no shutdown service.",
                    "Install or start the integration services in the guest, or turn the VM off.");
            }

            var path = new CimPath(
                "Msvm_ShutdownComponent",
                ("CreationClassName", component.String("CreationClassName") ?? "Msvm_ShutdownComponent"), ("DeviceID", component.String("DeviceID") ?? ""),
                ("SystemCreationClassName", component.String("SystemCreationClassName") ?? "Msvm_ComputerSystem"), ("SystemName", component.String("SystemName") ?? VmPaths.Key(vm)));
            await connector.Jobs.RunAsync(session, path, method, arguments, $"{verb} VM {machine.Name}", progress: null, cancellationToken);
        },
        cancellationToken);
}
