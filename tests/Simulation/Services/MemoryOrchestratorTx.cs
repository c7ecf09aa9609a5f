using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Packages;
using HvPlatform.Inventory.Vms;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Operations;
using HvPlatform.Orchestrator.ReadModels;
using HvPlatform.Orchestrator.Store;

namespace HvPlatform.Simulation.Services;

/// <summary>The orchestrator's transaction over memory. One runs at a time, so locks are kept by themselves. The statements it stands for are in OperationStore, Placements and ReservationStore.</summary>
sealed class MemoryOrchestratorTx(OrchestratorTables tables, InventoryService inventory, StoreTx tx, DateTimeOffset now, bool oneOperationPerVm) : IOrchestratorTx
{
    OrchestratorTables _savepoint = tables;

    public OrchestratorTables Tables { get; private set; } = tables;

    public Task SaveAsync(CancellationToken cancellationToken)
    {
        _savepoint = Tables;
        return Task.CompletedTask;
    }

    public Task RollBackToSavepointAsync(CancellationToken cancellationToken)
    {
        Tables = _savepoint;
        return Task.CompletedTask;
    }

    public Task<Operation?> FindOperationAsync(OperationId id, CancellationToken cancellationToken) => Task.FromResult(Tables.Operations.GetValueOrDefault(id));

    public Task<Operation?> LockOperationAsync(OperationId id, CancellationToken cancellationToken) => FindOperationAsync(id, cancellationToken);

    public Task InsertOperationAsync(Operation operation, CancellationToken cancellationToken)
    {
        Tables = Tables with { Operations = Tables.Operations.Add(operation.Id, operation) };
        return Task.CompletedTask;
    }

    public Task MarkRunningAsync(OperationId id, bool migration, DateTimeOffset at, CancellationToken cancellationToken) =>
        Change(id, o => o.Status == OperationStatus.Accepted && (o.Kind is OperationKind.MigrateVm or OperationKind.ExportVm or OperationKind.ImportVm) == migration ? o with { Status = OperationStatus.Running, UpdatedAt = at } : o);

    public Task FollowPhaseAsync(OperationId id, MigrationPhase phase, DateTimeOffset enteredAt, OperationStatus status, DateTimeOffset at, CancellationToken cancellationToken)
    {
        if (!Tables.Operations.TryGetValue(id, out var o) || o.IsFinal || (Tables.PhaseAt.TryGetValue(id, out var last) && last > enteredAt))
        {
            return Task.CompletedTask;
        }

        Tables = Tables with { PhaseAt = Tables.PhaseAt.SetItem(id, enteredAt) };
        return Change(id, x => x with { Phase = phase, Status = status, UpdatedAt = at });
    }

    public Task MarkCancelRequestedAsync(OperationId id, DateTimeOffset at, CancellationToken cancellationToken) =>
        Change(id, o => o with { CancelRequestedAt = at, UpdatedAt = at });

    public Task CountSendAsync(OperationId id, DateTimeOffset at, CancellationToken cancellationToken) => Change(id, o => o with { Sends = o.Sends + 1, UpdatedAt = at });

    public Task FollowPackageAsync(OperationId id, PackagePhase phase, DateTimeOffset enteredAt, OperationStatus status, DateTimeOffset at, CancellationToken cancellationToken)
    {
        if (!Tables.Operations.TryGetValue(id, out var o) || o.IsFinal || (Tables.PhaseAt.TryGetValue(id, out var last) && last > enteredAt))
        {
            return Task.CompletedTask;
        }

        Tables = Tables with { PhaseAt = Tables.PhaseAt.SetItem(id, enteredAt) };
        return Change(id, x => x with { PackagePhase = phase, Status = status, UpdatedAt = at });
    }

    public Task PutProgressAsync(OperationId id, PackageProgress progress, CancellationToken cancellationToken) =>
        Change(id, o => o.IsFinal ? o : o with { Progress = progress });

    public Task PutDoubtAsync(OperationId id, MigrationDoubt doubt, CancellationToken cancellationToken) =>
        Change(id, o => o.IsFinal || o.Doubt?.Since > doubt.Since ? o : o with { Doubt = doubt });

    public Task PutResolutionAsync(OperationId id, OperatorResolution resolution, DateTimeOffset at, CancellationToken cancellationToken) =>
        Change(id, o => o with { Resolution = resolution, UpdatedAt = at });

    public Task FinishOperationAsync(Operation operation, OperationEnd end, CancellationToken cancellationToken)
    {
        Change(operation.Id, o => o with
        {
            Status = end.Status,
            Phase = end.Phase ?? o.Phase,
            PackagePhase = end.PackagePhase ?? o.PackagePhase,
            Result = end.Result,
            Error = end.Error,
            Figures = end.Figures,
            Doubt = null,
            UpdatedAt = end.At,
            FinishedAt = end.At,
        });
        Tables = Tables with
        {
            Locks = Tables.Locks.RemoveRange(Tables.Locks.Where(l => l.Value == operation.Id).Select(l => l.Key).ToList()),
            Reservations = Tables.Reservations.Remove(operation.Id),
            Waits = Tables.Waits.Remove(operation.Id),
        };
        return Task.CompletedTask;
    }

    public Task<(OperationId Id, OperationKind Kind)?> TryLockVmAsync(VmId vm, OperationId operation, DateTimeOffset at, CancellationToken cancellationToken)
    {
        if (oneOperationPerVm && Tables.Locks.TryGetValue(vm, out var holder))
        {
            return Task.FromResult<(OperationId, OperationKind)?>((holder, Tables.Operations[holder].Kind));
        }

        Tables = Tables with { Locks = Tables.Locks.SetItem(vm, operation) };
        return Task.FromResult<(OperationId, OperationKind)?>(null);
    }

    public Task<long> GrantEpochAsync(VmId vm, long storedBesideVm, CancellationToken cancellationToken)
    {
        var epoch = Math.Max(Tables.Epochs.GetValueOrDefault(vm), storedBesideVm) + 1;
        Tables = Tables with { Epochs = Tables.Epochs.SetItem(vm, epoch) };
        return Task.FromResult(epoch);
    }

    public Task RememberAsync(VmId vm, string name, HostId host, VmState state, bool deleted, DateTimeOffset at, CancellationToken cancellationToken)
    {
        if (!Tables.Facts.TryGetValue(vm, out var known) || known.At <= at)
        {
            Tables = Tables with { Facts = Tables.Facts.SetItem(vm, new VmFact(name, host, state, deleted, at)) };
        }

        return Task.CompletedTask;
    }

    public Task<VmPlacement?> FindVmAsync(VmId vm, CancellationToken cancellationToken)
    {
        var seen = Seen(inventory.Find(vm));
        if (!Tables.Facts.TryGetValue(vm, out var fact) || (seen is not null && seen.ObservedAt >= fact.At))
        {
            return Task.FromResult(seen);
        }

        return Task.FromResult(fact.Deleted && seen is null
            ? null
            : new VmPlacement
            {
                Id = vm,
                Name = fact.Name,
                HostId = fact.Host,
                State = fact.State,
                MemoryMiB = seen?.MemoryMiB ?? 0,
                Epoch = seen?.Epoch ?? 0,
                DeletedAt = fact.Deleted ? fact.At : null,
                RunsTwice = seen?.RunsTwice ?? false,
                ObservedAt = fact.At,
            });
    }

    public Task<HostState?> FindHostAsync(HostId host, CancellationToken cancellationToken)
    {
        if (!inventory.Hosts.TryGetValue(host, out var row))
        {
            return Task.FromResult<HostState?>(null);
        }

        var contact = inventory.Contacts.GetValueOrDefault(host);
        var silent = contact is null || contact.LastSeenAt < now - row.SilenceLimit;
        return Task.FromResult<HostState?>(new HostState
        {
            Id = host,
            Name = row.Name,
            Kind = row.Kind,
            MemoryMiB = row.Capabilities.MemoryMiB,
            Facets = row.Capabilities.Facets,
            MigrationUri = row.Capabilities.MigrationUri,
            LastSeenAt = contact?.LastSeenAt ?? row.JoinedAt,
            Status = row.Reachability.ToString() == "AgentStopped" ? "AgentStopped" : silent ? "AgentSilent" : row.Reachability.ToString(),
            Error = row.Error,
        });
    }

    public Task<VmId?> FindByNameAsync(HostId host, string name, CancellationToken cancellationToken) => Task.FromResult(
        inventory.Vms.Values.Where(v => v.HostId == host && v.Info.Name == name && v.DeletedAt is null).Select(v => (VmId?)v.Id).FirstOrDefault());

    // The simulation's clients send commands over the bus, which carry no ETags.
    public Task<string?> VmEtagAsync(VmId vm, CancellationToken cancellationToken) => throw new NotSupportedException("No command of the simulation carries If-Match.");

    public Task<string> MigrationEtagAsync(OperationId id, CancellationToken cancellationToken) => throw new NotSupportedException("No command of the simulation carries If-Match.");

    public Task LockReservationsAsync(IReadOnlyList<HostId> hosts, bool platform, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<Capacity> MeasureMemoryAsync(HostState host, VmId vm, OperationId operation, long headroomMiB, CancellationToken cancellationToken)
    {
        bool Reserved(VmId id) => Tables.Reservations.Values.Any(r => r.HostId == host.Id && r.VmId == id);
        var used = inventory.Vms.Values
            .Where(v => v.HostId == host.Id && v.DeletedAt is null && Holds(v.Info.State) && v.Id != vm && !Reserved(v.Id))
            .Sum(v => v.Info.MemoryMiB);
        foreach (var (id, fact) in Tables.Facts)
        {
            if (fact.Host == host.Id && !fact.Deleted && Holds(fact.State) && id != vm && !Reserved(id) && inventory.Find(id) is { DeletedAt: null } seen
                && (seen.HostId != host.Id || !Holds(seen.Info.State)) && fact.At > Seen(seen)!.ObservedAt)
            {
                used += seen.Info.MemoryMiB;
            }
        }

        var reserved = Tables.Reservations.Values.Where(r => r.HostId == host.Id && r.OperationId != operation).Sum(r => r.MemoryMiB);
        return Task.FromResult(new Capacity(host.MemoryMiB, used, reserved, headroomMiB));
    }

    public Task<Reservation?> FindReservationAsync(OperationId operation, CancellationToken cancellationToken) =>
        Task.FromResult(Tables.Reservations.GetValueOrDefault(operation));

    public Task<MigrationLoad> MeasureMigrationsAsync(HostId? host, Operation operation, DateTimeOffset askedSince, CancellationToken cancellationToken)
    {
        var others = Tables.Reservations.Values.Where(r => r.OperationId != operation.Id && (host is null || r.HostId == host || r.SourceHostId == host)).ToList();
        var turnedAwayBy = host ?? ReservationWait.Platform;
        var before = Tables.Waits.Values.Count(w => w.TurnedAwayBy.Contains(turnedAwayBy) && w.AskedAt >= askedSince
            && (w.AcceptedAt, w.OperationId.Value).CompareTo((operation.Trail.RequestedAt, operation.Id.Value)) < 0);
        return Task.FromResult(new MigrationLoad(others.Count, others.Sum(r => (long)(r.BandwidthMiBps ?? 0)), before));
    }

    public Task PutReservationAsync(Reservation reservation, CancellationToken cancellationToken)
    {
        Tables = Tables with
        {
            Reservations = Tables.Reservations.SetItem(reservation.OperationId, reservation),
            Waits = Tables.Waits.Remove(reservation.OperationId),
        };
        return Change(reservation.OperationId, o => o with { GrantedBandwidthMiBps = reservation.BandwidthMiBps });
    }

    public Task PutWaitAsync(ReservationWait wait, CancellationToken cancellationToken)
    {
        var turnedAwayBy = Tables.Waits.TryGetValue(wait.OperationId, out var known) ? known.TurnedAwayBy.Union(wait.TurnedAwayBy).ToList() : wait.TurnedAwayBy;
        Tables = Tables with { Waits = Tables.Waits.SetItem(wait.OperationId, wait with { TurnedAwayBy = turnedAwayBy }) };
        return Task.CompletedTask;
    }

    public void Publish<T>(T message, Guid key) where T : class => tx.Publish(message, key);

    public void Send<T>(string queue, T message, Guid key) where T : class => tx.Send(queue, message, key);

    public void SendAt<T>(string queue, T message, Guid key, DateTimeOffset dueAt, Guid token) where T : class => tx.SendAt(queue, message, key, dueAt, token);

    public void CancelScheduled(Guid token) => tx.CancelScheduled(token);

    Task Change(OperationId id, Func<Operation, Operation> change)
    {
        if (Tables.Operations.TryGetValue(id, out var o))
        {
            Tables = Tables with { Operations = Tables.Operations.SetItem(id, change(o)) };
        }

        return Task.CompletedTask;
    }

    static bool Holds(VmState state) => state is not (VmState.Off or VmState.Saved);

    /// <summary>As vm_view and placement_view show it.</summary>
    VmPlacement? Seen(VmRecord? vm)
    {
        if (vm is null)
        {
            return null;
        }

        var placement = vm.On(vm.HostId);
        var contact = inventory.Contacts.GetValueOrDefault(vm.HostId);
        var observed = placement?.ObservedAt;
        if (placement is { IsPresent: true } && contact?.ObservedAt > observed)
        {
            observed = contact.ObservedAt;
        }

        return new VmPlacement
        {
            Id = vm.Id,
            Name = vm.Info.Name,
            HostId = vm.HostId,
            State = vm.Info.State,
            MemoryMiB = vm.Info.MemoryMiB,
            Epoch = placement is { GoneAt: null } ? placement.Info.Epoch : 0,
            MissingSince = vm.MissingSince,
            DeletedAt = vm.DeletedAt,
            ObservedAt = observed ?? vm.ChangedAt,
            RunsTwice = vm.DuplicateRunning,
        };
    }
}
