using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;
using HvPlatform.HostAgent.Jobs;
using HvPlatform.Hypervisors;

namespace HvPlatform.HostAgent.Lifecycle;

/// <summary>Copies for as long as that takes. After a restart the move that still runs is followed; it is never begun a second time.</summary>
sealed class MoveStorageJob() : LifecycleJob<MoveVmStorageOnHost>(OperationKind.MoveVmStorage, "storage")
{
    public override JobLane Lane => JobLane.Transfer;

    protected override bool Repeatable => false;

    protected override Task ActAsync(IHypervisorDriver driver, MoveVmStorageOnHost command, CancellationToken cancellationToken) =>
        driver.Storage!.MoveStorageAsync(command.VmId, command.Move, cancellationToken);

    protected override Task<bool> ResumeAsync(IHypervisorDriver driver, MoveVmStorageOnHost command, CancellationToken cancellationToken) =>
        driver.Storage!.ResumeStorageMoveAsync(command.VmId, command.Move, cancellationToken);

    protected override bool Reached(VmInfo? vm) => false;
}
