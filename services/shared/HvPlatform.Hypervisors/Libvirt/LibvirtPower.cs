using HvPlatform.Contracts;
using HvPlatform.Hypervisors.Libvirt.Native;

namespace HvPlatform.Hypervisors.Libvirt;

/// <summary>The power facet. States are looked at first because libvirt accepts some needless commands (suspend of a paused VM) in silence.</summary>
internal sealed class LibvirtPower(LibvirtConnector connector) : IPowerDriver
{
    public Task ShutDownAsync(VmId vm, CancellationToken cancellationToken) =>
        CommandAsync(vm, "shut down", d => Vir.virDomainShutdown(d), cancellationToken, VirConst.StateRunning, VirConst.StateBlocked);

    public Task RebootAsync(VmId vm, CancellationToken cancellationToken) =>
        CommandAsync(vm, "reboot", d => Vir.virDomainReboot(d, 0), cancellationToken, VirConst.StateRunning, VirConst.StateBlocked);

    public Task PauseAsync(VmId vm, CancellationToken cancellationToken) =>
        CommandAsync(vm, "pause", d => Vir.virDomainSuspend(d), cancellationToken, VirConst.StateRunning, VirConst.StateBlocked);

    public Task ResumeAsync(VmId vm, CancellationToken cancellationToken) =>
        CommandAsync(vm, "resume", d => Vir.virDomainResume(d), cancellationToken, VirConst.StatePaused);

    /// <summary>A managed save: libvirt keeps the image and starts from it. A transient domain has none; libvirt refuses it.</summary>
    public Task SaveAsync(VmId vm, CancellationToken cancellationToken) =>
        CommandAsync(vm, "save", d => Vir.virDomainManagedSave(d, 0), cancellationToken, VirConst.StateRunning, VirConst.StateBlocked, VirConst.StatePaused);

    public Task ResetAsync(VmId vm, CancellationToken cancellationToken) =>
        CommandAsync(vm, "reset", d => Vir.virDomainReset(d, 0), cancellationToken, VirConst.StateRunning, VirConst.StateBlocked, VirConst.StatePaused);

    /// <summary>Through the guest agent; without one libvirt says so.</summary>
    public Task HibernateAsync(VmId vm, CancellationToken cancellationToken) =>
        CommandAsync(vm, "hibernate", d => Vir.virDomainPMSuspendForDuration(d, VirConst.SuspendToDisk, 0, 0), cancellationToken, VirConst.StateRunning, VirConst.StateBlocked);

    Task CommandAsync(VmId vm, string verb, Func<DomainHandle, int> command, CancellationToken cancellationToken, params int[] allowed) => connector.RunAsync(
        s =>
        {
            using var domain = s.Lookup(vm);
            var name = LibvirtSession.NameOf(domain);
            var (state, reason) = s.State(domain);
            if (!allowed.Contains(state))
            {
                var now = DomainState.Map(state, managedSave: false);
                var why = DomainState.Reason(state, reason) is { } r ? $" ({r})" : "";
                throw LibvirtErrors.Own(ErrorKind.InvalidState, "invalid-state", $"Cannot {verb} VM {name}: it is {now}{why}.", s.Where);
            }

            s.Ok(command(domain), $"Cannot {verb} VM {name}");
        },
        cancellationToken);
}
