using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Operations;
using HvPlatform.Inventory.Storage;
using HvPlatform.Inventory.Vms;
using HvPlatform.ServiceKit;
using MassTransit;

namespace HvPlatform.Inventory.Operations;

/// <summary>
/// The course of operations and migrations, into the operation's stream and its VM's. A VM that is not known (yet) has no stream to write to;
/// an operation that has ended no longer touches its VM.
/// </summary>
internal sealed class RecordOperation(InventoryWriter writer, TimeProvider time) :
    IConsumer<OperationAccepted>, IConsumer<OperationSucceeded>, IConsumer<OperationFailed>, IConsumer<CommandRejected>, IConsumer<CancelRejected>,
    IConsumer<MigrationStarted>, IConsumer<MigrationPhaseChanged>, IConsumer<MigrationProgressed>, IConsumer<MigrationInDoubt>,
    IConsumer<MigrationCompleted>, IConsumer<MigrationRolledBack>, IConsumer<MigrationFailed>,
    IConsumer<MigrationForecasted>, IConsumer<MigrationResolvedByOperator>, IConsumer<MigrationResolveRejected>
{
    public Task Consume(ConsumeContext<OperationAccepted> c) =>
        Record(c, c.Message.VmId, c.Message.OperationId, OperationRules.Requested, VmOperationRules.Accepted);

    public Task Consume(ConsumeContext<OperationSucceeded> c) =>
        Record(c, c.Message.VmId, c.Message.OperationId, OperationRules.Ended, VmOperationRules.Succeeded);

    public Task Consume(ConsumeContext<OperationFailed> c) =>
        Record(c, c.Message.VmId, c.Message.OperationId, OperationRules.Ended, VmOperationRules.Failed);

    public Task Consume(ConsumeContext<CommandRejected> c) =>
        Record(c, c.Message.VmId, c.Message.OperationId, OperationRules.Refused, null);

    public Task Consume(ConsumeContext<MigrationStarted> c) =>
        Record(c, c.Message.VmId, c.Message.OperationId, OperationRules.Began, VmOperationRules.MigrationStarted);

    public Task Consume(ConsumeContext<MigrationPhaseChanged> c) =>
        Record(c, c.Message.VmId, c.Message.OperationId, OperationRules.Entered, VmOperationRules.PhaseChanged);

    public Task Consume(ConsumeContext<MigrationInDoubt> c) =>
        Record(c, c.Message.VmId, c.Message.OperationId, OperationRules.InDoubt, VmOperationRules.InDoubt);

    public Task Consume(ConsumeContext<MigrationCompleted> c) =>
        Record(c, c.Message.VmId, c.Message.OperationId, OperationRules.Ended, VmOperationRules.Completed);

    public Task Consume(ConsumeContext<MigrationRolledBack> c) =>
        Record(c, c.Message.VmId, c.Message.OperationId, OperationRules.Ended, VmOperationRules.RolledBack);

    public Task Consume(ConsumeContext<MigrationFailed> c) =>
        Record(c, c.Message.VmId, c.Message.OperationId, OperationRules.Ended, VmOperationRules.Failed);

    public Task Consume(ConsumeContext<MigrationForecasted> c) => Record(c, c.Message.VmId, c.Message.OperationId, OperationRules.Forecast, null);

    public Task Consume(ConsumeContext<MigrationResolvedByOperator> c) => Record(c, c.Message.VmId, c.Message.OperationId, OperationRules.Resolved, null);

    public async Task Consume(ConsumeContext<MigrationResolveRejected> c)
    {
        var load = await new InventoryLoad(c.Transaction()).LockOperation(c.Message.OperationId).RunAsync(c.CancellationToken);
        writer.Save(c.Transaction(), Cause.Of(c, c.Message.OperationId), operation: OperationRules.ResolveRefused(load.OperationRow, c.Message, time.Now()));
    }

    public Task Consume(ConsumeContext<MigrationProgressed> c)
    {
        c.Transaction().Enlist(OperationSql.SaveProgress(c.Message));
        return Task.CompletedTask;
    }

    public async Task Consume(ConsumeContext<CancelRejected> c)
    {
        var load = await new InventoryLoad(c.Transaction()).LockOperation(c.Message.OperationId).RunAsync(c.CancellationToken);
        writer.Save(c.Transaction(), Cause.Of(c, c.Message.OperationId), operation: OperationRules.CancelRefused(load.OperationRow, c.Message, time.Now()));
    }

    async Task Record<T>(
        ConsumeContext<T> context, VmId vm, OperationId operation,
        Func<OperationRecord?, T, DateTimeOffset, OperationChange> rule, Func<VmRecord, T, DateTimeOffset, VmChange>? vmRule)
        where T : class
    {
        var (transaction, now) = (context.Transaction(), time.Now());
        var load = await new InventoryLoad(transaction).LockVm(vm).LockOperation(operation).RunAsync(context.CancellationToken);
        var change = rule(load.OperationRow, context.Message, now);
        var vms = vmRule is not null && change is { Event: not null, Before: not { HasEnded: true } } && load.Vm(vm) is { } known
            ? new[] { vmRule(known, context.Message, now) }
            : [];
        writer.Save(transaction, Cause.Of(context, operation), vms: vms, operation: change);
    }
}
