using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Vms;
using HvPlatform.HostAgent.Jobs;
using HvPlatform.HostAgent.Journal;
using HvPlatform.Hypervisors;

namespace HvPlatform.HostAgent.Lifecycle;

/// <summary>
/// A command that brings a VM into a state. After a crash in the middle the VM itself is asked: in the wanted state means done; otherwise it is done
/// again, unless that would do it twice.
/// </summary>
abstract class LifecycleJob<T>(OperationKind kind, string? facet) : HostJob<T> where T : class, IHostCommand
{
    public sealed override string? MissingFacet(IHypervisorDriver driver) => facet switch
    {
        "power" when driver.Power is null => facet,
        "definition" when driver.Definition is null => facet,
        "settings" when driver.Settings is null => facet,
        "checkpoints" when driver.Checkpoints is null => facet,
        "guest" when driver.Guest is null => facet,
        "storage" when driver.Storage is null => facet,
        _ => null,
    };

    /// <summary>The one native call.</summary>
    protected abstract Task ActAsync(IHypervisorDriver driver, T command, CancellationToken cancellationToken);

    /// <summary>Whether the VM, null if it does not exist, is where the command wants it.</summary>
    protected abstract bool Reached(VmInfo? vm);

    /// <summary>The same for what the VM's report does not tell; the command was taken at <paramref name="takenAt"/>, by the agent's clock.</summary>
    protected virtual Task<bool> ReachedAsync(IHypervisorDriver driver, T command, DateTimeOffset takenAt, VmInfo? vm, CancellationToken cancellationToken) => Task.FromResult(Reached(vm));

    /// <summary>For work that goes on at the host without an agent: follows it, and tells whether it came to its good end. False if nothing of it is to be found.</summary>
    protected virtual Task<bool> ResumeAsync(IHypervisorDriver driver, T command, CancellationToken cancellationToken) => Task.FromResult(false);

    /// <summary>False if doing it again could do it twice.</summary>
    protected virtual bool Repeatable => true;

    protected sealed override async Task<object?> RunAsync(HostJobContext context, JobReceived job, T command, CancellationToken cancellationToken)
    {
        await context.CallAsync(kind.ToString(), command.VmId, () => ActAsync(context.Driver, command, cancellationToken));
        return Completed(context, command, await LookAsync(context, command, cancellationToken));
    }

    protected sealed override async Task<object?> RecoverAsync(HostJobContext context, JobReceived job, T command, CancellationToken cancellationToken)
    {
        var vm = await context.CallAsync("Get", command.VmId, () => context.Driver.GetAsync(command.VmId, cancellationToken));
        if (Repeatable)
        {
            var reached = await context.CallAsync("Reached", command.VmId, () => ReachedAsync(context.Driver, command, job.At, vm, cancellationToken));
            return reached ? Completed(context, command, vm) : await RunAsync(context, job, command, cancellationToken);
        }

        if (await context.CallAsync("Resume", command.VmId, () => ResumeAsync(context.Driver, command, cancellationToken)))
        {
            return Completed(context, command, await LookAsync(context, command, cancellationToken));
        }

        return Fail(context, command, context.Error(
            ErrorKind.Transient,
            "agent-restarted",
            $"The agent of {context.Host.Name} restarted while it carried out {kind}; whether the VM was reached is not known. It is {vm?.State ?? VmState.Unknown} now.",
            "Look at the VM and repeat the command if it is still wanted."));
    }

    protected sealed override object Fail(HostJobContext context, T command, ErrorInfo error) => new VmCommandFailed
    {
        OperationId = command.OperationId,
        Step = command.Step,
        HostId = command.HostId,
        VmId = command.VmId,
        Kind = kind,
        At = context.Now,
        Error = error,
    };

    /// <summary>It is done; that the VM cannot be looked at afterwards does not undo it.</summary>
    static async Task<VmInfo?> LookAsync(HostJobContext context, T command, CancellationToken cancellationToken)
    {
        try
        {
            return await context.Driver.GetAsync(command.VmId, cancellationToken);
        }
        catch (HypervisorException)
        {
            return null;
        }
    }

    VmCommandCompleted Completed(HostJobContext context, T command, VmInfo? vm) => new()
    {
        OperationId = command.OperationId,
        Step = command.Step,
        HostId = command.HostId,
        VmId = command.VmId,
        Kind = kind,
        State = vm?.State ?? VmState.Unknown,
        At = context.Now,
    };
}
