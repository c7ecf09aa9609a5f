using HvPlatform.Contracts;
using HvPlatform.Events;
using HvPlatform.Inventory.Hosts;
using HvPlatform.Inventory.Operations;
using HvPlatform.Inventory.Vms;
using HvPlatform.ServiceKit;
using MassTransit;

namespace HvPlatform.Inventory.Storage;

/// <summary>
/// Puts what the rules decided into the delivery's transaction: rows first, the append of the events last, all in the commit's one round trip, so
/// that the lock which orders appends is held for that moment only. Each append expects the version the rule saw; if another delivery was
/// faster, nothing happens and the message is worked on again.
/// </summary>
internal sealed class InventoryWriter(EventStore events)
{
    public void Save(HvTransaction transaction, Cause cause, HostChange? host = null, IReadOnlyList<VmChange>? vms = null, OperationChange? operation = null)
    {
        var appends = new List<StreamAppend>();
        if (host is not null)
        {
            transaction.Enlist(HostSql.SaveContact(host.Contact));
            if (host.Events.Count > 0)
            {
                transaction.Enlist(HostSql.SaveHost(host.After!));
                transaction.Enlist(HostSql.CloseVersion(host.After!.Id, host.At));
                transaction.Enlist(HostSql.InsertVersion(host.After, host.At, null));
                appends.Add(Append(host.Contact.HostId.Value, "host", host.Before?.Version ?? 0, host.Events, host.At, cause));
            }

            if (host.GenerationCeiling is { } ceiling)
            {
                transaction.Enlist(HostSql.LowerGenerations(host.Contact.HostId, ceiling));
            }
        }

        if (vms is { Count: > 0 })
        {
            VmSql.Save(transaction.Enlist, vms);
            appends.AddRange(vms.Where(v => v.Events.Count > 0).Select(v => Append(v.After!.Id.Value, "vm", v.Before?.Version ?? 0, v.Events, v.At, cause)));
        }

        if (operation?.Event is { } e)
        {
            transaction.Enlist(OperationSql.Save(operation.After!));
            transaction.Enlist(OperationSql.CloseVersion(operation.After!.Id, operation.At));
            transaction.Enlist(OperationSql.InsertVersion(operation.After, operation.At, null));
            appends.Add(Append(operation.After.Id.Value, "operation", operation.Before?.Version ?? 0, [e], operation.At, cause));
        }

        if (appends.Count > 0)
        {
            transaction.Enlist(events.CreateAppendCommand(appends));
        }
    }

    /// <summary>Appends to the stream of something that has no read model here: its owner keeps it, the history only tells it.</summary>
    public void Tell(HvTransaction transaction, Cause cause, Guid stream, string type, object e, DateTimeOffset at) =>
        transaction.Enlist(events.CreateAppendCommand([new StreamAppend { StreamId = stream, StreamType = type, Events = [new NewEvent(e, at, cause.CorrelationId, cause.CausationId)] }]));

    static StreamAppend Append(Guid stream, string type, long expected, IReadOnlyList<object> data, DateTimeOffset at, Cause cause) => new()
    {
        StreamId = stream,
        StreamType = type,
        ExpectedVersion = expected,
        Events = [.. data.Select(e => new NewEvent(e, at, cause.CorrelationId, cause.CausationId))],
    };
}

/// <summary>What an event goes back to: the operation (or the conversation of messages) and the message.</summary>
internal readonly record struct Cause(string? CorrelationId, string? CausationId)
{
    public static Cause Of(ConsumeContext context, OperationId? operation = null) =>
        new((operation?.Value ?? context.ConversationId)?.ToString("D"), context.MessageId?.ToString("D"));
}
