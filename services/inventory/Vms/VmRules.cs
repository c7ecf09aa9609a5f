using HvPlatform.Contracts;
using HvPlatform.Contracts.History;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Inventory.Vms;

// The theory. A host's agent owns the facts about its host and numbers them (the generation); the saga owns how a migration ended. Messages come
// late, twice and out of order, so each rule asks first whether it already knows something newer, and is a no-op if so:
//  - about one VM on one host, the newest of (the last observation of it, the host's last complete report) is known. A complete report speaks
//    about absent VMs too: an older observation of a VM it lacks is an echo;
//  - only a complete report that is newer than what is known makes a VM missing, never a failed, partial or empty one a deleted one;
//  - the hypervisor's explicit word (VmGone, or that a delete succeeded) removes a placement. When the last one goes, the VM is deleted, unless a migration of it runs
//    or the word was "migrated": then it is on its way and may be missing at most;
//  - the VM lives where it runs: of several placements the most alive one. While a migration runs, being on both of its hosts is normal;
//  - deletion is soft. The id, the stream and the history go on when the VM is seen again.

/// <summary>What a host's word about a VM means. Pure: rows and message in, events and rows out.</summary>
internal static class VmRules
{
    public const string AbsentCause = "absent from a complete report";

    /// <summary>The host saw the VM.</summary>
    /// <param name="vm">The VM as known, null if never seen.</param>
    /// <param name="seen">The observation.</param>
    /// <param name="hostGeneration">The generation of the host's last complete report, 0 if none.</param>
    /// <param name="definedBy">An unfinished operation about a VM that is not known yet.</param>
    /// <param name="now">The inventory's clock.</param>
    public static VmChange Observe(VmRecord? vm, VmObserved seen, long hostGeneration, OpenOperation? definedBy, DateTimeOffset now)
    {
        var change = new VmChange(vm, now);
        var host = seen.HostId;
        var placement = vm?.On(host);
        seen = VmMemory.ToRemember(seen, placement?.Info ?? vm?.Info);
        var info = seen.Vm;
        if (seen.Generation < (placement?.KnownGeneration ?? hostGeneration))
        {
            return change;
        }

        if (vm is null)
        {
            change.Add(new VmDiscovered
            {
                VmId = info.Id,
                HostId = host,
                Vm = info,
                Generation = seen.Generation,
                ObservedAt = seen.ObservedAt,
                Cause = seen.Cause,
                OperationId = definedBy?.Id,
                Trail = definedBy?.Trail,
            });
            return change;
        }

        if (vm.DeletedAt is not null || placement is { GoneAt: null, MissingSince: not null })
        {
            change.Add(new VmReturned
            {
                VmId = vm.Id,
                HostId = host,
                Vm = info,
                MissingSince = placement?.MissingSince,
                DeletedAt = vm.DeletedAt,
                Generation = seen.Generation,
                ObservedAt = seen.ObservedAt,
                Cause = seen.Cause,
            });
        }
        else if (placement is not { GoneAt: null })
        {
            change.Add(new VmPlacementAdded
            {
                VmId = vm.Id,
                HostId = host,
                Vm = info,
                Generation = seen.Generation,
                ObservedAt = seen.ObservedAt,
                Cause = seen.Cause,
                MigrationId = vm.IsMigratingOver(host) ? vm.Migration!.Id : null,
            });
        }
        else
        {
            AddDifferences(change, vm, placement, seen);
        }

        change.Confirm(host, seen.Generation, seen.ObservedAt);
        Settle(change, Absence.ByReport, host);
        return change;
    }

    /// <summary>The hypervisor says that the VM is not on the host any more.</summary>
    public static VmChange Gone(VmRecord? vm, VmGone gone, DateTimeOffset now)
    {
        var change = new VmChange(vm, now);
        if (vm?.On(gone.HostId) is not { } placement || gone.Generation < placement.KnownGeneration)
        {
            return change;
        }

        if (placement.GoneAt is not null)
        {
            change.Confirm(gone.HostId, gone.Generation, gone.ObservedAt);
            return change;
        }

        var cause = gone.Cause ?? "gone";
        var elsewhere = vm.Placements.Any(p => p.HostId != gone.HostId && p.IsPresent);
        if (!elsewhere && !vm.IsMigratingOver(gone.HostId) && (SaysMigrated(gone.Cause) || SaysMigrated(placement.Cause)))
        {
            if (placement.MissingSince is null)
            {
                change.Add(new VmMarkedMissing { VmId = vm.Id, HostId = gone.HostId, Generation = gone.Generation, ObservedAt = gone.ObservedAt, Cause = cause });
            }
        }
        else
        {
            change.Add(Removed(vm, gone.HostId, gone.Generation, gone.ObservedAt, cause));
            Settle(change, Absence.ByTheHypervisorsWord);
        }

        return change;
    }

    /// <summary>
    /// The platform's own delete has succeeded on the host. The host's VmGone may be lost, and if that was its last VM, no report proves anything any more. What the host
    /// saw later than the delete stays.
    /// </summary>
    public static void RemoveDeleted(VmChange change, HostId host, DateTimeOffset deletedAt)
    {
        var vm = change.After!;
        if (vm.DeletedAt is null && !vm.IsMigratingOver(host) && vm.On(host) is { GoneAt: null } p && (p.MissingSince is not null || p.ObservedAt <= deletedAt))
        {
            // The number that its VmGone has at least: a late copy of the last observation is an echo.
            change.Add(Removed(vm, host, p.KnownGeneration + 1, deletedAt, "deleted"));
            Settle(change, Absence.ByTheHypervisorsWord);
        }
    }

    /// <summary>A complete report of the host lacks the VM.</summary>
    public static VmChange Absent(VmRecord vm, HostId host, long generation, DateTimeOffset observedAt, DateTimeOffset now)
    {
        var change = new VmChange(vm, now);
        if (vm.On(host) is not { GoneAt: null } placement || generation <= placement.Generation || vm.IsMigratingOver(host)
            || (placement.Generation == 0 && observedAt < placement.ObservedAt))
        {
            return change;
        }

        if (vm.Placements.Any(p => p.HostId != host && p.IsPresent))
        {
            change.Add(Removed(vm, host, generation, observedAt, AbsentCause));
            Settle(change, Absence.ByReport);
        }
        else if (placement.MissingSince is null)
        {
            change.Add(new VmMarkedMissing { VmId = vm.Id, HostId = host, Generation = generation, ObservedAt = observedAt, Cause = AbsentCause });
        }

        return change;
    }

    /// <summary>
    /// The grace period's end for a missing VM: it is deleted only if its host's complete reports, with at least one VM in them, have lacked it for the
    /// whole period. A host that went silent meanwhile proves nothing.
    /// </summary>
    public static VmChange GraceElapsed(VmRecord vm, TimeSpan grace, DateTimeOffset now)
    {
        var change = new VmChange(vm, now);
        if (vm.MissingSince is not { } since || vm.DeletedAt is not null || vm.Migration is not null
            || vm.Placements.Any(p => p.GoneAt is null && !(p.HostEvidenceAt >= p.MissingSince + grace)))
        {
            return change;
        }

        change.Add(Deleted(vm, $"missing from every complete report since {since.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC", now));
        return change;
    }

    /// <summary>Brings the VM as a whole in line with its placements.</summary>
    /// <param name="change">The change so far.</param>
    /// <param name="absence">How it came to be that no host has the VM.</param>
    /// <param name="speaker">The host that has just said that it has the VM.</param>
    public static void Settle(VmChange change, Absence absence, HostId? speaker = null)
    {
        var vm = change.After!;
        var present = vm.Placements.Where(p => p.IsPresent).ToList();
        foreach (var missing in vm.Placements.Where(p => present.Count > 0 && p is { GoneAt: null, MissingSince: not null }).ToList())
        {
            change.Add(Removed(vm, missing.HostId, missing.KnownGeneration, missing.ObservedAt, $"missing, and present on host {present[0].HostId}"));
        }

        if (present.Count > 0)
        {
            FollowTheRunningOne(change, present);
        }
        else if (vm.Placements.All(p => p.GoneAt is not null) && vm.DeletedAt is null && vm.Migration is null)
        {
            var last = vm.On(vm.HostId) ?? vm.Placements[0];
            change.Add(absence == Absence.ByTheHypervisorsWord
                ? Deleted(vm, last.Cause ?? "gone", last.ObservedAt)
                : new VmMarkedMissing { VmId = vm.Id, HostId = last.HostId, Generation = last.KnownGeneration, ObservedAt = last.ObservedAt, Cause = "on no host after a migration" });
        }

        WatchForDuplicates(change, present, speaker);
    }

    static void FollowTheRunningOne(VmChange change, List<PlacementRecord> present)
    {
        var vm = change.After!;
        var home = present.Find(p => p.HostId == vm.HostId);
        var best = present.OrderByDescending(Liveness).ThenByDescending(p => p.ConfirmedAt).ThenBy(p => p.HostId.Value).First();
        if (home is null || Liveness(best) > Liveness(home))
        {
            change.Add(new VmMoved
            {
                VmId = vm.Id,
                FromHostId = vm.HostId,
                ToHostId = best.HostId,
                MigrationId = vm.IsMigratingOver(best.HostId) ? vm.Migration!.Id : null,
                At = best.ObservedAt,
                Trail = vm.IsMigratingOver(best.HostId) ? vm.OperationTrail : null,
            });
        }
    }

    /// <summary>
    /// What a host said before the last migration ended is an echo of that migration, not a second copy. Two hosts that both say "running" may be the moment
    /// of a switch-over that the platform did not order: only if each says it again after both had said it, two copies run. Counted by the inventory's clock.
    /// </summary>
    static void WatchForDuplicates(VmChange change, List<PlacementRecord> present, HostId? speaker)
    {
        var vm = change.After!;
        var running = present.Where(p => p.Info.State == VmState.Running).ToList();
        var suspect = running.Where(p => p.ConfirmedAt > (vm.MigrationEndedAt ?? DateTimeOffset.MinValue)).ToList();
        bool SaidAgain(PlacementRecord p) => change.Before is { } before && before.On(p.HostId) is { IsPresent: true, Info.State: VmState.Running }
            && (p.HostId == speaker || p.HostEvidenceAt > before.ChangedAt);
        if (!vm.DuplicateRunning && suspect.Count > 1 && !suspect.TrueForAll(p => vm.IsMigratingOver(p.HostId)) && suspect.TrueForAll(SaidAgain))
        {
            change.Add(new VmDuplicateDetected { VmId = vm.Id, HostIds = [.. suspect.Select(p => p.HostId)], At = change.At });
        }
        else if (vm.DuplicateRunning && running.Count < 2 && vm.DeletedAt is null)
        {
            change.Add(new VmDuplicateResolved { VmId = vm.Id, At = change.At });
        }
    }

    static void AddDifferences(VmChange change, VmRecord vm, PlacementRecord placement, VmObserved seen)
    {
        if (placement.Info.State != seen.Vm.State)
        {
            change.Add(new VmStateChanged
            {
                VmId = vm.Id,
                HostId = seen.HostId,
                From = placement.Info.State,
                To = seen.Vm.State,
                StateReason = seen.Vm.StateReason,
                Generation = seen.Generation,
                ObservedAt = seen.ObservedAt,
                Cause = seen.Cause,
                OperationId = vm.OperationId,
                Trail = vm.OperationTrail,
            });
        }

        if (VmDifferences.Between(placement.Info, seen.Vm) is { Count: > 0 } changed)
        {
            change.Add(new VmReconfigured
            {
                VmId = vm.Id,
                HostId = seen.HostId,
                Vm = seen.Vm,
                Changed = changed,
                Generation = seen.Generation,
                ObservedAt = seen.ObservedAt,
                Cause = seen.Cause,
                OperationId = vm.OperationId,
                Trail = vm.OperationTrail,
            });
        }
    }

    static VmPlacementRemoved Removed(VmRecord vm, HostId host, long generation, DateTimeOffset observedAt, string cause) => new()
    {
        VmId = vm.Id,
        HostId = host,
        Generation = generation,
        ObservedAt = observedAt,
        Cause = cause,
        OperationId = vm.OperationId,
        Trail = vm.OperationTrail,
    };

    static VmDeleted Deleted(VmRecord vm, string cause, DateTimeOffset at) => new()
    {
        VmId = vm.Id,
        HostId = vm.HostId,
        Cause = cause,
        At = at,
        OperationId = vm.OperationKind == OperationKind.DeleteVm ? vm.OperationId : null,
        Trail = vm.OperationKind == OperationKind.DeleteVm ? vm.OperationTrail : null,
    };

    static bool SaysMigrated(string? cause) => cause?.Contains("migrated", StringComparison.OrdinalIgnoreCase) == true
        && !cause.StartsWith("lifecycle:started", StringComparison.OrdinalIgnoreCase) && !cause.StartsWith("lifecycle:resumed", StringComparison.OrdinalIgnoreCase);

    static int Liveness(PlacementRecord p) => p.Info.State switch
    {
        VmState.Running => 2,
        VmState.Paused or VmState.ShuttingDown or VmState.Suspended or VmState.Crashed => 1,
        _ => 0,
    };
}

/// <summary>How it came to be that no host has the VM.</summary>
internal enum Absence
{
    ByReport,
    ByTheHypervisorsWord,
}

/// <summary>An operation that has not ended.</summary>
internal sealed record OpenOperation(OperationId Id, Trail? Trail);
