using System.Globalization;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Operations;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.ReadModels;
using HvPlatform.Orchestrator.Store;
using HvPlatform.Orchestrator.Vms;
using MassTransit;

namespace HvPlatform.Orchestrator.Operations;

/// <summary>The watchdog's durable timer. Only the orchestrator sends it, to itself.</summary>
public sealed record OperationWatchdogElapsed
{
    /// <summary>The operation watched.</summary>
    public required OperationId OperationId { get; init; }
}

/// <summary>
/// Sees to it that every lifecycle operation ends: as long as its host has not answered, its command is sent again
/// (the agent runs it once: operation id + step), and after <see cref="OrchestratorOptions.TimeoutOf"/> the operation fails with a clear error.
/// A migration is watched by the saga.
/// </summary>
internal sealed class OperationWatchdog(OperationAcceptor acceptor, OrchestratorOptions options, TimeProvider clock, ILogger<OperationWatchdog> log)
{
    /// <summary>Sets the operation's timer; the one set before is replaced.</summary>
    public static void Arm(IOrchestratorTx tx, Operation operation, DateTimeOffset dueAt) =>
        tx.SendAt(Queues.Orchestrator, new OperationWatchdogElapsed { OperationId = operation.Id }, operation.VmId.Value, dueAt, operation.Id.Value);

    /// <summary>Takes the timer away when the operation ends.</summary>
    public static void Disarm(IOrchestratorTx tx, Operation operation) => tx.CancelScheduled(operation.Id.Value);

    public async Task HandleAsync(IOrchestratorTx tx, OperationWatchdogElapsed message, CancellationToken cancellationToken)
    {
        if (await tx.LockOperationAsync(message.OperationId, cancellationToken) is not { IsFinal: false } operation)
        {
            return;
        }

        var now = clock.GetUtcNow();
        var waited = now - operation.Trail.RequestedAt;
        if (waited < (VmAction.Find(operation.Kind)?.LongestWait ?? options.TimeoutOf(operation.Kind)))
        {
            await tx.CountSendAsync(operation.Id, now, cancellationToken);
            acceptor.Send(tx, operation);
            Log.SentAgain(log, operation.Kind, operation.Id, operation.VmId, operation.HostId, waited.TotalSeconds, operation.Sends + 1);
            return;
        }

        var error = Timeout(operation, await tx.FindHostAsync(operation.HostId, cancellationToken), waited);
        await tx.FinishOperationAsync(operation, new OperationEnd { Status = OperationStatus.Failed, Error = error, At = now }, cancellationToken);
        tx.Publish(
            new OperationFailed { OperationId = operation.Id, Kind = operation.Kind, VmId = operation.VmId, HostId = operation.HostId, At = now, Error = error },
            operation.VmId.Value);
        Log.TimedOut(log, operation.Kind, operation.Id, operation.VmId, operation.HostId, waited.TotalSeconds);
    }

    static ErrorInfo Timeout(Operation operation, HostState? host, TimeSpan waited)
    {
        var name = host?.Name ?? operation.HostId.ToString();
        var silent = host is { AgentIsUp: false }
            ? string.Create(CultureInfo.InvariantCulture, $" Its agent was last seen at {host.LastSeenAt.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}.")
            : " Its agent is alive.";
        return new ErrorInfo
        {
            Kind = ErrorKind.Timeout,
            Code = "host-did-not-answer",
            Message = string.Create(CultureInfo.InvariantCulture,
                $"Host '{name}' did not answer {operation.Kind} of VM '{operation.VmName}' within {waited.TotalSeconds:F0} s; the command was sent {operation.Sends} times.{silent}"),
            Where = name,
            Advice = "The host may still carry it out when it comes back: look at the VM's state before asking again.",
            Cause = host?.Error,
        };
    }
}

/// <summary>Brings the timer to <see cref="OperationWatchdog"/>.</summary>
internal sealed class OperationWatchdogConsumer(OperationWatchdog watchdog) : IConsumer<OperationWatchdogElapsed>
{
    public Task Consume(ConsumeContext<OperationWatchdogElapsed> context) => watchdog.HandleAsync(context.Tx(), context.Message, context.CancellationToken);
}
