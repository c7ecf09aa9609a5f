using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors;

namespace HvPlatform.HostAgent.Lifecycle;

sealed class WriteKvpJob() : LifecycleJob<WriteVmKvpOnHost>(OperationKind.WriteVmKvp, "guest")
{
    protected override Task ActAsync(IHypervisorDriver driver, WriteVmKvpOnHost command, CancellationToken cancellationToken) =>
        driver.Guest!.WriteKvpAsync(command.VmId, command.Changes, cancellationToken);

    protected override bool Reached(VmInfo? vm) => false;
}

/// <summary>Half a file may be there: whether to write over it is for a person to say.</summary>
sealed class CopyFileToVmJob() : LifecycleJob<CopyFileToVmOnHost>(OperationKind.CopyFileToVm, "guest")
{
    public override TimeSpan? Patience => LongPatience;

    protected override bool Repeatable => false;

    protected override Task ActAsync(IHypervisorDriver driver, CopyFileToVmOnHost command, CancellationToken cancellationToken) =>
        driver.Guest!.CopyFileAsync(command.VmId, command.File, cancellationToken);

    protected override bool Reached(VmInfo? vm) => false;
}
