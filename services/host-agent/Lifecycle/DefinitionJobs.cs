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
