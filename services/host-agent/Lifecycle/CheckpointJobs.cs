using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors;

namespace HvPlatform.HostAgent.Lifecycle;

/// <summary>After a crash a checkpoint of the name tells that it was made, if it is not older than the command: hypervisors allow one name for several.</summary>
sealed class CreateCheckpointJob() : LifecycleJob<CreateVmCheckpointOnHost>(OperationKind.CreateVmCheckpoint, "checkpoints")
{
    /// <summary>How far the host's clock may be behind the agent's.</summary>
    static readonly TimeSpan s_clockSkew = TimeSpan.FromSeconds(30);

    public override TimeSpan? Patience => LongPatience;

    protected override Task ActAsync(IHypervisorDriver driver, CreateVmCheckpointOnHost command, CancellationToken cancellationToken) =>
        driver.Checkpoints!.CreateAsync(command.VmId, command.Name, cancellationToken);

    protected override bool Reached(VmInfo? vm) => false;

    protected override async Task<bool> ReachedAsync(IHypervisorDriver driver, CreateVmCheckpointOnHost command, DateTimeOffset takenAt, VmInfo? vm, CancellationToken cancellationToken) =>
        vm is not null && (await driver.Checkpoints!.ListAsync(command.VmId, cancellationToken))
            .Checkpoints.Any(c => c.Name == command.Name && c.CreatedAt >= takenAt - s_clockSkew);
}

sealed class ApplyCheckpointJob() : LifecycleJob<ApplyVmCheckpointOnHost>(OperationKind.ApplyVmCheckpoint, "checkpoints")
{
    public override TimeSpan? Patience => LongPatience;

    protected override Task ActAsync(IHypervisorDriver driver, ApplyVmCheckpointOnHost command, CancellationToken cancellationToken) =>
        driver.Checkpoints!.ApplyAsync(command.VmId, command.CheckpointId, cancellationToken);

    protected override bool Reached(VmInfo? vm) => false;
}

sealed class DeleteCheckpointJob() : LifecycleJob<DeleteVmCheckpointOnHost>(OperationKind.DeleteVmCheckpoint, "checkpoints")
{
    public override TimeSpan? Patience => LongPatience;

    protected override Task ActAsync(IHypervisorDriver driver, DeleteVmCheckpointOnHost command, CancellationToken cancellationToken) =>
        driver.Checkpoints!.DeleteAsync(command.VmId, command.CheckpointId, command.Subtree, cancellationToken);

    protected override bool Reached(VmInfo? vm) => false;

    protected override async Task<bool> ReachedAsync(IHypervisorDriver driver, DeleteVmCheckpointOnHost command, DateTimeOffset takenAt, VmInfo? vm, CancellationToken cancellationToken) =>
        vm is not null && (await driver.Checkpoints!.ListAsync(command.VmId, cancellationToken)).Checkpoints.All(c => c.Id != command.CheckpointId);
}
