using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Packages;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Operations;
using HvPlatform.Orchestrator.ReadModels;

namespace HvPlatform.Orchestrator.Store;

/// <summary>
/// One transaction over all that the orchestrator decides by: its own tables, the inventory's read models, and the messages it sends. Everything becomes
/// true together or not at all; committing is the caller's. Two implementations: <see cref="OrchestratorTx"/> over PostgreSQL, and the whole-system
/// simulation's over memory, so that both run the same handlers.
/// </summary>
/// <remarks>
/// Handlers that change one operation lock its row first, so two of them never interleave. An implementation that runs one transaction
/// at a time needs no locks.
/// </remarks>
internal interface IOrchestratorTx
{
    /// <summary>Remembers the state to which <see cref="RollBackToSavepointAsync"/> returns. Messages are not part of it: none is sent before the decision.</summary>
    Task SaveAsync(CancellationToken cancellationToken);

    /// <summary>Takes back what was written since <see cref="SaveAsync"/>.</summary>
    Task RollBackToSavepointAsync(CancellationToken cancellationToken);

    /// <summary>The operation, without a lock.</summary>
    Task<Operation?> FindOperationAsync(OperationId id, CancellationToken cancellationToken);

    /// <summary>The operation, its row locked until the transaction ends.</summary>
    Task<Operation?> LockOperationAsync(OperationId id, CancellationToken cancellationToken);

    /// <summary>Writes an accepted operation.</summary>
    Task InsertOperationAsync(Operation operation, CancellationToken cancellationToken);

    /// <summary>Makes an accepted migration, export or import (with <paramref name="migration"/> false: an accepted operation of another kind) a running one; nothing if it is further.</summary>
    Task MarkRunningAsync(OperationId id, bool migration, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Notes a migration's phase and status unless it has ended or a phase entered later is noted.</summary>
    Task FollowPhaseAsync(OperationId id, MigrationPhase phase, DateTimeOffset enteredAt, OperationStatus status, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>The same of an export or import.</summary>
    Task FollowPackageAsync(OperationId id, PackagePhase phase, DateTimeOffset enteredAt, OperationStatus status, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Keeps how far an export or import is, unless it has ended.</summary>
    Task PutProgressAsync(OperationId id, PackageProgress progress, CancellationToken cancellationToken);

    /// <summary>Keeps what is not known of a migration, unless it has ended or a later doubt is kept. It is of use only while the status is InDoubt.</summary>
    Task PutDoubtAsync(OperationId id, MigrationDoubt doubt, CancellationToken cancellationToken);

    /// <summary>Notes that someone asked for the operation to be undone.</summary>
    Task MarkCancelRequestedAsync(OperationId id, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>Counts one more sending of the operation's command.</summary>
    Task CountSendAsync(OperationId id, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Keeps an operator's word with the operation; it replaces an earlier one.</summary>
    Task PutResolutionAsync(OperationId id, OperatorResolution resolution, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Makes the operation final; its VM's lock, its reservation and its place among those that wait go with it.</summary>
    Task FinishOperationAsync(Operation operation, OperationEnd end, CancellationToken cancellationToken);

    /// <summary>Takes the VM's lock (null), or says which operation holds it. The operation itself counts as any other.</summary>
    Task<(OperationId Id, OperationKind Kind)?> TryLockVmAsync(VmId vm, OperationId operation, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Grants the VM's next epoch: above every one granted and above the one stored beside the VM.</summary>
    Task<long> GrantEpochAsync(VmId vm, long storedBesideVm, CancellationToken cancellationToken);

    /// <summary>Remembers what an outcome said about a VM, unless something newer is remembered.</summary>
    Task RememberAsync(VmId vm, string name, HostId host, VmState state, bool deleted, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>The VM as the inventory or, if newer, the last outcome knows it; null if neither does.</summary>
    Task<VmPlacement?> FindVmAsync(VmId vm, CancellationToken cancellationToken);

    /// <summary>The host as the inventory knows it.</summary>
    Task<HostState?> FindHostAsync(HostId host, CancellationToken cancellationToken);

    /// <summary>The VM with this name on this host, if there is one.</summary>
    Task<VmId?> FindByNameAsync(HostId host, string name, CancellationToken cancellationToken);

    /// <summary>The ETag of a VM as the API shows it; null if the VM is not known.</summary>
    Task<string?> VmEtagAsync(VmId vm, CancellationToken cancellationToken);

    /// <summary>The ETag of a migration as the API shows it.</summary>
    Task<string> MigrationEtagAsync(OperationId id, CancellationToken cancellationToken);

    /// <summary>Makes this the only transaction that reserves on these hosts (with <paramref name="platform"/>: anywhere where the platform's limit counts), until it ends.</summary>
    Task LockReservationsAsync(IReadOnlyList<HostId> hosts, bool platform, CancellationToken cancellationToken);

    /// <summary>The operation's reservation, if it holds one.</summary>
    Task<Reservation?> FindReservationAsync(OperationId operation, CancellationToken cancellationToken);

    /// <summary>
    /// Counts the host's memory for a VM that is to come: the VM itself and the operation's own reservation are left out; a VM that has arrived while its
    /// reservation stands counts once.
    /// </summary>
    Task<Capacity> MeasureMemoryAsync(HostState host, VmId vm, OperationId operation, long headroomMiB, CancellationToken cancellationToken);

    /// <summary>
    /// What other migrations take of a host, in or out (null: of the whole platform). Of those that wait, the ones that this host has put off, that were accepted
    /// before the operation, and that have asked since <paramref name="askedSince"/>.
    /// </summary>
    Task<MigrationLoad> MeasureMigrationsAsync(HostId? host, Operation operation, DateTimeOffset askedSince, CancellationToken cancellationToken);

    /// <summary>Writes the operation's reservation, which replaces an earlier one, and its granted bandwidth; it waits no longer.</summary>
    Task PutReservationAsync(Reservation reservation, CancellationToken cancellationToken);

    /// <summary>Notes that the operation waits; the hosts that put it off are added to those of earlier times.</summary>
    Task PutWaitAsync(ReservationWait wait, CancellationToken cancellationToken);

    /// <summary>Publishes an event after the commit, in order per key.</summary>
    void Publish<T>(T message, Guid key) where T : class;

    /// <summary>Sends a command to a queue after the commit, in order per key.</summary>
    void Send<T>(string queue, T message, Guid key) where T : class;

    /// <summary>Sends a message not before <paramref name="dueAt"/>; a timer with the same token is replaced.</summary>
    void SendAt<T>(string queue, T message, Guid key, DateTimeOffset dueAt, Guid token) where T : class;

    /// <summary>Cancels a timer.</summary>
    void CancelScheduled(Guid token);
}
