using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Orchestrator.Store;
using MassTransit;

namespace HvPlatform.Orchestrator.Operations;

/// <summary>Brings the agents' answers to <see cref="VmOutcomeHandler"/>.</summary>
internal sealed class VmOutcomeConsumer(VmOutcomeHandler handler) : IConsumer<HostJobAccepted>, IConsumer<VmCommandCompleted>, IConsumer<VmCommandFailed>
{
    public Task Consume(ConsumeContext<HostJobAccepted> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<VmCommandCompleted> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<VmCommandFailed> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);
}
