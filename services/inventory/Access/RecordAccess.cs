using HvPlatform.Contracts.History;
using HvPlatform.Events;
using HvPlatform.Inventory.Storage;
using HvPlatform.ServiceKit;
using MassTransit;

namespace HvPlatform.Inventory.Access;

/// <summary>What happens to access, into its stream as it was told: no read model comes of it.</summary>
internal sealed class RecordAccess([FromKeyedServices(InventoryModule.Schema)] EventStore events) :
    IConsumer<SignedIn>, IConsumer<AccessRefused>, IConsumer<ApiTokenCreated>, IConsumer<ApiTokenRevoked>, IConsumer<AccessGranted>, IConsumer<AccessGrantRemoved>,
    IConsumer<ResourceGroupChanged>, IConsumer<ResourceGroupRemoved>, IConsumer<JoinTokenCreated>, IConsumer<JoinTokenDeleted>, IConsumer<AgentJoined>, IConsumer<AgentHostApproved>,
    IConsumer<AgentHostClaimed>, IConsumer<AgentRevoked>, IConsumer<WebhookCreated>, IConsumer<WebhookChanged>, IConsumer<WebhookDeleted>
{
    public Task Consume(ConsumeContext<SignedIn> c) => Record(c, c.Message, c.Message.At);

    public Task Consume(ConsumeContext<AccessRefused> c) => Record(c, c.Message, c.Message.At);

    public Task Consume(ConsumeContext<ApiTokenCreated> c) => Record(c, c.Message, c.Message.At);

    public Task Consume(ConsumeContext<ApiTokenRevoked> c) => Record(c, c.Message, c.Message.At);

    public Task Consume(ConsumeContext<AccessGranted> c) => Record(c, c.Message, c.Message.At);

    public Task Consume(ConsumeContext<AccessGrantRemoved> c) => Record(c, c.Message, c.Message.At);

    public Task Consume(ConsumeContext<ResourceGroupChanged> c) => Record(c, c.Message, c.Message.At);

    public Task Consume(ConsumeContext<ResourceGroupRemoved> c) => Record(c, c.Message, c.Message.At);

    public Task Consume(ConsumeContext<JoinTokenCreated> c) => Record(c, c.Message, c.Message.At);

    public Task Consume(ConsumeContext<JoinTokenDeleted> c) => Record(c, c.Message, c.Message.At);

    public Task Consume(ConsumeContext<AgentJoined> c) => Record(c, c.Message, c.Message.At);

    public Task Consume(ConsumeContext<AgentHostApproved> c) => Record(c, c.Message, c.Message.At);

    public Task Consume(ConsumeContext<AgentHostClaimed> c) => Record(c, c.Message, c.Message.At);

    public Task Consume(ConsumeContext<AgentRevoked> c) => Record(c, c.Message, c.Message.At);

    public Task Consume(ConsumeContext<WebhookCreated> c) => Record(c, c.Message, c.Message.At);

    public Task Consume(ConsumeContext<WebhookChanged> c) => Record(c, c.Message, c.Message.At);

    public Task Consume(ConsumeContext<WebhookDeleted> c) => Record(c, c.Message, c.Message.At);

    Task Record(ConsumeContext context, object data, DateTimeOffset at)
    {
        var cause = Cause.Of(context);
        context.Transaction().Enlist(events.CreateAppendCommand(
        [
            new StreamAppend { StreamId = AccessStream.Id, StreamType = AccessStream.Type, Events = [new NewEvent(data, at, cause.CorrelationId, cause.CausationId)] },
        ]));
        return Task.CompletedTask;
    }
}
