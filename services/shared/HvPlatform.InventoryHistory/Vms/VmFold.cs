using HvPlatform.Contracts;
using HvPlatform.Contracts.History;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Inventory.Vms;

/// <summary>
/// What each event does to a VM's rows. The consumers and the rebuild both go through here, which is why a rebuild gives the same rows.
/// <c>at</c> is the event's timestamp: when the inventory recorded it.
/// </summary>
internal static class VmFold
{
    public static VmRecord? Apply(VmRecord? vm, object e, DateTimeOffset at)
    {
        if (e is VmDiscovered d)
        {
            return Discovered(d, at);
        }

        if (vm is null)
        {
            return null;
        }

        var next = e switch
        {
            VmStateChanged x => vm.With(x.HostId, p => p with
            {
                Info = p.Info with { State = x.To, StateReason = x.StateReason },
                Cause = x.Cause,
                Generation = x.Generation,
                ObservedAt = x.ObservedAt,
            }),
            VmReconfigured x => vm.With(x.HostId, p => p with { Info = x.Vm, Cause = x.Cause ?? p.Cause, Generation = x.Generation, ObservedAt = x.ObservedAt }),
            VmPlacementAdded x => vm.Seen(x.HostId, x.Vm, x.Generation, x.ObservedAt, x.Cause),
            VmPlacementRemoved x => vm.With(x.HostId, p => Tombstone(p, at) with { Generation = x.Generation, ObservedAt = x.ObservedAt, Cause = x.Cause }),
            VmReturned x => vm.Seen(x.HostId, x.Vm, x.Generation, x.ObservedAt, x.Cause) with { DeletedAt = null, HostId = x.HostId },
            VmMarkedMissing x => vm.With(x.HostId, p => p with { GoneAt = null, MissingSince = at, Generation = x.Generation, ObservedAt = x.ObservedAt, Cause = x.Cause }),
            VmMoved x => vm with { HostId = x.ToHostId },
            VmDeleted => vm with { DeletedAt = at, DuplicateRunning = false, Placements = [.. vm.Placements.Select(p => Tombstone(p, at))] },
            VmDuplicateDetected => vm with { DuplicateRunning = true },
            VmDuplicateResolved => vm with { DuplicateRunning = false },
            VmOperationAccepted x => vm with { OperationId = x.OperationId, OperationKind = x.Kind, OperationTrail = x.Trail },
            VmOperationSucceeded x => vm.WithoutOperation(x.OperationId),
            VmOperationFailed x => vm.WithoutOperation(x.OperationId),
            VmMigrationStarted x => vm with
            {
                OperationId = x.OperationId,
                OperationKind = OperationKind.MigrateVm,
                OperationTrail = x.Trail,
                Migration = new(x.OperationId, x.SourceHostId, x.DestinationHostId, MigrationPhase.Requested),
            },
            VmMigrationPhaseChanged x => vm.WithPhase(x.OperationId, x.To),
            VmMigrationInDoubt x => vm.WithPhase(x.OperationId, MigrationPhase.InDoubt),
            VmMigrationCompleted x => Completed(vm, x, at),
            VmMigrationRolledBack x => vm.WithoutMigration(x.OperationId, x.At),
            VmMigrationFailed x => vm.WithoutMigration(x.OperationId, x.At),
            _ => vm,
        };
        return next.Refreshed() with { Version = vm.Version + 1, ChangedAt = at };
    }

    static VmRecord Discovered(VmDiscovered d, DateTimeOffset at) => new()
    {
        Id = d.VmId,
        Version = 1,
        Info = d.Vm,
        HostId = d.HostId,
        OperationId = d.OperationId,
        OperationKind = d.OperationId is null ? null : OperationKind.DefineVm,
        OperationTrail = d.Trail,
        DiscoveredAt = at,
        ChangedAt = at,
        Placements = [NewPlacement(d.HostId, d.Vm, d.Generation, d.ObservedAt, d.Cause)],
    };

    /// <summary>The saga has seen to it that nothing is left on the source and that the VM is on the destination, whether or not that host's agent has been heard yet.</summary>
    static VmRecord Completed(VmRecord vm, VmMigrationCompleted x, DateTimeOffset at)
    {
        var moved = vm.With(x.SourceHostId, p => Tombstone(p, at));
        if (moved.On(x.DestinationHostId) is not { GoneAt: null, MissingSince: null })
        {
            var info = vm.Info with { State = x.State ?? VmState.Running, StateReason = null };
            moved = moved.Seen(x.DestinationHostId, info, moved.On(x.DestinationHostId)?.Generation ?? 0, x.At, "migration-completed");
        }

        return moved.WithoutMigration(x.OperationId, x.At);
    }

    static PlacementRecord Tombstone(PlacementRecord p, DateTimeOffset at) => p with { GoneAt = p.GoneAt ?? at, MissingSince = null };

    static PlacementRecord NewPlacement(HostId host, VmInfo info, long generation, DateTimeOffset observedAt, string? cause) => new()
    {
        HostId = host,
        Info = info,
        Cause = cause,
        Generation = generation,
        ObservedAt = observedAt,
        FirstSeenAt = observedAt,
    };

    extension(VmRecord vm)
    {
        VmRecord With(HostId host, Func<PlacementRecord, PlacementRecord> change) =>
            vm with { Placements = [.. vm.Placements.Select(p => p.HostId == host ? change(p) : p)] };

        VmRecord Seen(HostId host, VmInfo info, long generation, DateTimeOffset observedAt, string? cause)
        {
            if (vm.On(host) is not { } old)
            {
                return vm with { Placements = [.. vm.Placements, NewPlacement(host, info, generation, observedAt, cause)] };
            }

            var seen = old with
            {
                Info = info,
                Cause = cause,
                Generation = generation,
                ObservedAt = observedAt,
                FirstSeenAt = old.GoneAt is null ? old.FirstSeenAt : observedAt,
                GoneAt = null,
                MissingSince = null,
            };
            return vm.With(host, _ => seen);
        }

        VmRecord WithoutOperation(OperationId id) => vm.OperationId == id ? vm with { OperationId = null, OperationKind = null, OperationTrail = null } : vm;

        VmRecord WithPhase(OperationId id, MigrationPhase phase) => vm.Migration?.Id == id ? vm with { Migration = vm.Migration with { Phase = phase } } : vm;

        VmRecord WithoutMigration(OperationId id, DateTimeOffset endedAt) =>
            (vm.Migration?.Id == id ? vm with { Migration = null, MigrationEndedAt = endedAt } : vm with { MigrationEndedAt = endedAt }).WithoutOperation(id);

        /// <summary>What the VM's own row takes over from its placements.</summary>
        VmRecord Refreshed()
        {
            var info = vm.On(vm.HostId) is { GoneAt: null } home ? home.Info : vm.Info;
            var kept = vm.Placements.Where(p => p.GoneAt is null).ToList();
            var missing = kept.Count > 0 && kept.All(p => p.MissingSince is not null) ? kept.Max(p => p.MissingSince) : null;
            return vm with { Info = info, MissingSince = missing };
        }
    }
}
