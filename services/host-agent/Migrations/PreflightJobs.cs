using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.HostAgent.Jobs;
using HvPlatform.HostAgent.Journal;
using HvPlatform.Hypervisors.Forecasting;

namespace HvPlatform.HostAgent.Migrations;

sealed class CheckSourceJob : MigrationJob<CheckMigrationSource>
{
    protected override async Task<object?> RunAsync(HostJobContext context, JobReceived job, CheckMigrationSource command, CancellationToken cancellationToken)
    {
        var (findings, facts) = await context.CallAsync("CheckSource", command.VmId, () => context.Driver.Migration!.CheckSourceAsync(command.VmId, command.Policy, cancellationToken));
        facts = facts is null ? null : facts with { BandwidthMiBps = facts.BandwidthMiBps ?? context.Memory.BandwidthMiBps };
        return new MigrationSourceChecked
        {
            OperationId = command.OperationId,
            Step = command.Step,
            HostId = command.HostId,
            VmId = command.VmId,
            Findings = findings,
            Source = facts,
            Forecast = facts is not null && (command.Policy.Forecast || command.Policy.RequireConvergence) ? TransferForecast.Of(facts, command.Policy) : null,
        };
    }
}

sealed class CheckDestinationJob : MigrationJob<CheckMigrationDestination>
{
    protected override async Task<object?> RunAsync(HostJobContext context, JobReceived job, CheckMigrationDestination command, CancellationToken cancellationToken) =>
        new MigrationDestinationChecked
        {
            OperationId = command.OperationId,
            Step = command.Step,
            HostId = command.HostId,
            VmId = command.VmId,
            Findings = await context.CallAsync(
                "CheckDestination", command.VmId, () => context.Driver.Migration!.CheckDestinationAsync(command.Source, command.Policy, cancellationToken)),
        };
}

sealed class PrepareDestinationJob : MigrationJob<PrepareMigrationDestination>
{
    public override bool Begins(IHostCommand command) => true;

    protected override async Task<object?> RunAsync(HostJobContext context, JobReceived job, PrepareMigrationDestination command, CancellationToken cancellationToken) =>
        new MigrationDestinationPrepared
        {
            OperationId = command.OperationId,
            Step = command.Step,
            HostId = command.HostId,
            VmId = command.VmId,
            MigrationUri = await context.CallAsync(
                "PrepareDestination", command.VmId, () => context.Driver.Migration!.PrepareDestinationAsync(command.Source, command.Policy, cancellationToken)),
        };
}
