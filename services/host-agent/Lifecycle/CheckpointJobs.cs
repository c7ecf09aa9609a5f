using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors;

namespace HvPlatform.HostAgent.Lifecycle;

/// <summary>A name belongs to one checkpoint of a VM, so after a crash the name tells whether it was made.</summary>
sealed class CreateCheckpointJob() : LifecycleJob<CreateVmCheckpointOnHost>(OperationKind.CreateVmCheckpoint, "checkpoints")
{
    protected override Task ActAsync(IHypervisorDriver driver, CreateVmCheckpointOnHost command, CancellationToken cancellationToken) =>
        driver.Checkpoints!.CreateAsync(command.VmId, command.Name, cancellationToken);

    protected override bool Reached(VmInfo? vm) => false;

    protected override async Task<bool> ReachedAsync(IHypervisorDriver driver, CreateVmCheckpointOnHost command, VmInfo? vm, CancellationToken cancellationToken) =>
        vm is not null && (await driver.Checkpoints!.ListAsync(command.VmId, cancellationToken)).Checkpoints.Any(c => c.Name == command.Name);
}

sealed class ApplyCheckpointJob() : LifecycleJob<ApplyVmCheckpointOnHost>(OperationKind.ApplyVmCheckpoint, "checkpoints")
{
    protected override Task ActAsync(IHypervisorDriver driver, ApplyVmCheckpointOnHost command, CancellationToken cancellationToken) =>
        driver.Checkpoints!.ApplyAsync(command.VmId, command.CheckpointId, cancellationToken);

    protected override bool Reached(VmInfo? vm) => false;
}

sealed class DeleteCheckpointJob() : LifecycleJob<DeleteVmCheckpointOnHost>(OperationKind.DeleteVmCheckpoint, "checkpoints")
{
    protected override Task ActAsync(IHypervisorDriver driver, DeleteVmCheckpointOnHost command, CancellationToken cancellationToken) =>
        driver.Checkpoints!.DeleteAsync(command.VmId, command.CheckpointId, command.Subtree, cancellationToken);

    protected override bool Reached(VmInfo? vm) => false;

    protected override async Task<bool> ReachedAsync(IHypervisorDriver driver, DeleteVmCheckpointOnHost command, VmInfo? vm, CancellationToken cancellationToken) =>
        vm is not null && (await driver.Checkpoints!.ListAsync(command.VmId, cancellationToken)).Checkpoints.All(c => c.Id != command.CheckpointId);
}
