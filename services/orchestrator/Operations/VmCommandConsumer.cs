using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Packages;
using HvPlatform.Contracts.Vms;
using HvPlatform.Orchestrator.Store;
using MassTransit;

namespace HvPlatform.Orchestrator.Operations;

/// <summary>Brings other systems' commands to <see cref="VmCommandHandler"/>.</summary>
internal sealed class VmCommandConsumer(VmCommandHandler handler)
    : IConsumer<StartVm>, IConsumer<ShutDownVm>, IConsumer<ForceOffVm>, IConsumer<PauseVm>, IConsumer<ResumeVm>, IConsumer<RebootVm>, IConsumer<DeleteVm>,
      IConsumer<SaveVm>, IConsumer<ResetVm>, IConsumer<HibernateVm>, IConsumer<RenameVm>, IConsumer<ReconfigureVm>,
      IConsumer<CreateVmCheckpoint>, IConsumer<ApplyVmCheckpoint>, IConsumer<DeleteVmCheckpoint>, IConsumer<WriteVmKvp>, IConsumer<CopyFileToVm>, IConsumer<MoveVmStorage>,
      IConsumer<MigrateVm>, IConsumer<CancelMigration>, IConsumer<ResolveMigration>,
      IConsumer<ExportVm>, IConsumer<ImportVm>, IConsumer<CancelPackageOperation>, IConsumer<ResolvePackageOperation>
{
    public Task Consume(ConsumeContext<StartVm> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<ShutDownVm> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<ForceOffVm> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<PauseVm> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<ResumeVm> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<RebootVm> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<DeleteVm> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<SaveVm> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<ResetVm> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<HibernateVm> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<RenameVm> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<ReconfigureVm> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<CreateVmCheckpoint> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<ApplyVmCheckpoint> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<DeleteVmCheckpoint> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<WriteVmKvp> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<CopyFileToVm> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<MoveVmStorage> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<MigrateVm> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<ExportVm> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<ImportVm> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<CancelPackageOperation> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<ResolvePackageOperation> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<CancelMigration> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<ResolveMigration> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);
}
