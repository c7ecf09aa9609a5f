using System.Globalization;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Orchestrator.Operations;
using HvPlatform.Orchestrator.ReadModels;
using HvPlatform.Orchestrator.Store;

namespace HvPlatform.Orchestrator.Accepting;

// The theory. A migration takes three things while it runs: memory on its destination, a place among the migrations of both hosts, and a share of both
// hosts' migration bandwidth. It gets all of them at once, in one transaction, or none, and gives them back at its terminal event.
//  - Memory: free = the host's memory − VMs there that hold memory − other operations' reservations − headroom. Too little is a refusal: waiting
//    would not help. Virtual processors are recorded, not limited: hosts overcommit them.
//  - Places: a host's limit counts migrations in and out; the platform may have a limit of its own. No place left is not a refusal: the
//    saga asks again, and the oldest operation goes first. One that was put off by a host is counted there before every younger one, so none
//    starves; at hosts that did not put it off it counts for nothing, so it holds up nobody where it is not the bottleneck.
//  - Bandwidth: a share is the host's limit divided by its places (4 if it sets no limit of places), and never more than was wished for. Shares are
//    fixed when granted: a running transfer is not slowed when another begins.

/// <summary>Gives a migration the room it needs on both of its hosts.</summary>
internal static class Reservations
{
    /// <summary>Places that a host with a limit of bandwidth only is reckoned to have.</summary>
    public const int DefaultPlaces = 4;

    /// <summary>One that has not asked for this long counts no more: its saga is not there.</summary>
    static readonly TimeSpan AskedWithin = TimeSpan.FromSeconds(60);

    const int RetryMs = 1000;
    const int RetryPerWaitingMs = 250;
    const int LongestRetryMs = 15_000;

    /// <summary>Sets the room aside, puts the migration off, or says why there is none. A repeat finds what the first one got.</summary>
    public static async Task<ReserveAnswer> ReserveAsync(
        IOrchestratorTx tx, Operation operation, ReserveMigrationCapacity request, OrchestratorOptions options, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var sourceId = request.SourceHostId ?? operation.HostId;
        if (await tx.FindReservationAsync(request.OperationId, cancellationToken) is { } held && held.HostId == request.HostId && held.MemoryMiB == request.MemoryMiB)
        {
            return new ReserveAnswer.Granted(held.BandwidthMiBps);
        }

        if (await tx.FindHostAsync(request.HostId, cancellationToken) is not { } destination)
        {
            return new ReserveAnswer.Refused(Refusals.UnknownHostInBody(request.HostId, "hostId"));
        }

        var source = await tx.FindHostAsync(sourceId, cancellationToken);
        if ((Refusals.NoMigrations(destination) ?? (source is null ? null : Refusals.NoMigrations(source))) is { } none)
        {
            return new ReserveAnswer.Refused(none);
        }

        // Others wait for these locks: from here to the commit as little as possible. A source without limits has nothing to give.
        await tx.LockReservationsAsync(
            source is not null && HasLimit(source) ? [destination.Id, source.Id] : [destination.Id], options.MaxConcurrentMigrations is not null, cancellationToken);
        var memory = await tx.MeasureMemoryAsync(destination, request.VmId, request.OperationId, options.HeadroomMiB, cancellationToken);
        if (request.MemoryMiB > memory.FreeMiB)
        {
            return new ReserveAnswer.Refused(Refusals.NoCapacity(destination, request.MemoryMiB, memory));
        }

        var limits = new Limits(request.BandwidthMiBps);
        foreach (var host in new[] { destination, source }.OfType<HostState>().Where(HasLimit))
        {
            limits.Check(host, await tx.MeasureMigrationsAsync(host.Id, operation, now - AskedWithin, cancellationToken));
        }

        if (options.MaxConcurrentMigrations is { } most)
        {
            limits.Check(most, await tx.MeasureMigrationsAsync(null, operation, now - AskedWithin, cancellationToken));
        }

        if (limits.TurnedAwayBy.Count > 0)
        {
            var reason = string.Join(" ", limits.Reasons);
            await tx.PutWaitAsync(
                new ReservationWait { OperationId = request.OperationId, TurnedAwayBy = limits.TurnedAwayBy, Reason = reason, AcceptedAt = operation.Trail.RequestedAt, AskedAt = now },
                cancellationToken);
            var by = limits.TurnedAwayBy[0] == ReservationWait.Platform ? request.HostId : limits.TurnedAwayBy[0];
            return new ReserveAnswer.Deferred(by, reason, Math.Min(RetryMs + (RetryPerWaitingMs * limits.WaitingBefore), LongestRetryMs));
        }

        await tx.PutReservationAsync(
            new Reservation
            {
                OperationId = request.OperationId,
                VmId = request.VmId,
                HostId = request.HostId,
                SourceHostId = sourceId,
                MemoryMiB = request.MemoryMiB,
                Vcpus = request.Vcpus,
                BandwidthMiBps = limits.ShareMiBps,
                ReservedAt = now,
            },
            cancellationToken);
        return new ReserveAnswer.Granted(limits.ShareMiBps);
    }

    static bool HasLimit(HostState host) => host.MaxConcurrentMigrations is not null || host.MaxMigrationBandwidthMiBps is not null;

    /// <summary>What the limits looked at so far leave.</summary>
    sealed class Limits(int? wishMiBps)
    {
        int? share;

        public List<HostId> TurnedAwayBy { get; } = [];

        public List<string> Reasons { get; } = [];

        public int WaitingBefore { get; private set; }

        /// <summary>What every limit of bandwidth allows; the wish if there is none.</summary>
        public int? ShareMiBps => share ?? wishMiBps;

        public void Check(HostState host, MigrationLoad load)
        {
            if (host.MaxConcurrentMigrations is { } places && load.Running + load.WaitingBefore >= places)
            {
                PutOff(host.Id, load, $"Host '{host.Name}' has {load.Running} migrations of at most {places}{Waiting(load)}.");
            }
            else if (host.MaxMigrationBandwidthMiBps is { } bandwidth)
            {
                var whole = Math.Max(1, bandwidth / Math.Max(1, host.MaxConcurrentMigrations ?? DefaultPlaces));
                var asked = Math.Min(whole, wishMiBps ?? whole);
                if (load.GrantedMiBps + ((long)load.WaitingBefore * whole) + asked > bandwidth)
                {
                    PutOff(host.Id, load, string.Create(CultureInfo.InvariantCulture,
                        $"Host '{host.Name}' has granted {load.GrantedMiBps} MiB/s of {bandwidth} MiB/s to {load.Running} migrations{Waiting(load)}; {asked} MiB/s are needed."));
                }

                share = Math.Min(asked, share ?? asked);
            }
        }

        public void Check(int most, MigrationLoad load)
        {
            if (load.Running + load.WaitingBefore >= most)
            {
                PutOff(ReservationWait.Platform, load, $"The platform has {load.Running} migrations of at most {most}{Waiting(load)}.");
            }
        }

        void PutOff(HostId by, MigrationLoad load, string reason)
        {
            TurnedAwayBy.Add(by);
            Reasons.Add(reason);
            WaitingBefore = Math.Max(WaitingBefore, load.WaitingBefore);
        }

        static string Waiting(MigrationLoad load) => load.WaitingBefore == 0 ? "" : $", and {load.WaitingBefore} older ones wait";
    }
}

/// <summary>What became of a request for room.</summary>
internal abstract record ReserveAnswer
{
    /// <summary>It is set aside.</summary>
    /// <param name="BandwidthMiBps">The share of the bandwidth; null for no limit.</param>
    public sealed record Granted(int? BandwidthMiBps) : ReserveAnswer;

    /// <summary>A limit is reached: to be asked again.</summary>
    public sealed record Deferred(HostId HostId, string Reason, int RetryAfterMs) : ReserveAnswer;

    /// <summary>There is none, and waiting would not help.</summary>
    public sealed record Refused(Refusal Refusal) : ReserveAnswer;
}
