using HvPlatform.Contracts;

namespace HvPlatform.Hypervisors.Simulated;

static class SimulatedErrors
{
    public static ErrorInfo Unreachable(SimulatedHost host) =>
        Make(host, ErrorKind.Transient, "host-unreachable", $"The simulated host {host.Name} does not answer.", "simulated:38", "Wait for the host to come back, or power it on.");

    public static ErrorInfo ConnectionLost(SimulatedHost host) =>
        Make(host, ErrorKind.Transient, "connection-lost", $"The connection to the simulated host {host.Name} was lost.", "simulated:38", "Ask again; what was under way may or may not have happened.");

    public static ErrorInfo NotFound(SimulatedHost host, VmId vm) =>
        Make(host, ErrorKind.NotFound, "vm-not-found", $"The simulated host {host.Name} has no VM {vm}.", "simulated:42", "Look the VM up in the inventory: it may be on another host.");

    public static ErrorInfo WrongState(SimulatedHost host, SimulatedVm vm, string wanted) =>
        Make(host, ErrorKind.InvalidState, "vm-wrong-state", $"VM {vm.Info.Name} on {host.Name} is {vm.Info.State}; {wanted}.", "simulated:55", "Bring the VM into that state first.");

    public static ErrorInfo Migrating(SimulatedHost host, SimulatedVm vm) =>
        Make(host, ErrorKind.Conflict, "vm-migrating", $"VM {vm.Info.Name} on {host.Name} has an active migration.", "simulated:68", "Wait for the migration to end, or cancel it.");

    public static ErrorInfo Make(SimulatedHost host, ErrorKind kind, string code, string message, string? native = null, string? advice = null) => new()
    {
        Kind = kind,
        Code = code,
        Message = message,
        Where = host.Name,
        NativeCode = native,
        NativeMessage = native is null ? null : message,
        Advice = advice,
    };
}
