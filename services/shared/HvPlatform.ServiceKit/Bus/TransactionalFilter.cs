using MassTransit;
using MassTransit.Context;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace HvPlatform.ServiceKit.Bus;

/// <summary>
/// Runs each delivery in one <see cref="HvTransaction"/>. Round trips: what the consumer does itself (BEGIN goes along), and one batch with the inbox row,
/// everything enlisted, the outbox rows and COMMIT. If the process dies before COMMIT nothing happened and the broker delivers again; if it dies after,
/// the inbox row makes the second delivery a no-op. Sits inside the retry, so each attempt has a transaction of its own.
/// <para>
/// A first delivery is taken for new: if its message was worked on before, the inbox row fails at the commit and takes everything with it. A delivery that the
/// broker marks as redelivered, or that is tried again, asks the inbox first, so that its consumer does not run in vain.
/// </para>
/// </summary>
internal sealed class TransactionalFilter(ServiceDatabase database, string queue, ILogger logger) : IFilter<ConsumeContext>
{
    public void Probe(ProbeContext context) => context.CreateFilterScope("hvTransaction").Add("queue", queue);

    public async Task Send(ConsumeContext context, IPipe<ConsumeContext> next)
    {
        var messageId = context.MessageId ?? throw new MessageWithoutIdException(queue);
        await using var transaction = await database.BeginAsync(context.CancellationToken);
        transaction.ConversationId = context.ConversationId;
        transaction.InitiatorId = messageId;
        if (context.ReceiveContext.Redelivered || context.GetRetryAttempt() > 0)
        {
            if (!await transaction.TryRecordDeliveryAsync(queue, messageId, context.CancellationToken))
            {
                await SkipAsync(context, messageId);
                return;
            }
        }
        else
        {
            transaction.RecordDeliveryAtCommit(queue, messageId);
        }

        try
        {
            await next.Send(new TransactionConsumeContext(context, transaction));
            await transaction.CommitAsync(context.CancellationToken);
        }
        catch (Exception e) when (transaction.DeliveryIsDuplicate(e))
        {
            await SkipAsync(context, messageId);
        }
    }

    async Task SkipAsync(ConsumeContext context, Guid messageId)
    {
        Log.DuplicateDelivery(logger, queue, messageId);

        // Without this MassTransit takes the delivery for one nobody wanted and moves it to the skipped queue.
        await context.NotifyConsumed(new MessageConsumeContext<DuplicateDelivery>(context, new DuplicateDelivery()), TimeSpan.Zero, nameof(TransactionalFilter));
    }

    sealed record DuplicateDelivery;
}

/// <summary>A message came without an id, so a second delivery of it could not be told from a new message. It goes to the error queue.</summary>
public sealed class MessageWithoutIdException(string queue)
    : Exception($"A message on queue '{queue}' has no message id, so it cannot be worked on exactly once. Set MessageId when sending.");

/// <summary>
/// The consume context inside a transaction. MassTransit's own Publish, Send and Respond would leave at once, before the commit and even if it fails,
/// so they are refused with a message that names what to use.
/// </summary>
internal sealed class TransactionConsumeContext : ConsumeContextScope
{
    public TransactionConsumeContext(ConsumeContext context, HvTransaction transaction)
        : base(context, transaction)
    {
        ReceiveContext = new RefusingReceiveContext(context.ReceiveContext);
        PublishEndpointProvider = ReceiveContext.PublishEndpointProvider;
    }

    sealed class RefusingReceiveContext(ReceiveContext context) : ReceiveContextProxy(context)
    {
        static readonly RefusingEndpointProvider Refusing = new();

        public override ISendEndpointProvider SendEndpointProvider => Refusing;

        public override IPublishEndpointProvider PublishEndpointProvider => Refusing;
    }

    sealed class RefusingEndpointProvider : ISendEndpointProvider, IPublishEndpointProvider
    {
        public Task<ISendEndpoint> GetSendEndpoint(Uri address) => throw Refusal();

        public Task<ISendEndpoint> GetPublishSendEndpoint<T>() where T : class => throw Refusal();

        public ConnectHandle ConnectSendObserver(ISendObserver observer) => throw Refusal();

        public ConnectHandle ConnectPublishObserver(IPublishObserver observer) => throw Refusal();

        static InvalidOperationException Refusal() => new(
            "This delivery runs in a transaction: use context.Transaction().Publish/Send/SendAt, which leave with the commit. "
            + "MassTransit's own Publish, Send and Respond would leave at once, even if the commit fails.");
    }
}

/// <summary>Tells a database that cannot be reached, which is waited for, from a message that cannot be worked on, which goes to the error queue.</summary>
internal static class DatabaseOutage
{
    public static bool Is(Exception exception)
    {
        for (var e = exception; e is not null; e = e.InnerException)
        {
            switch (e)
            {
                // Class 08 connection, 57P01..03 shutdown or not up yet, 53300 too many connections.
                case PostgresException { SqlState: "57P01" or "57P02" or "57P03" or "53300" }:
                case PostgresException { SqlState: ['0', '8', ..] }:
                case NpgsqlException and not PostgresException:
                    return true;
            }
        }

        return false;
    }
}
