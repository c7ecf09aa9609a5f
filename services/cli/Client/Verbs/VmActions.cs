using HvPlatform.ApiClient;

namespace HvPlatform.Cli.Client.Verbs;

/// <summary>A verb that says no more than which VM.</summary>
/// <param name="Verb">Its name.</param>
/// <param name="What">Its help.</param>
/// <param name="Allowed">The states in which the platform takes it, for <c>--dry-run</c>.</param>
/// <param name="Send">Sends it.</param>
/// <param name="Aliases">Other names: virsh's.</param>
internal sealed record VmAction(string Verb, string What, VmState[] Allowed, Func<HvApiClient, Guid, CancellationToken, Task<Answer<OperationView>>> Send, params string[] Aliases)
{
    /// <summary>In a dry run: whether the VM is in a state for it.</summary>
    /// <exception cref="CliException">It is not.</exception>
    public async Task CheckAsync(Run run, Guid id)
    {
        if (!run.IsDryRun)
        {
            return;
        }

        var vm = (await run.Api.GetVmAsync(id, cancellationToken: run.Cancelled)).Value;
        if (!Allowed.Contains(vm.State))
        {
            throw new CliException($"VM '{vm.Name}' ({vm.Id}) is {vm.State}; {Verb} needs {string.Join(" or ", Allowed)}. The platform would refuse it.", ExitCodes.Refused);
        }

        if (vm.OperationId is { } running)
        {
            throw new CliException($"Operation {running} ({vm.OperationKind}) is running on VM '{vm.Name}'; a VM takes one operation at a time.\n  next: `hv operation watch {running}`", ExitCodes.Refused);
        }
    }
}

/// <summary>All of them.</summary>
internal static class VmActions
{
    public static IReadOnlyList<VmAction> All { get; } =
    [
        new("start", "Starts a stopped or saved VM.", [VmState.Off, VmState.Saved, VmState.Crashed], (api, id, ct) => api.StartVmAsync(id, cancellationToken: ct)),
        new("shutdown", "Asks the guest to shut down.", [VmState.Running], (api, id, ct) => api.ShutDownVmAsync(id, cancellationToken: ct), "stop"),
        new("force-off", "Turns a VM off at once, as pulling the plug does.", [VmState.Running, VmState.Paused, VmState.ShuttingDown, VmState.Crashed, VmState.Suspended],
            (api, id, ct) => api.ForceOffVmAsync(id, cancellationToken: ct), "destroy"),
        new("pause", "Stops the virtual CPUs.", [VmState.Running], (api, id, ct) => api.PauseVmAsync(id, cancellationToken: ct), "suspend"),
        new("resume", "Lets a paused VM run on.", [VmState.Paused, VmState.Suspended], (api, id, ct) => api.ResumeVmAsync(id, cancellationToken: ct)),
        new("reboot", "Asks the guest to reboot.", [VmState.Running], (api, id, ct) => api.RebootVmAsync(id, cancellationToken: ct)),
        new("save", "Writes a VM's memory to disk and stops it; a start goes on from there.", [VmState.Running, VmState.Paused], (api, id, ct) => api.SaveVmAsync(id, cancellationToken: ct), "managedsave"),
        new("reset", "Resets a VM at once, as its reset button does.", [VmState.Running, VmState.Paused, VmState.Crashed], (api, id, ct) => api.ResetVmAsync(id, cancellationToken: ct)),
        new("hibernate", "Asks the guest to hibernate and turn off.", [VmState.Running], (api, id, ct) => api.HibernateVmAsync(id, cancellationToken: ct)),
        new("delete", "Removes a stopped VM's definition; its disks stay.", [VmState.Off], (api, id, ct) => api.DeleteVmAsync(id, cancellationToken: ct), "undefine"),
    ];
}
