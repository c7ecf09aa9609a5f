using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors;

namespace HvPlatform.HostAgent.Lifecycle;

sealed class StartVmJob() : LifecycleJob<StartVmOnHost>(OperationKind.StartVm, null)
{
    protected override Task ActAsync(IHypervisorDriver driver, StartVmOnHost command, CancellationToken cancellationToken) =>
        driver.StartAsync(command.VmId, cancellationToken);

    protected override bool Reached(VmInfo? vm) => vm?.State == VmState.Running;
}

sealed class ForceOffVmJob() : LifecycleJob<ForceOffVmOnHost>(OperationKind.ForceOffVm, null)
{
    protected override Task ActAsync(IHypervisorDriver driver, ForceOffVmOnHost command, CancellationToken cancellationToken) =>
        driver.ForceOffAsync(command.VmId, cancellationToken);

    protected override bool Reached(VmInfo? vm) => vm is null or { State: VmState.Off };
}

sealed class ShutDownVmJob() : LifecycleJob<ShutDownVmOnHost>(OperationKind.ShutDownVm, "power")
{
    protected override Task ActAsync(IHypervisorDriver driver, ShutDownVmOnHost command, CancellationToken cancellationToken) =>
        driver.Power!.ShutDownAsync(command.VmId, cancellationToken);

    protected override bool Reached(VmInfo? vm) => vm is null or { State: VmState.Off or VmState.ShuttingDown };
}

sealed class RebootVmJob() : LifecycleJob<RebootVmOnHost>(OperationKind.RebootVm, "power")
{
    protected override bool Repeatable => false;

    protected override Task ActAsync(IHypervisorDriver driver, RebootVmOnHost command, CancellationToken cancellationToken) =>
        driver.Power!.RebootAsync(command.VmId, cancellationToken);

    protected override bool Reached(VmInfo? vm) => false;
}

sealed class PauseVmJob() : LifecycleJob<PauseVmOnHost>(OperationKind.PauseVm, "power")
{
    protected override Task ActAsync(IHypervisorDriver driver, PauseVmOnHost command, CancellationToken cancellationToken) =>
        driver.Power!.PauseAsync(command.VmId, cancellationToken);

    protected override bool Reached(VmInfo? vm) => vm?.State == VmState.Paused;
}

sealed class ResumeVmJob() : LifecycleJob<ResumeVmOnHost>(OperationKind.ResumeVm, "power")
{
    protected override Task ActAsync(IHypervisorDriver driver, ResumeVmOnHost command, CancellationToken cancellationToken) =>
        driver.Power!.ResumeAsync(command.VmId, cancellationToken);

    protected override bool Reached(VmInfo? vm) => vm?.State == VmState.Running;
}

sealed class SaveVmJob() : LifecycleJob<SaveVmOnHost>(OperationKind.SaveVm, "power")
{
    public override TimeSpan? Patience => LongPatience;

    protected override Task ActAsync(IHypervisorDriver driver, SaveVmOnHost command, CancellationToken cancellationToken) =>
        driver.Power!.SaveAsync(command.VmId, cancellationToken);

    protected override bool Reached(VmInfo? vm) => vm?.State == VmState.Saved;
}

sealed class ResetVmJob() : LifecycleJob<ResetVmOnHost>(OperationKind.ResetVm, "power")
{
    protected override bool Repeatable => false;

    protected override Task ActAsync(IHypervisorDriver driver, ResetVmOnHost command, CancellationToken cancellationToken) =>
        driver.Power!.ResetAsync(command.VmId, cancellationToken);

    protected override bool Reached(VmInfo? vm) => false;
}

sealed class HibernateVmJob() : LifecycleJob<HibernateVmOnHost>(OperationKind.HibernateVm, "power")
{
    protected override Task ActAsync(IHypervisorDriver driver, HibernateVmOnHost command, CancellationToken cancellationToken) =>
        driver.Power!.HibernateAsync(command.VmId, cancellationToken);

    protected override bool Reached(VmInfo? vm) => vm is { State: VmState.Off or VmState.ShuttingDown or VmState.Saved };
}
