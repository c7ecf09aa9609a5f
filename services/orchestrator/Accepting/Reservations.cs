using HvPlatform.Contracts.Migrations;
using HvPlatform.Orchestrator.Store;

namespace HvPlatform.Orchestrator.Accepting;

/// <summary>
/// Memory set aside on migrations' destinations. Free = the host's memory − VMs there that hold memory − other operations' reservations − headroom.
/// Virtual processors are recorded, not limited: hosts overcommit them.
/// </summary>
internal static class Reservations
{
    /// <summary>Sets the memory aside, or says why not. One reservation per host at a time; a repeat finds the first one's.</summary>
    public static async Task<Refusal?> ReserveAsync(
        IOrchestratorTx tx, ReserveMigrationCapacity request, long headroomMiB, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await tx.LockReservationsAsync([request.HostId], cancellationToken);
        if (await tx.FindHostAsync(request.HostId, cancellationToken) is not { } host)
        {
            return Refusals.UnknownHostInBody(request.HostId, "hostId");
        }

        var capacity = await tx.MeasureMemoryAsync(host, request.VmId, request.OperationId, headroomMiB, cancellationToken);
        if (request.MemoryMiB > capacity.FreeMiB)
        {
            return Refusals.NoCapacity(host, request.MemoryMiB, capacity);
        }

        await tx.PutReservationAsync(
            new Reservation
            {
                OperationId = request.OperationId,
                VmId = request.VmId,
                HostId = request.HostId,
                SourceHostId = request.SourceHostId,
                MemoryMiB = request.MemoryMiB,
                Vcpus = request.Vcpus,
                ReservedAt = now,
            },
            cancellationToken);
        return null;
    }
}
