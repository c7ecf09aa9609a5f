using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Contracts.History;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Vms;
using HvPlatform.Inventory.Hosts;
using HvPlatform.Inventory.Operations;
using HvPlatform.Inventory.Vms;
using Npgsql;

namespace HvPlatform.Inventory.Storage;

/// <summary>From rows to records. Each column list stands beside the code that reads it by position.</summary>
internal static class RowReader
{
    public const string HostColumns = """
        host_id, version, name, kind, capabilities, agent_version, heartbeat_seconds, reachability, reachability_since, error, joined_at, changed_at, maintenance
        """;

    public static HostRecord Host(NpgsqlDataReader r) => new()
    {
        Id = new(r.GetGuid(0)),
        Version = r.GetInt64(1),
        Name = r.GetString(2),
        Kind = r.Enum<HypervisorKind>(3),
        Capabilities = r.Json<HostCapabilities>(4)!,
        AgentVersion = r.GetString(5),
        HeartbeatSeconds = r.GetDouble(6),
        Reachability = r.Enum<HostReachability>(7),
        ReachabilitySince = r.Instant(8)!.Value,
        Error = r.Json<ErrorInfo>(9),
        JoinedAt = r.Instant(10)!.Value,
        ChangedAt = r.Instant(11)!.Value,
        Maintenance = r.Json<HostMaintenance>(12),
    };

    public const string ContactColumns = """
        host_id, last_seen_at, heartbeat_sent_at, stopped_at, agent_started_at, memory_free_mib, generation, observed_at,
        report_outcome, report_error, report_vms, report_received_at, evidence_at
        """;

    public static HostContact Contact(NpgsqlDataReader r) => new()
    {
        HostId = new(r.GetGuid(0)),
        LastSeenAt = r.Instant(1)!.Value,
        HeartbeatSentAt = r.Instant(2),
        StoppedAt = r.Instant(3),
        AgentStartedAt = r.Instant(4),
        MemoryFreeMiB = r.Long(5),
        Generation = r.GetInt64(6),
        ObservedAt = r.Instant(7),
        ReportOutcome = r.IsDBNull(8) ? null : r.Enum<HostReportOutcome>(8),
        ReportError = r.Json<ErrorInfo>(9),
        ReportVms = r.IsDBNull(10) ? null : r.GetInt32(10),
        ReportReceivedAt = r.Instant(11),
        EvidenceAt = r.Instant(12),
    };

    /// <summary>Of <c>vms v</c> joined with its operation <c>o</c>.</summary>
    public const string VmColumns = """
        v.vm_id, v.version, v.name, v.state, v.state_reason, v.host_id, v.vcpus, v.memory_mib, v.disks, v.nics, v.persistent, v.duplicate_running,
        v.missing_since, v.deleted_at, v.operation_id, v.operation_kind, v.migration_id, v.migration_source_host_id, v.migration_destination_host_id,
        v.migration_phase, v.migration_ended_at, v.discovered_at, v.changed_at, o.trail, v.details
        """;

    public static VmRecord Vm(NpgsqlDataReader r)
    {
        var id = new VmId(r.GetGuid(0));
        return new()
        {
            Id = id,
            Version = r.GetInt64(1),
            Info = new VmInfo
            {
                Id = id,
                Name = r.GetString(2),
                State = r.Enum<VmState>(3),
                StateReason = r.Text(4),
                Vcpus = r.GetInt32(6),
                MemoryMiB = r.GetInt64(7),
                Disks = r.Json<VmDisk[]>(8)!,
                Nics = r.Json<VmNic[]>(9)!,
                Persistent = r.GetBoolean(10),
                Details = r.Json<VmDetails>(24),
            },
            HostId = new(r.GetGuid(5)),
            DuplicateRunning = r.GetBoolean(11),
            MissingSince = r.Instant(12),
            DeletedAt = r.Instant(13),
            OperationId = r.Id<OperationId>(14),
            OperationKind = r.IsDBNull(15) ? null : r.Enum<OperationKind>(15),
            Migration = r.IsDBNull(16) ? null : new(new(r.GetGuid(16)), new(r.GetGuid(17)), new(r.GetGuid(18)), r.Enum<MigrationPhase>(19)),
            MigrationEndedAt = r.Instant(20),
            DiscoveredAt = r.Instant(21)!.Value,
            ChangedAt = r.Instant(22)!.Value,
            OperationTrail = r.Json<Trail>(23),
            Placements = [],
        };
    }

    /// <summary>Of <c>placements p</c> joined with <c>host_contacts c</c>.</summary>
    public const string PlacementColumns = """
        p.vm_id, p.host_id, p.info, p.cause, p.generation, p.observed_at, p.first_seen_at, p.missing_since, p.gone_at, c.generation, c.observed_at, c.evidence_at
        """;

    public static (VmId Vm, PlacementRecord Placement) Placement(NpgsqlDataReader r) => (new(r.GetGuid(0)), new()
    {
        HostId = new(r.GetGuid(1)),
        Info = r.Json<VmInfo>(2)!,
        Cause = r.Text(3),
        Generation = r.GetInt64(4),
        ObservedAt = r.Instant(5)!.Value,
        FirstSeenAt = r.Instant(6)!.Value,
        MissingSince = r.Instant(7),
        GoneAt = r.Instant(8),
        HostGeneration = r.Long(9) ?? 0,
        HostObservedAt = r.Instant(10),
        HostEvidenceAt = r.Instant(11),
    });

    public const string OperationColumns = """
        operation_id, version, kind, status, vm_id, host_id, destination_host_id, epoch, phase, phase_at, phases, policy, error, unanswered_host_ids, trail,
        recorded_at, started_at, ended_at, changed_at, total_ms, downtime_ms, transferred_bytes, left_on_source, forecast, in_doubt_since, unknown, resolution
        """;

    public static OperationRecord Operation(NpgsqlDataReader r) => new()
    {
        Id = new(r.GetGuid(0)),
        Version = r.GetInt64(1),
        Kind = r.Enum<OperationKind>(2),
        Status = r.Enum<OperationStatus>(3),
        VmId = new(r.GetGuid(4)),
        HostId = r.Id<HostId>(5),
        DestinationHostId = r.Id<HostId>(6),
        Epoch = r.Long(7),
        Phase = r.IsDBNull(8) ? null : r.Enum<MigrationPhase>(8),
        PhaseAt = r.Instant(9),
        Phases = r.Json<PhaseEntry[]>(10)!,
        Policy = r.Json<MigrationPolicy>(11),
        Error = r.Json<ErrorInfo>(12),
        UnansweredHostIds = [.. r.GetFieldValue<Guid[]>(13).Select(HostId.From)],
        Trail = r.Json<Trail>(14),
        RecordedAt = r.Instant(15)!.Value,
        StartedAt = r.Instant(16),
        EndedAt = r.Instant(17),
        ChangedAt = r.Instant(18)!.Value,
        TotalMs = r.Long(19),
        DowntimeMs = r.Long(20),
        TransferredBytes = r.Long(21),
        LeftOnSource = r.GetFieldValue<string[]>(22),
        Forecast = r.Json<MigrationForecast>(23),
        InDoubtSince = r.Instant(24),
        Unknown = r.Text(25),
        Resolution = r.Json<ResolvedBy>(26),
    };

    extension(NpgsqlDataReader r)
    {
        public string? Text(int i) => r.IsDBNull(i) ? null : r.GetString(i);

        public long? Long(int i) => r.IsDBNull(i) ? null : r.GetInt64(i);

        public DateTimeOffset? Instant(int i) => r.IsDBNull(i) ? null : r.GetFieldValue<DateTimeOffset>(i);

        public T? Json<T>(int i) where T : class => r.IsDBNull(i) ? null : JsonSerializer.Deserialize<T>(r.GetString(i), HvJson.Options);

        public T? Id<T>(int i) where T : struct, IGuidId<T> => r.IsDBNull(i) ? null : T.From(r.GetGuid(i));

        public T Enum<T>(int i) where T : struct, Enum => System.Enum.TryParse<T>(r.GetString(i), out var value) ? value : default;
    }
}
