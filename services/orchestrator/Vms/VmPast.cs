using HvPlatform.Contracts;
using HvPlatform.Events;
using HvPlatform.Inventory.Vms;
using Npgsql;

namespace HvPlatform.Orchestrator.Vms;

/// <summary>A VM as it was: its event stream up to that instant, folded by the function that makes the inventory's rows.</summary>
internal static class VmPast
{
    /// <summary>Members of <see cref="VmDetail"/> that have no history.</summary>
    static readonly IReadOnlyList<string> NotKept = ["observedAt", "stale", "figures", "hostLastSeenAt"];

    /// <summary>The VM as the inventory had recorded it by then; null if it was not known yet.</summary>
    public static async Task<VmDetail?> FindAsync(EventStore store, NpgsqlConnection connection, VmId vm, DateTimeOffset asOf, CancellationToken cancellationToken)
    {
        VmRecord? record = null;
        await foreach (var e in store.ReadStreamAsync(vm.Value, asOf: asOf, cancellationToken: cancellationToken))
        {
            if (e.StreamType != "vm")
            {
                return null;
            }

            // An event of a later version of the platform changes nothing that is known here, but it counts.
            record = VmFold.Apply(record, e.TryGetData() ?? e, e.Timestamp);
        }

        return record is null ? null : await ViewAsync(connection, record, asOf, cancellationToken);
    }

    static async Task<VmDetail> ViewAsync(NpgsqlConnection connection, VmRecord vm, DateTimeOffset asOf, CancellationToken cancellationToken)
    {
        await using var command = connection.Command("SELECT name, kind, simulated FROM inventory.hosts_as_of($2) WHERE host_id = $1", vm.HostId, asOf);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var hostKnown = await reader.ReadAsync(cancellationToken);
        return new VmDetail
        {
            Id = vm.Id,
            Version = vm.Version,
            Name = vm.Info.Name,
            State = vm.Info.State,
            StateReason = vm.Info.StateReason,
            HostId = vm.HostId,
            HostName = hostKnown ? reader.GetString(0) : null,
            HostKind = hostKnown ? reader.Enum<HypervisorKind>(1) : null,
            Simulated = hostKnown && reader.GetBoolean(2),
            Vcpus = vm.Info.Vcpus,
            MemoryMiB = vm.Info.MemoryMiB,
            Disks = vm.Info.Disks,
            Nics = vm.Info.Nics,
            Persistent = vm.Info.Persistent,
            Details = vm.Info.Details,
            DuplicateRunning = vm.DuplicateRunning,
            MissingSince = vm.MissingSince,
            DeletedAt = vm.DeletedAt,
            OperationId = vm.OperationId,
            OperationKind = vm.OperationKind,
            MigrationId = vm.Migration?.Id,
            MigrationSourceHostId = vm.Migration?.Source,
            MigrationDestinationHostId = vm.Migration?.Destination,
            MigrationPhase = vm.Migration?.Phase,
            MigrationEndedAt = vm.MigrationEndedAt,
            DiscoveredAt = vm.DiscoveredAt,
            ChangedAt = vm.ChangedAt,
            AsOf = asOf,
            NotKept = NotKept,
        };
    }
}
