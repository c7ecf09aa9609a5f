using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Operations;
using HvPlatform.Contracts.Packages;
using HvPlatform.Contracts.Vms;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Migrations;
using HvPlatform.Orchestrator.Packages;
using HvPlatform.Orchestrator.Store;
using HvPlatform.Orchestrator.Vms;
using CancelMigration = HvPlatform.Contracts.Migrations.CancelMigration;
using ResolveMigration = HvPlatform.Contracts.Migrations.ResolveMigration;

namespace HvPlatform.Orchestrator.Operations;

/// <summary>
/// Commands from other systems, judged by the very code that judges REST requests. A refusal is a <see cref="CommandRejected"/> event
/// (<see cref="CancelRejected"/> for a cancel, <see cref="MigrationResolveRejected"/> for a word on a doubt). The sender chooses the operation id: sending a command again never starts a second operation.
/// </summary>
internal sealed class VmCommandHandler(OperationAcceptor acceptor, TimeProvider clock, ILogger<VmCommandHandler> log)
{
    public Task HandleAsync(IOrchestratorTx tx, StartVm message, CancellationToken cancellationToken) => AcceptAsync(tx, message, Request(message, OperationKind.StartVm), cancellationToken);

    public Task HandleAsync(IOrchestratorTx tx, ShutDownVm message, CancellationToken cancellationToken) => AcceptAsync(tx, message, Request(message, OperationKind.ShutDownVm), cancellationToken);

    public Task HandleAsync(IOrchestratorTx tx, ForceOffVm message, CancellationToken cancellationToken) => AcceptAsync(tx, message, Request(message, OperationKind.ForceOffVm), cancellationToken);

    public Task HandleAsync(IOrchestratorTx tx, PauseVm message, CancellationToken cancellationToken) => AcceptAsync(tx, message, Request(message, OperationKind.PauseVm), cancellationToken);

    public Task HandleAsync(IOrchestratorTx tx, ResumeVm message, CancellationToken cancellationToken) => AcceptAsync(tx, message, Request(message, OperationKind.ResumeVm), cancellationToken);

    public Task HandleAsync(IOrchestratorTx tx, RebootVm message, CancellationToken cancellationToken) => AcceptAsync(tx, message, Request(message, OperationKind.RebootVm), cancellationToken);

    public Task HandleAsync(IOrchestratorTx tx, DeleteVm message, CancellationToken cancellationToken) => AcceptAsync(tx, message, Request(message, OperationKind.DeleteVm), cancellationToken);

    public Task HandleAsync(IOrchestratorTx tx, SaveVm message, CancellationToken cancellationToken) => AcceptAsync(tx, message, Request(message, OperationKind.SaveVm), cancellationToken);

    public Task HandleAsync(IOrchestratorTx tx, ResetVm message, CancellationToken cancellationToken) => AcceptAsync(tx, message, Request(message, OperationKind.ResetVm), cancellationToken);

    public Task HandleAsync(IOrchestratorTx tx, HibernateVm message, CancellationToken cancellationToken) => AcceptAsync(tx, message, Request(message, OperationKind.HibernateVm), cancellationToken);

    public Task HandleAsync(IOrchestratorTx tx, RenameVm message, CancellationToken cancellationToken) =>
        AcceptAsync(tx, message, RenameVmAction.Body, new RenameVmRequest { Name = message.Name }, RenameVmAction.Action.Kind, cancellationToken);

    public Task HandleAsync(IOrchestratorTx tx, ReconfigureVm message, CancellationToken cancellationToken) =>
        AcceptAsync(tx, message, ReconfigureVmAction.Body, message.Settings, ReconfigureVmAction.Action.Kind, cancellationToken);

    public Task HandleAsync(IOrchestratorTx tx, CreateVmCheckpoint message, CancellationToken cancellationToken) =>
        AcceptAsync(tx, message, CreateCheckpointAction.Body, new CreateCheckpointRequest { Name = message.Name }, CreateCheckpointAction.Action.Kind, cancellationToken);

    public Task HandleAsync(IOrchestratorTx tx, ApplyVmCheckpoint message, CancellationToken cancellationToken) =>
        AcceptAsync(tx, message, ApplyCheckpointAction.Body, new ApplyCheckpointRequest { CheckpointId = message.CheckpointId }, ApplyCheckpointAction.Action.Kind, cancellationToken);

    public Task HandleAsync(IOrchestratorTx tx, DeleteVmCheckpoint message, CancellationToken cancellationToken) =>
        AcceptAsync(tx, message, DeleteCheckpointAction.Body, new DeleteCheckpointRequest { CheckpointId = message.CheckpointId, Subtree = message.Subtree }, DeleteCheckpointAction.Action.Kind, cancellationToken);

    public Task HandleAsync(IOrchestratorTx tx, WriteVmKvp message, CancellationToken cancellationToken) =>
        AcceptAsync(tx, message, WriteKvpAction.Body, new WriteKvpRequest { Changes = message.Changes }, WriteKvpAction.Action.Kind, cancellationToken);

    public Task HandleAsync(IOrchestratorTx tx, CopyFileToVm message, CancellationToken cancellationToken) =>
        AcceptAsync(tx, message, CopyFileToVmAction.Body, message.File, CopyFileToVmAction.Action.Kind, cancellationToken);

    public Task HandleAsync(IOrchestratorTx tx, MoveVmStorage message, CancellationToken cancellationToken) =>
        AcceptAsync(tx, message, MoveStorageAction.Body, message.Move, MoveStorageAction.Action.Kind, cancellationToken);

    public async Task HandleAsync(IOrchestratorTx tx, MigrateVm message, CancellationToken cancellationToken)
    {
        var policy = message.Policy ?? new MigrationPolicy();
        if (PolicyRules.Check(policy, "policy.") is { Count: > 0 } errors)
        {
            Reject(tx, message, Refusals.Invalid(errors, $"The policy is not valid: {string.Join("; ", errors.Select(e => $"{e.Key} {e.Value[0]}"))}."));
            return;
        }

        var request = Request(message, OperationKind.MigrateVm) with { DestinationHostId = message.DestinationHostId, Policy = policy };
        await AcceptAsync(tx, message, request, cancellationToken);
    }

    public async Task HandleAsync(IOrchestratorTx tx, CancelMigration message, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var outcome = await Migrations.CancelMigration.RequestAsync(tx, message.OperationId, message.Trail with { RequestedAt = now }, null, cancellationToken);
        if (outcome.Refusal is { } refusal)
        {
            tx.Publish(new CancelRejected { OperationId = message.OperationId, At = now, Error = refusal.Error }, message.OperationId.Value);
        }
    }

    public async Task HandleAsync(IOrchestratorTx tx, ResolveMigration message, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var outcome = await Migrations.ResolveMigration.RequestAsync(
            tx, message.OperationId, message.Resolution, message.Trail with { RequestedAt = now }, null, cancellationToken);
        if (outcome.Is(out var operation, out var refusal))
        {
            Log.Resolving(log, operation.Id, operation.VmId, message.Resolution, message.Trail.RequestedBy, message.Trail.Reason);
            return;
        }

        // Of a migration nobody knows, the VM is not known either.
        var vm = (await tx.FindOperationAsync(message.OperationId, cancellationToken))?.VmId ?? default;
        tx.Publish(new MigrationResolveRejected { OperationId = message.OperationId, VmId = vm, Error = refusal.Error, At = now }, message.OperationId.Value);
    }

    public async Task HandleAsync(IOrchestratorTx tx, ExportVm message, CancellationToken cancellationToken)
    {
        if (PackageRules.Check(message.Settings, "settings.") is { Count: > 0 } errors)
        {
            Reject(tx, message, Refusals.Invalid(errors, $"The settings are not valid: {string.Join("; ", errors.Select(e => $"{e.Key} {e.Value[0]}"))}."));
            return;
        }

        await AcceptAsync(tx, message, Request(message, OperationKind.ExportVm) with { Export = message.Settings }, cancellationToken);
    }

    public async Task HandleAsync(IOrchestratorTx tx, ImportVm message, CancellationToken cancellationToken)
    {
        if (PackageRules.Check(message.Settings, "settings.") is { Count: > 0 } errors)
        {
            Reject(tx, message, Refusals.Invalid(errors, $"The settings are not valid: {string.Join("; ", errors.Select(e => $"{e.Key} {e.Value[0]}"))}."));
            return;
        }

        await AcceptAsync(tx, message, Request(message, OperationKind.ImportVm) with { DefineOn = message.HostId, Import = message.Settings }, cancellationToken);
    }

    public async Task HandleAsync(IOrchestratorTx tx, CancelPackageOperation message, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var outcome = await CancelPackage.RequestAsync(tx, message.OperationId, message.Trail with { RequestedAt = now }, null, cancellationToken);
        if (outcome.Refusal is { } refusal)
        {
            tx.Publish(new CancelRejected { OperationId = message.OperationId, At = now, Error = refusal.Error }, message.OperationId.Value);
        }
    }

    public async Task HandleAsync(IOrchestratorTx tx, ResolvePackageOperation message, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var outcome = await ResolvePackage.RequestAsync(tx, message.OperationId, message.Resolution, message.Trail with { RequestedAt = now }, null, cancellationToken);
        if (outcome.Refusal is { } refusal)
        {
            var vm = (await tx.FindOperationAsync(message.OperationId, cancellationToken))?.VmId ?? default;
            tx.Publish(new PackageResolveRejected { OperationId = message.OperationId, VmId = vm, Error = refusal.Error, At = now }, message.OperationId.Value);
        }
    }

    static OperationRequest Request(IVmCommand message, OperationKind kind) =>
        new() { OperationId = message.OperationId, Kind = kind, VmId = message.VmId, Trail = message.Trail };

    async Task AcceptAsync<T, TAsked>(IOrchestratorTx tx, T message, VmActionBody<TAsked> body, TAsked asked, OperationKind kind, CancellationToken cancellationToken)
        where T : class, IVmCommand
        where TAsked : class
    {
        if (body.Refuse(asked) is { } refusal)
        {
            Reject(tx, message, refusal);
            return;
        }

        await AcceptAsync(tx, message, Request(message, kind) with { Asked = asked }, cancellationToken);
    }

    async Task AcceptAsync<T>(IOrchestratorTx tx, T message, OperationRequest request, CancellationToken cancellationToken)
        where T : class, IVmCommand
    {
        var outcome = await acceptor.AcceptAsync(tx, request, cancellationToken);
        if (outcome.Is(out var operation, out var refusal))
        {
            Log.Accepted(log, operation.Kind, operation.Id, operation.VmId, operation.HostId, operation.Epoch, operation.Trail.RequestedBy);
        }
        else
        {
            Reject(tx, message, refusal);
        }
    }

    void Reject<T>(IOrchestratorTx tx, T message, Refusal refusal)
        where T : class, IVmCommand
    {
        tx.Publish(
            new CommandRejected { OperationId = message.OperationId, Command = typeof(T).Name, VmId = message.VmId, At = clock.GetUtcNow(), Error = refusal.Error },
            message.VmId.Value);
        Log.Refused(log, typeof(T).Name, message.OperationId, message.VmId, refusal.Error.Code, refusal.Error.Message);
    }
}
