using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors;

namespace HvPlatform.HostAgent.Lifecycle;

sealed class DefineVmJob() : LifecycleJob<DefineVmOnHost>(OperationKind.DefineVm, "definition")
{
    protected override Task ActAsync(IHypervisorDriver driver, DefineVmOnHost command, CancellationToken cancellationToken) =>
        driver.Definition!.DefineAsync(command.VmId, command.Spec, cancellationToken);

    protected override bool Reached(VmInfo? vm) => vm is not null;
}

sealed class DeleteVmJob() : LifecycleJob<DeleteVmOnHost>(OperationKind.DeleteVm, "definition")
{
    protected override Task ActAsync(IHypervisorDriver driver, DeleteVmOnHost command, CancellationToken cancellationToken) =>
        driver.Definition!.DeleteAsync(command.VmId, cancellationToken);

    protected override bool Reached(VmInfo? vm) => vm is null;
}

sealed class RenameVmJob() : LifecycleJob<RenameVmOnHost>(OperationKind.RenameVm, "definition")
{
    protected override Task ActAsync(IHypervisorDriver driver, RenameVmOnHost command, CancellationToken cancellationToken) =>
        driver.Definition!.RenameAsync(command.VmId, command.Name, cancellationToken);

    protected override bool Reached(VmInfo? vm) => false;

    protected override Task<bool> ReachedAsync(IHypervisorDriver driver, RenameVmOnHost command, DateTimeOffset takenAt, VmInfo? vm, CancellationToken cancellationToken) =>
        Task.FromResult(vm?.Name == command.Name);
}

/// <summary>Settings are compared with what is there and only differences are changed, so doing it again is the recovery.</summary>
sealed class ReconfigureVmJob() : LifecycleJob<ReconfigureVmOnHost>(OperationKind.ReconfigureVm, "settings")
{
    public override TimeSpan? Patience => LongPatience;

    protected override Task ActAsync(IHypervisorDriver driver, ReconfigureVmOnHost command, CancellationToken cancellationToken) =>
        driver.Settings!.ChangeAsync(command.VmId, command.Settings, cancellationToken);

    protected override bool Reached(VmInfo? vm) => false;
}
