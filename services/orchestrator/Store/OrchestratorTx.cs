using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Packages;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Http;
using HvPlatform.Orchestrator.Migrations;
using HvPlatform.Orchestrator.Operations;
using HvPlatform.Orchestrator.ReadModels;
using HvPlatform.Orchestrator.Vms;
using HvPlatform.ServiceKit;
using MassTransit;

namespace HvPlatform.Orchestrator.Store;

/// <summary>The orchestrator's transaction over PostgreSQL. The statements are in <see cref="OperationStore"/>, <see cref="Placements"/> and <see cref="ReservationStore"/>.</summary>
internal sealed class OrchestratorTx(HvTransaction tx) : IOrchestratorTx
{
    const string Savepoint = "accept";

    /// <summary>The transaction itself, for tables that are not the handlers'.</summary>
    public HvTransaction Inner => tx;

    public Task SaveAsync(CancellationToken cancellationToken) => tx.Transaction.SaveAsync(Savepoint, cancellationToken);

    public Task RollBackToSavepointAsync(CancellationToken cancellationToken) => tx.Transaction.RollbackAsync(Savepoint, cancellationToken);

    public Task<Operation?> FindOperationAsync(OperationId id, CancellationToken cancellationToken) => OperationStore.FindAsync(tx.Connection, id, cancellationToken);

    public Task<Operation?> LockOperationAsync(OperationId id, CancellationToken cancellationToken) => OperationStore.LockAsync(tx, id, cancellationToken);

    public Task InsertOperationAsync(Operation operation, CancellationToken cancellationToken) => OperationStore.InsertAsync(tx, operation, cancellationToken);

    public Task MarkRunningAsync(OperationId id, bool migration, DateTimeOffset now, CancellationToken cancellationToken) =>
        OperationStore.MarkRunningAsync(tx, id, migration, now);

    public Task FollowPhaseAsync(
        OperationId id, MigrationPhase phase, DateTimeOffset enteredAt, OperationStatus status, DateTimeOffset now, CancellationToken cancellationToken) =>
        OperationStore.FollowPhaseAsync(tx, id, phase, enteredAt, status, now);

    public Task FollowPackageAsync(
        OperationId id, PackagePhase phase, DateTimeOffset enteredAt, OperationStatus status, DateTimeOffset now, CancellationToken cancellationToken) =>
        OperationStore.FollowPackageAsync(tx, id, phase, enteredAt, status, now);

    public Task PutProgressAsync(OperationId id, PackageProgress progress, CancellationToken cancellationToken) => OperationStore.PutProgressAsync(tx, id, progress);

    public Task PutDoubtAsync(OperationId id, MigrationDoubt doubt, CancellationToken cancellationToken) => OperationStore.PutDoubtAsync(tx, id, doubt);

    public Task MarkCancelRequestedAsync(OperationId id, DateTimeOffset at, CancellationToken cancellationToken) =>
        OperationStore.MarkCancelRequestedAsync(tx, id, at, cancellationToken);

    public Task CountSendAsync(OperationId id, DateTimeOffset now, CancellationToken cancellationToken) => OperationStore.CountSendAsync(tx, id, now);

    public Task PutResolutionAsync(OperationId id, OperatorResolution resolution, DateTimeOffset now, CancellationToken cancellationToken) =>
        OperationStore.PutResolutionAsync(tx, id, resolution, now);

    public Task FinishOperationAsync(Operation operation, OperationEnd end, CancellationToken cancellationToken) =>
        OperationStore.FinishAsync(tx, operation, end);

    public Task<(OperationId Id, OperationKind Kind)?> TryLockVmAsync(VmId vm, OperationId operation, DateTimeOffset now, CancellationToken cancellationToken) =>
        OperationStore.TryLockVmAsync(tx, vm, operation, now, cancellationToken);

    public Task<long> GrantEpochAsync(VmId vm, long storedBesideVm, CancellationToken cancellationToken) =>
        OperationStore.GrantEpochAsync(tx, vm, storedBesideVm, cancellationToken);

    public Task RememberAsync(VmId vm, string name, HostId host, VmState state, bool deleted, DateTimeOffset at, CancellationToken cancellationToken) =>
        OperationStore.RememberAsync(tx, vm, name, host, state, deleted, at);

    public Task<VmPlacement?> FindVmAsync(VmId vm, CancellationToken cancellationToken) => Placements.FindVmAsync(tx, vm, cancellationToken);

    public Task<HostState?> FindHostAsync(HostId host, CancellationToken cancellationToken) => Placements.FindHostAsync(tx, host, cancellationToken);

    public Task<VmId?> FindByNameAsync(HostId host, string name, CancellationToken cancellationToken) => Placements.FindByNameAsync(tx, host, name, cancellationToken);

    public Task<string?> VmEtagAsync(VmId vm, CancellationToken cancellationToken) => VmReader.EtagAsync(tx.Connection, vm, cancellationToken);

    public async Task<string> MigrationEtagAsync(OperationId id, CancellationToken cancellationToken) =>
        ETags.OfBytes(Resources.Serialize(await MigrationReader.FindAsync(tx.Connection, id, null, cancellationToken)));

    public Task LockReservationsAsync(IReadOnlyList<HostId> hosts, bool platform, CancellationToken cancellationToken) =>
        ReservationStore.LockAsync(tx, hosts, platform, cancellationToken);

    public Task<Reservation?> FindReservationAsync(OperationId operation, CancellationToken cancellationToken) => ReservationStore.FindAsync(tx, operation, cancellationToken);

    public Task<Capacity> MeasureMemoryAsync(HostState host, VmId vm, OperationId operation, long headroomMiB, CancellationToken cancellationToken) =>
        ReservationStore.MeasureMemoryAsync(tx, host, vm, operation, headroomMiB, cancellationToken);

    public Task<MigrationLoad> MeasureMigrationsAsync(HostId? host, Operation operation, DateTimeOffset askedSince, CancellationToken cancellationToken) =>
        ReservationStore.MeasureMigrationsAsync(tx, host, operation, askedSince, cancellationToken);

    public Task PutReservationAsync(Reservation reservation, CancellationToken cancellationToken) => ReservationStore.PutAsync(tx, reservation);

    public Task PutWaitAsync(ReservationWait wait, CancellationToken cancellationToken) => ReservationStore.PutWaitAsync(tx, wait);

    public void Publish<T>(T message, Guid key) where T : class => tx.Publish(message, key);

    public void Send<T>(string queue, T message, Guid key) where T : class => tx.Send(queue, message, key);

    public void SendAt<T>(string queue, T message, Guid key, DateTimeOffset dueAt, Guid token) where T : class => tx.SendAt(queue, message, key, dueAt, token);

    public void CancelScheduled(Guid token) => tx.CancelScheduled(token);
}

/// <summary>Access to the transaction of a delivery.</summary>
internal static class OrchestratorTxExtensions
{
    public static OrchestratorTx Tx(this ConsumeContext context) => new(context.Transaction());
}
