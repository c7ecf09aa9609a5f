using HvPlatform.Contracts;
using HvPlatform.Contracts.Operations;
using HvPlatform.Contracts.Packages;
using HvPlatform.Orchestrator.Operations;
using HvPlatform.Orchestrator.Store;

namespace HvPlatform.Orchestrator.Packages;

/// <summary>Follows the sagas' events: keeps the operation's phase and progress, and at the terminal event lets go of the VM and tells the history.</summary>
internal sealed class PackageOutcomeHandler(TimeProvider clock, ILogger<PackageOutcomeHandler> log)
{
    public Task HandleAsync(IOrchestratorTx tx, ExportStarted message, CancellationToken cancellationToken) =>
        tx.MarkRunningAsync(message.OperationId, migration: true, clock.GetUtcNow(), cancellationToken);

    public Task HandleAsync(IOrchestratorTx tx, ExportPhaseChanged message, CancellationToken cancellationToken) =>
        tx.FollowPackageAsync(message.OperationId, message.To, message.At, OperationStatus.Running, clock.GetUtcNow(), cancellationToken);

    public Task HandleAsync(IOrchestratorTx tx, ExportProgressed message, CancellationToken cancellationToken) =>
        tx.PutProgressAsync(message.OperationId, message.Progress, cancellationToken);

    public Task HandleAsync(IOrchestratorTx tx, ExportInDoubt message, CancellationToken cancellationToken) =>
        DoubtAsync(tx, message.OperationId, message.Since, message.Unknown, message.HostSilent ? [message.HostId] : [], cancellationToken);

    public Task HandleAsync(IOrchestratorTx tx, ExportFailed message, CancellationToken cancellationToken) =>
        FailAsync(tx, message.OperationId, message.Error, message.Cancelled, message.Clean, message.TotalMs, cancellationToken);

    public Task HandleAsync(IOrchestratorTx tx, ImportStarted message, CancellationToken cancellationToken) =>
        tx.MarkRunningAsync(message.OperationId, migration: true, clock.GetUtcNow(), cancellationToken);

    public Task HandleAsync(IOrchestratorTx tx, ImportPhaseChanged message, CancellationToken cancellationToken) =>
        tx.FollowPackageAsync(message.OperationId, message.To, message.At, OperationStatus.Running, clock.GetUtcNow(), cancellationToken);

    public Task HandleAsync(IOrchestratorTx tx, ImportProgressed message, CancellationToken cancellationToken) =>
        tx.PutProgressAsync(message.OperationId, message.Progress, cancellationToken);

    public Task HandleAsync(IOrchestratorTx tx, ImportInDoubt message, CancellationToken cancellationToken) =>
        DoubtAsync(tx, message.OperationId, message.Since, message.Unknown, message.HostSilent ? [message.HostId] : [], cancellationToken);

    public Task HandleAsync(IOrchestratorTx tx, ImportFailed message, CancellationToken cancellationToken) =>
        FailAsync(tx, message.OperationId, message.Error, message.Cancelled, message.Clean, message.TotalMs, cancellationToken);

    public Task HandleAsync(IOrchestratorTx tx, ExportCompleted message, CancellationToken cancellationToken) =>
        SucceedAsync(tx, message.OperationId, new PackageResult { Manifest = message.Manifest, TotalMs = message.TotalMs }, cancellationToken);

    public async Task HandleAsync(IOrchestratorTx tx, ImportCompleted message, CancellationToken cancellationToken)
    {
        var result = new PackageResult { ImportedVmId = message.ImportedVmId, StartError = message.StartError, TotalMs = message.TotalMs };
        if (await SucceedAsync(tx, message.OperationId, result, cancellationToken) && message.Vm is { } vm)
        {
            await tx.RememberAsync(vm.Id, vm.Name, message.HostId, vm.State, deleted: false, message.At, cancellationToken);
        }
    }

    public async Task HandleAsync(IOrchestratorTx tx, PackageResolvedByOperator message, CancellationToken cancellationToken)
    {
        if (await tx.LockOperationAsync(message.OperationId, cancellationToken) is { Resolution: { } asked })
        {
            var applied = asked with { Package = message.Resolution, Trail = message.Trail, AppliedAt = message.At, Rejected = null };
            await tx.PutResolutionAsync(message.OperationId, applied, clock.GetUtcNow(), cancellationToken);
        }
    }

    /// <summary>A word that was rejected never hides one that was acted on.</summary>
    public async Task HandleAsync(IOrchestratorTx tx, PackageResolveRejected message, CancellationToken cancellationToken)
    {
        if (await tx.LockOperationAsync(message.OperationId, cancellationToken) is { Resolution: { AppliedAt: null } asked })
        {
            await tx.PutResolutionAsync(message.OperationId, asked with { Rejected = message.Error }, clock.GetUtcNow(), cancellationToken);
        }
    }

    async Task DoubtAsync(IOrchestratorTx tx, OperationId id, DateTimeOffset since, string unknown, IReadOnlyList<HostId> silent, CancellationToken cancellationToken)
    {
        await tx.PutDoubtAsync(id, new MigrationDoubt { Since = since, Unknown = unknown, UnansweredHostIds = silent }, cancellationToken);
        await tx.FollowPackageAsync(id, PackagePhase.InDoubt, since, OperationStatus.InDoubt, clock.GetUtcNow(), cancellationToken);
    }

    async Task<bool> SucceedAsync(IOrchestratorTx tx, OperationId id, PackageResult result, CancellationToken cancellationToken)
    {
        if (await EndAsync(tx, id, OperationStatus.Succeeded, PackagePhase.Completed, null, result, cancellationToken) is not { } operation)
        {
            return false;
        }

        tx.Publish(
            new OperationSucceeded { OperationId = id, Kind = operation.Kind, VmId = operation.VmId, HostId = operation.HostId, At = clock.GetUtcNow() }, operation.VmId.Value);
        return true;
    }

    async Task FailAsync(IOrchestratorTx tx, OperationId id, ErrorInfo error, bool cancelled, bool clean, long totalMs, CancellationToken cancellationToken)
    {
        var status = !clean ? OperationStatus.Failed : cancelled ? OperationStatus.Cancelled : OperationStatus.RolledBack;
        var result = new PackageResult { Clean = clean, TotalMs = totalMs };
        if (await EndAsync(tx, id, status, clean ? PackagePhase.RolledBack : PackagePhase.Failed, error, result, cancellationToken) is { } operation)
        {
            tx.Publish(
                new OperationFailed { OperationId = id, Kind = operation.Kind, VmId = operation.VmId, HostId = operation.HostId, At = clock.GetUtcNow(), Error = error },
                operation.VmId.Value);
        }
    }

    async Task<Operation?> EndAsync(
        IOrchestratorTx tx, OperationId id, OperationStatus status, PackagePhase phase, ErrorInfo? error, PackageResult result, CancellationToken cancellationToken)
    {
        if (await tx.LockOperationAsync(id, cancellationToken) is not { } operation)
        {
            Log.UnknownOperation(log, id);
            return null;
        }

        if (operation.IsFinal)
        {
            return null;
        }

        await tx.FinishOperationAsync(operation, new OperationEnd { Status = status, PackagePhase = phase, Error = error, Result = result, At = clock.GetUtcNow() }, cancellationToken);
        Log.Ended(log, operation.Kind, operation.Id, operation.VmId, status);
        return operation;
    }
}
