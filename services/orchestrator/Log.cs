using System.Net;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Evacuations;
using HvPlatform.Contracts.Migrations;

namespace HvPlatform.Orchestrator;

/// <summary>Everything the orchestrator logs. Information = state changed; Warning = someone may act; Error = someone must.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Accepted {Kind} {Operation} of VM {Vm} on host {Host}, epoch {Epoch}, asked by {RequestedBy}")]
    public static partial void Accepted(ILogger log, OperationKind kind, OperationId operation, VmId vm, HostId host, long epoch, string requestedBy);

    [LoggerMessage(2, LogLevel.Information, "Refused {Command} {Operation} of VM {Vm}: {Code}: {Message}")]
    public static partial void Refused(ILogger log, string command, OperationId operation, VmId vm, string code, string message);

    [LoggerMessage(3, LogLevel.Information, "{Kind} {Operation} of VM {Vm} ended: {Status}")]
    public static partial void Ended(ILogger log, OperationKind kind, OperationId operation, VmId vm, OperationStatus status);

    [LoggerMessage(4, LogLevel.Warning, "{Kind} {Operation} of VM {Vm} is not answered by host {Host} after {Seconds:F0} s; sent again, {Sends} times by now")]
    public static partial void SentAgain(ILogger log, OperationKind kind, OperationId operation, VmId vm, HostId host, double seconds, int sends);

    [LoggerMessage(5, LogLevel.Warning, "{Kind} {Operation} of VM {Vm} got no answer from host {Host} within {Seconds:F0} s and has failed")]
    public static partial void TimedOut(ILogger log, OperationKind kind, OperationId operation, VmId vm, HostId host, double seconds);

    [LoggerMessage(6, LogLevel.Warning, "Host {Host} answered {Operation} of VM {Vm} after it had ended as {Status}; only the VM's state was noted")]
    public static partial void LateAnswer(ILogger log, HostId host, OperationId operation, VmId vm, OperationStatus status);

    [LoggerMessage(7, LogLevel.Warning, "An answer for operation {Operation}, which is not known here, was dropped")]
    public static partial void UnknownOperation(ILogger log, OperationId operation);

    [LoggerMessage(8, LogLevel.Information, "Set aside {MemoryMiB} MiB on host {Host} for migration {Operation}")]
    public static partial void Reserved(ILogger log, long memoryMiB, HostId host, OperationId operation);

    [LoggerMessage(9, LogLevel.Information, "No room on host {Host} for migration {Operation}: {Message}")]
    public static partial void NotReserved(ILogger log, HostId host, OperationId operation, string message);

    [LoggerMessage(10, LogLevel.Warning, "The database did not answer {Method} {Path}")]
    public static partial void DatabaseUnavailable(ILogger log, string method, string path, Exception exception);

    [LoggerMessage(11, LogLevel.Error, "{Method} {Path} failed")]
    public static partial void RequestFailed(ILogger log, string method, string path, Exception exception);

    [LoggerMessage(12, LogLevel.Information, "Forgot {Count} idempotency keys older than their retention")]
    public static partial void ForgotKeys(ILogger log, int count);

    [LoggerMessage(13, LogLevel.Warning, "Could not clean up old idempotency keys; it is tried again")]
    public static partial void CleanUpFailed(ILogger log, Exception exception);

    [LoggerMessage(20, LogLevel.Information, "Evacuation {Evacuation} of host {HostName} ({Host}) with {Vms} VMs, asked by {RequestedBy}")]
    public static partial void EvacuationStarted(ILogger log, EvacuationId evacuation, string hostName, HostId host, int vms, string requestedBy);

    [LoggerMessage(21, LogLevel.Information, "Evacuation {Evacuation} of host {HostName} is {Status}")]
    public static partial void EvacuationIs(ILogger log, EvacuationId evacuation, string hostName, EvacuationStatus status);

    [LoggerMessage(22, LogLevel.Information, "Evacuation {Evacuation}: VM {Vm} was not sent to host {Host}: {Code}: {Message}")]
    public static partial void MoveRefused(ILogger log, EvacuationId evacuation, VmId vm, HostId host, string code, string message);

    [LoggerMessage(14, LogLevel.Warning, "The event feed lost its connection to the database; it goes on from where it was")]
    public static partial void FeedInterrupted(ILogger log, Exception exception);

    [LoggerMessage(15, LogLevel.Debug, "Migration {Operation} is put off: {Reason} Asked again in {RetryMs} ms")]
    public static partial void PutOff(ILogger log, OperationId operation, string reason, int retryMs);

    [LoggerMessage(16, LogLevel.Warning, "Migration {Operation} of VM {Vm}, in doubt, is to be ended as {Resolution} by the word of {RequestedBy}: {Reason}")]
    public static partial void Resolving(ILogger log, OperationId operation, VmId vm, MigrationResolution resolution, string requestedBy, string? reason);

    [LoggerMessage(30, LogLevel.Warning, "Transient events are interrupted: the database connection was lost; it is tried again")]
    public static partial void LiveInterrupted(ILogger log, Exception exception);

    [LoggerMessage(40, LogLevel.Warning, "Webhook {Webhook} ({Url}) is paused: {Reason} PATCH it with paused=false once it works")]
    public static partial void WebhookPaused(ILogger log, Guid webhook, string url, string reason);

    [LoggerMessage(41, LogLevel.Warning, "Delivery {Delivery} ({Type}) to webhook {Webhook} was given up: {Reason}")]
    public static partial void WebhookDead(ILogger log, Guid delivery, string type, Guid webhook, string reason);

    [LoggerMessage(42, LogLevel.Warning, "Webhooks were interrupted; they go on from where they were")]
    public static partial void WebhooksInterrupted(ILogger log, Exception exception);

    [LoggerMessage(60, LogLevel.Information, "Join token {Token} was made by {RequestedBy}; it is good until {ExpiresAt}")]
    public static partial void JoinTokenMade(ILogger log, JoinTokenId token, string requestedBy, DateTimeOffset expiresAt);

    [LoggerMessage(61, LogLevel.Information, "Join token {Token} was deleted by {RequestedBy}")]
    public static partial void JoinTokenDeleted(ILogger log, JoinTokenId token, string requestedBy);

    [LoggerMessage(62, LogLevel.Information, "Agent {Agent} on {HostName} has joined, from {From}")]
    public static partial void AgentJoined(ILogger log, AgentId agent, string hostName, IPAddress from);

    [LoggerMessage(63, LogLevel.Warning, "A join from {From} was refused: {Code}: {Message}")]
    public static partial void JoinRefused(ILogger log, IPAddress from, string code, string message);

    [LoggerMessage(64, LogLevel.Information, "Agent {Agent} on {HostName} has a new certificate, valid until {End}")]
    public static partial void AgentRenewed(ILogger log, AgentId agent, string hostName, DateTimeOffset end);

    [LoggerMessage(65, LogLevel.Warning, "A request with the agent certificate {Serial} was refused: {Message}")]
    public static partial void AgentRefused(ILogger log, string serial, string message);

    [LoggerMessage(66, LogLevel.Warning, "Agent {Agent} claims host {Host} and is refused: {Reason} {Advice}")]
    public static partial void HostClaimRefused(ILogger log, AgentId agent, HostId host, string reason, string? advice);

    [LoggerMessage(67, LogLevel.Warning, "Agent {Agent} was revoked by {RequestedBy}")]
    public static partial void AgentRevoked(ILogger log, AgentId agent, string requestedBy);

    [LoggerMessage(68, LogLevel.Error, "The broker could not be told about agent {Agent}: {Reason} It is tried again")]
    public static partial void BrokerNotTold(ILogger log, AgentId agent, string reason);

    [LoggerMessage(69, LogLevel.Warning, "Agents that the broker has to be told about could not be read; tried again")]
    public static partial void BrokerSyncFailed(ILogger log, Exception exception);

    [LoggerMessage(70, LogLevel.Information, "Host {HostName} ({Host}) is bound to agent {Agent} by the word of {RequestedBy}")]
    public static partial void HostApproved(ILogger log, HostId host, string hostName, AgentId agent, string requestedBy);

    [LoggerMessage(71, LogLevel.Information, "Host {HostName} ({Host}) was new and is bound to agent {Agent}, the first to claim it")]
    public static partial void HostClaimed(ILogger log, HostId host, string hostName, AgentId agent);

    [LoggerMessage(80, LogLevel.Warning, "{Kinds} kinds of refused requests could not be told to the history")]
    public static partial void RefusalsNotTold(ILogger log, int kinds, Exception exception);

    [LoggerMessage(81, LogLevel.Information, "Fetched {Count} keys of the issuer {Issuer}")]
    public static partial void KeysFetched(ILogger log, int count, string issuer);

    [LoggerMessage(82, LogLevel.Warning, "The keys of the issuer {Issuer} could not be fetched: {Reason} Those known before stay in use")]
    public static partial void KeysNotFetched(ILogger log, string issuer, string reason);
}
