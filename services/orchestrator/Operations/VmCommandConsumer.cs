using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Operations;
using HvPlatform.Contracts.Vms;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Migrations;
using HvPlatform.ServiceKit;
using MassTransit;
using CancelMigration = HvPlatform.Contracts.Migrations.CancelMigration;

namespace HvPlatform.Orchestrator.Operations;

/// <summary>
/// Commands from other systems, judged by the very code that judges REST requests. A refusal is a <see cref="CommandRejected"/> event
/// (<see cref="CancelRejected"/> for a cancel). The sender chooses the operation id: sending a command again never starts a second operation.
/// </summary>
internal sealed class VmCommandConsumer(OperationAcceptor acceptor, TimeProvider clock, ILogger<VmCommandConsumer> log)
    : IConsumer<StartVm>, IConsumer<ShutDownVm>, IConsumer<ForceOffVm>, IConsumer<PauseVm>, IConsumer<ResumeVm>, IConsumer<RebootVm>, IConsumer<DeleteVm>,
      IConsumer<MigrateVm>, IConsumer<CancelMigration>
{
    public Task Consume(ConsumeContext<StartVm> context) => AcceptAsync(context, OperationKind.StartVm);

    public Task Consume(ConsumeContext<ShutDownVm> context) => AcceptAsync(context, OperationKind.ShutDownVm);

    public Task Consume(ConsumeContext<ForceOffVm> context) => AcceptAsync(context, OperationKind.ForceOffVm);

    public Task Consume(ConsumeContext<PauseVm> context) => AcceptAsync(context, OperationKind.PauseVm);

    public Task Consume(ConsumeContext<ResumeVm> context) => AcceptAsync(context, OperationKind.ResumeVm);

    public Task Consume(ConsumeContext<RebootVm> context) => AcceptAsync(context, OperationKind.RebootVm);

    public Task Consume(ConsumeContext<DeleteVm> context) => AcceptAsync(context, OperationKind.DeleteVm);

    public async Task Consume(ConsumeContext<MigrateVm> context)
    {
        var message = context.Message;
        if (StartMigration.Validate(message.Policy, "policy.") is { Count: > 0 } errors)
        {
            Reject(context, Refusals.Invalid(errors, $"The policy is not valid: {string.Join("; ", errors.Select(e => $"{e.Key} {e.Value[0]}"))}."));
            return;
        }

        await AcceptAsync(context, OperationKind.MigrateVm, r => r with { DestinationHostId = message.DestinationHostId, Policy = message.Policy });
    }

    public async Task Consume(ConsumeContext<CancelMigration> context)
    {
        var (tx, message) = (context.Transaction(), context.Message);
        var now = clock.GetUtcNow();
        var outcome = await Migrations.CancelMigration.RequestAsync(tx, message.OperationId, message.Trail with { RequestedAt = now }, null, context.CancellationToken);
        if (outcome.Refusal is { } refusal)
        {
            tx.Publish(new CancelRejected { OperationId = message.OperationId, At = now, Error = refusal.Error }, message.OperationId.Value);
        }
    }

    async Task AcceptAsync<T>(ConsumeContext<T> context, OperationKind kind, Func<OperationRequest, OperationRequest>? add = null)
        where T : class, IVmCommand
    {
        var message = context.Message;
        var request = new OperationRequest { OperationId = message.OperationId, Kind = kind, VmId = message.VmId, Trail = message.Trail };
        var outcome = await acceptor.AcceptAsync(context.Transaction(), add?.Invoke(request) ?? request, context.CancellationToken);
        if (outcome.Is(out var operation, out var refusal))
        {
            Log.Accepted(log, operation.Kind, operation.Id, operation.VmId, operation.HostId, operation.Epoch, operation.Trail.RequestedBy);
        }
        else
        {
            Reject(context, refusal);
        }
    }

    void Reject<T>(ConsumeContext<T> context, Refusal refusal)
        where T : class, IVmCommand
    {
        var message = context.Message;
        context.Transaction().Publish(
            new CommandRejected { OperationId = message.OperationId, Command = typeof(T).Name, VmId = message.VmId, At = clock.GetUtcNow(), Error = refusal.Error },
            message.VmId.Value);
        Log.Refused(log, typeof(T).Name, message.OperationId, message.VmId, refusal.Error.Code, refusal.Error.Message);
    }
}
