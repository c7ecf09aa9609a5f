using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.HostAgent.Jobs;
using HvPlatform.Hypervisors;

namespace HvPlatform.HostAgent.Migrations;

/// <summary>A step of a migration other than the transfer. The driver's steps may be called again, so after a crash they are.</summary>
abstract class MigrationJob<T> : HostJob<T> where T : class, IHostCommand
{
    public override bool AnnouncesTaking => false;

    public override string? MissingFacet(IHypervisorDriver driver) => driver.Migration is null ? "migration" : null;

    protected sealed override object Fail(HostJobContext context, T command, ErrorInfo error) => new MigrationStepFailed
    {
        OperationId = command.OperationId,
        Step = command.Step,
        HostId = command.HostId,
        VmId = command.VmId,
        Error = error,
    };
}
