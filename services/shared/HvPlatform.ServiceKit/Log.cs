using Microsoft.Extensions.Logging;

namespace HvPlatform.ServiceKit;

/// <summary>Every log text of the kit. Information = state changed; Warning = someone may act; Error = someone must.</summary>
internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Schema {Schema}: applied {File}")]
    public static partial void SchemaFileApplied(ILogger logger, string schema, string file);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Schema {Schema} has {File}, which this build does not: the database was written by a newer version")]
    public static partial void SchemaNewer(ILogger logger, string schema, string file);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Queue {Queue}: message {MessageId} was worked on before, acknowledged")]
    public static partial void DuplicateDelivery(ILogger logger, string queue, Guid messageId);

    [LoggerMessage(Level = LogLevel.Information, Message = "Outbox {Schema}: this process sends")]
    public static partial void RelayActive(ILogger logger, string schema);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Outbox {Schema}: sending stopped, tried again in {DelayMs} ms; nothing is lost")]
    public static partial void RelayFailed(ILogger logger, Exception exception, string schema, double delayMs);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Outbox {Schema}: message {MessageId} ({Type}) was not confirmed, attempt {Attempt}: {Reason}")]
    public static partial void RelaySendFailed(ILogger logger, string schema, Guid messageId, string type, int attempt, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Outbox {Schema}: message {MessageId} ({Type}) cannot be sent and is parked in outbox_parked: {Reason}")]
    public static partial void RelayParked(ILogger logger, string schema, Guid messageId, string type, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Inbox {Schema}: pruning failed, tried again later")]
    public static partial void InboxPruningFailed(ILogger logger, Exception exception, string schema);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Services} listening on {Urls}, bus {Bus}")]
    public static partial void Started(ILogger logger, string services, string urls, string bus);

    [LoggerMessage(Level = LogLevel.Error, Message = "gRPC: {Method} failed in the server itself")]
    public static partial void GrpcDefect(ILogger logger, Exception exception, string method);
}
