using HvPlatform.Contracts;
using HvPlatform.Contracts.Evacuations;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Store;
using MassTransit;

namespace HvPlatform.Orchestrator.Evacuations;

/// <summary>Evacuations over the bus: the timer, and commands from other systems. A refusal is an <see cref="EvacuationRejected"/> event.</summary>
internal sealed class EvacuationConsumer(EvacuationHandler handler, TimeProvider clock)
    : IConsumer<EvacuationTimerElapsed>, IConsumer<EvacuateHost>, IConsumer<PauseEvacuation>, IConsumer<ResumeEvacuation>, IConsumer<CancelEvacuation>
{
    public Task Consume(ConsumeContext<EvacuationTimerElapsed> context) => handler.HandleAsync(new EvacuationTx(context.Tx()), context.Message, context.CancellationToken);

    public async Task Consume(ConsumeContext<EvacuateHost> context)
    {
        var message = context.Message;
        Answer(context, message.EvacuationId, EvacuationRequest.Validate(message.Settings, "settings.") is { Count: > 0 } errors
            ? Refusals.Invalid(errors, $"The settings are not valid: {string.Join("; ", errors.Select(e => $"{e.Key} {e.Value[0]}"))}.")
            : (await handler.StartAsync(new EvacuationTx(context.Tx()), message, context.CancellationToken)).Refusal);
    }

    public async Task Consume(ConsumeContext<PauseEvacuation> context) => Answer(
        context, context.Message.EvacuationId,
        (await handler.PauseAsync(new EvacuationTx(context.Tx()), context.Message.EvacuationId, context.Message.Trail, context.CancellationToken)).Refusal);

    public async Task Consume(ConsumeContext<ResumeEvacuation> context) => Answer(
        context, context.Message.EvacuationId,
        (await handler.ResumeAsync(new EvacuationTx(context.Tx()), context.Message.EvacuationId, context.Message.Trail, context.CancellationToken)).Refusal);

    public async Task Consume(ConsumeContext<CancelEvacuation> context) => Answer(
        context, context.Message.EvacuationId,
        (await handler.CancelAsync(new EvacuationTx(context.Tx()), context.Message.EvacuationId, context.Message.CancelMoves, context.Message.Trail, context.CancellationToken)).Refusal);

    void Answer<T>(ConsumeContext<T> context, EvacuationId id, Refusal? refusal)
        where T : class
    {
        if (refusal is not null)
        {
            context.Tx().Publish(new EvacuationRejected { EvacuationId = id, Command = typeof(T).Name, At = clock.GetUtcNow(), Error = refusal.Error }, id.Value);
        }
    }
}
