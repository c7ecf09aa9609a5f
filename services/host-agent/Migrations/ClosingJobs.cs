using HvPlatform.Contracts.Migrations;
using HvPlatform.HostAgent.Jobs;
using HvPlatform.HostAgent.Journal;

namespace HvPlatform.HostAgent.Migrations;

sealed class FinishDestinationJob : MigrationJob<FinishMigrationOnDestination>
{
    protected override async Task<object?> RunAsync(HostJobContext context, JobReceived job, FinishMigrationOnDestination command, CancellationToken cancellationToken)
    {
        var state = await context.CallAsync(
            "FinishDestination", command.VmId, () => context.Driver.Migration!.FinishDestinationAsync(command.VmId, command.Source, cancellationToken));
        return new MigrationFinishedOnDestination
        {
            OperationId = command.OperationId,
            Step = command.Step,
            HostId = command.HostId,
            VmId = command.VmId,
            State = state,
            At = context.Now,
        };
    }
}

sealed class ConfirmSourceJob : MigrationJob<ConfirmMigrationOnSource>
{
    public override bool Closes => true;

    protected override async Task<object?> RunAsync(HostJobContext context, JobReceived job, ConfirmMigrationOnSource command, CancellationToken cancellationToken)
    {
        // An agent that came back may still be looking for the end of the transfer.
        await context.Transfers.WhenClosedAsync(command.OperationId, cancellationToken);
        await context.CallAsync("ConfirmSource", command.VmId, () => context.Driver.Migration!.ConfirmSourceAsync(command.VmId, cancellationToken));
        return new MigrationConfirmedOnSource
        {
            OperationId = command.OperationId,
            Step = command.Step,
            HostId = command.HostId,
            VmId = command.VmId,
            At = context.Now,
        };
    }
}

sealed class CleanUpDestinationJob : MigrationJob<CleanUpMigrationDestination>
{
    public override bool Closes => true;

    protected override async Task<object?> RunAsync(HostJobContext context, JobReceived job, CleanUpMigrationDestination command, CancellationToken cancellationToken)
    {
        await context.CallAsync(
            "CleanUpDestination", command.VmId, () => context.Driver.Migration!.CleanUpDestinationAsync(command.VmId, command.Source, cancellationToken));
        return new MigrationDestinationCleanedUp
        {
            OperationId = command.OperationId,
            Step = command.Step,
            HostId = command.HostId,
            VmId = command.VmId,
            At = context.Now,
        };
    }
}

sealed class RestoreSourceJob : MigrationJob<RestoreMigrationSource>
{
    public override bool Closes => true;

    protected override async Task<object?> RunAsync(HostJobContext context, JobReceived job, RestoreMigrationSource command, CancellationToken cancellationToken)
    {
        // A transfer that was taken and has not begun must not begin after the VM was let run on.
        context.Transfers.Abort(command.OperationId);
        await context.Transfers.WhenClosedAsync(command.OperationId, cancellationToken);
        var state = await context.CallAsync(
            "RestoreSource", command.VmId, () => context.Driver.Migration!.RestoreSourceAsync(command.VmId, command.WasRunning, cancellationToken));
        return new MigrationSourceRestored
        {
            OperationId = command.OperationId,
            Step = command.Step,
            HostId = command.HostId,
            VmId = command.VmId,
            State = state,
            At = context.Now,
        };
    }
}

/// <summary>What is true now: neither journaled nor remembered, and never queued behind other work.</summary>
sealed class InspectJob : MigrationJob<InspectMigratingVm>
{
    public override JobLane Lane => JobLane.Immediate;

    public override bool Journaled => false;

    protected override async Task<object?> RunAsync(HostJobContext context, JobReceived job, InspectMigratingVm command, CancellationToken cancellationToken)
    {
        var presence = await context.CallAsync("Inspect", command.VmId, () => context.Driver.Migration!.InspectAsync(command.VmId, cancellationToken));
        return new MigratingVmInspected
        {
            OperationId = command.OperationId,
            Step = command.Step,
            HostId = command.HostId,
            VmId = command.VmId,
            Exists = presence.Exists,
            State = presence.State,
            TransferRunning = presence.TransferRunning,
            Epoch = presence.Epoch,
            PausedByMigration = presence.PausedByMigration,
            Incoming = presence.Incoming,
            PostCopy = presence.PostCopy,
            At = context.Now,
        };
    }
}
