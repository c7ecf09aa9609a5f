using System.Diagnostics;
using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.ServiceKit.Bus;
using HvPlatform.ServiceKit.Telemetry;
using MassTransit;

namespace HvPlatform.ServiceKit.Outbox;

/// <summary>Hands one outbox row to the bus and returns when the broker has confirmed it. The row's message id, key and trace go with it.</summary>
internal sealed class OutboxSender(IBusControl bus, IBusTransport transport, MessageTypes types)
{
    static readonly TimeSpan ConfirmTimeout = TimeSpan.FromSeconds(10);

    public bool BusIsHealthy => bus.CheckHealth().Status == BusHealthStatus.Healthy;

    public async Task SendAsync(OutboxRow row, CancellationToken cancellationToken)
    {
        var type = types.Find(row.Type) ?? throw new UnknownMessageTypeException(row.Type);
        var message = JsonSerializer.Deserialize(row.Body, type, HvJson.Options) ?? throw new JsonException($"The body of message {row.MessageId} is null.");
        var headers = OutboxHeaders.Parse(row.Headers);

        // The trace of whoever wrote the row, not of the relay, which has none.
        ActivityContext.TryParse(headers.TraceParent, headers.TraceState, out var parent);
        using var activity = HvTelemetry.Source.StartActivity("outbox send", ActivityKind.Internal, parent);

        using var confirmation = transport.Confirm(row.MessageId, row.Queue, type);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(ConfirmTimeout);
        try
        {
            await HandOverAsync(row, type, message, headers, timeout.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"The broker did not confirm message {row.MessageId} within {ConfirmTimeout.TotalSeconds} s.");
        }

        await confirmation.Completed.WaitAsync(cancellationToken);
    }

    async Task HandOverAsync(OutboxRow row, Type type, object message, OutboxHeaders headers, CancellationToken cancellationToken)
    {
        if (row.Queue is null)
        {
            await bus.Publish(message, type, Pipe.Execute<PublishContext>(c => Stamp(c, row, headers)), cancellationToken);
            return;
        }

        var endpoint = await transport.GetQueueAsync(row.Queue, cancellationToken);
        try
        {
            await endpoint.Send(message, type, Pipe.Execute<SendContext>(c => Stamp(c, row, headers)), cancellationToken);
        }
        catch (MessageReturnedException)
        {
            // The queue was deleted after it was declared: declare it again at the next attempt.
            transport.Forget(row.Queue);
            throw;
        }
    }

    static void Stamp(SendContext context, OutboxRow row, OutboxHeaders headers)
    {
        context.MessageId = row.MessageId;
        context.InitiatorId = headers.InitiatorId;
        if (headers.ConversationId is { } conversation)
        {
            context.ConversationId = conversation;
        }

        context.Headers.Set(HvHeaders.Key, row.Key.ToString("D"));
        if (row.Queue is not null && context.TryGetPayload(out RabbitMqSendContext? rabbit))
        {
            rabbit.Mandatory = true;
        }
    }
}

/// <summary>The outbox names a type that this build has not: it was written by another version.</summary>
internal sealed class UnknownMessageTypeException(string type) : Exception($"This build has no message type '{type}'. It was written by another version, or its type was removed.");
