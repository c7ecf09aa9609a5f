using System.Globalization;
using System.Text;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Vms;
using HvPlatform.Orchestrator.Access;
using HvPlatform.Orchestrator.Http;
using Npgsql;

namespace HvPlatform.Orchestrator.Vms;

/// <summary>What a list of VMs is filtered and ordered by.</summary>
internal sealed record VmFilter
{
    /// <summary>What the caller may see.</summary>
    public required AccessScope Scope { get; init; }

    public string? Search { get; init; }

    public string? Name { get; init; }

    public IReadOnlyList<string> States { get; init; } = [];

    /// <summary>A host's id or name.</summary>
    public string? Host { get; init; }

    public bool? Missing { get; init; }

    /// <summary>Whether its host is behind with its reports; only the present has it.</summary>
    public bool? Stale { get; init; }

    /// <summary>A part of the name of the guest's operating system, in any casing.</summary>
    public string? GuestOs { get; init; }

    /// <summary>1 or 2.</summary>
    public int? Generation { get; init; }

    public bool? SecureBoot { get; init; }

    public bool? Tpm { get; init; }

    /// <summary>The version of the VM's configuration.</summary>
    public string? VmVersion { get; init; }

    /// <summary>Whether it asks for what only the present has.</summary>
    public bool HasDetails => GuestOs is not null || Generation is not null || SecureBoot is not null || Tpm is not null || VmVersion is not null;

    /// <summary>True for the deleted ones instead of the living.</summary>
    public bool Deleted { get; init; }

    /// <summary>The fleet as it was then; null for now.</summary>
    public DateTimeOffset? AsOf { get; init; }

    /// <summary>The members wanted; null for all.</summary>
    public Fields? Fields { get; init; }

    public required VmSort Sort { get; init; }

    public bool Descending { get; init; }
}

/// <summary>An order: its name in the API, its column, and how a cursor's text becomes that column's type.</summary>
internal sealed record VmSort(string Name, string Column, string CastFromText)
{
    public static IReadOnlyList<VmSort> All { get; } =
    [
        new("name", "name", "text"), new("state", "state", "text"), new("hostName", "coalesce(host_name, '')", "text"),
        new("memoryMiB", "memory_mib", "bigint"), new("vcpus", "vcpus", "integer"), new("changedAt", "changed_at", "timestamptz"),
    ];

    /// <summary>Those that the past has, too.</summary>
    public bool InThePast => Name != "changedAt";
}

/// <summary>VMs from the inventory's published read models.</summary>
internal static class VmReader
{
    const string SummaryColumns = $"{CheapColumns}, observed_at, stale, details, figures";

    const string CheapColumns =
        "vm_id, version, name, state, host_id, host_name, vcpus, memory_mib, simulated, duplicate_running, missing_since, deleted_at, migration_id";

    const string Past = """
        (SELECT f.*, h.name AS host_name, coalesce(h.simulated, false) AS simulated, NULL::timestamptz AS observed_at, NULL::boolean AS stale,
                NULL::jsonb AS details, NULL::jsonb AS figures
         FROM inventory.vm_versions f LEFT JOIN inventory.hosts_as_of($1) h ON h.host_id = f.host_id
         WHERE f.valid_from <= $1 AND f.valid_to > $1 AND f.deleted_at IS NULL) v
        """;

    public static async Task<List<(VmSummary Item, string Value, Guid Id)>> ListAsync(
        NpgsqlConnection connection, VmFilter filter, Cursor? after, int rows, CancellationToken cancellationToken)
    {
        await using var command = List(filter, after, rows);
        command.Connection = connection;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var items = new List<(VmSummary, string, Guid)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var vm = ReadSummary(reader);
            items.Add((vm, reader.GetString(17), vm.Id.Value));
        }

        return items;
    }

    public static async Task<VmDetail?> FindAsync(NpgsqlConnection connection, VmId vm, CancellationToken cancellationToken)
    {
        await using var command = connection.Command(
            $"""
            SELECT {SummaryColumns}, state_reason, host_kind, disks, nics, persistent, operation_id, operation_kind,
                   migration_source_host_id, migration_destination_host_id, migration_phase, migration_ended_at, discovered_at, changed_at, host_last_seen_at
            FROM inventory.vm_view WHERE vm_id = $1
            """,
            vm);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? ReadDetail(reader) : null;
    }

    /// <summary>The VM's ETag, null if the inventory does not know it.</summary>
    public static async Task<string?> EtagAsync(NpgsqlConnection connection, VmId vm, CancellationToken cancellationToken)
    {
        await using var command = connection.Command("SELECT version FROM inventory.vms WHERE vm_id = $1", vm);
        return await command.ExecuteScalarAsync(cancellationToken) is long version ? ETags.OfVersion(version) : null;
    }

    /// <summary>How many there are in all.</summary>
    public static async Task<int> CountAsync(NpgsqlConnection connection, VmFilter filter, CancellationToken cancellationToken)
    {
        await using var command = List(filter, null, null);
        return await PageCount.OfAsync(connection, command, cancellationToken);
    }

    /// <summary>What is costly to read is read only if it is wanted.</summary>
    static string Columns(Fields? fields)
    {
        string Wanted(string member, string column, string type) => fields?.Has(member) != false ? column : $"NULL::{type}";
        return $"{CheapColumns}, {Wanted("observedAt", "observed_at", "timestamptz")}, stale, {Wanted("details", "details", "jsonb")}, {Wanted("figures", "figures", "jsonb")}";
    }

    /// <summary>The rows of a page in its order; without a number of rows, all of them in no order, which is all that counting needs.</summary>
    static NpgsqlCommand List(VmFilter filter, Cursor? after, int? rows)
    {
        var command = new NpgsqlCommand();
        string Parameter(object value)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
            return string.Create(CultureInfo.InvariantCulture, $"${command.Parameters.Count}");
        }

        var sql = new StringBuilder($"SELECT {Columns(filter.Fields)}, ({filter.Sort.Column})::text AS sort_value FROM ");
        if (filter.AsOf is { } asOf)
        {
            Parameter(asOf);
            sql.Append(Past).Append(" WHERE true");
        }
        else
        {
            sql.Append("inventory.vm_view v WHERE deleted_at IS ").Append(filter.Deleted ? "NOT NULL" : "NULL");
        }

        sql.Append(filter.Scope.Vms("v.vm_id", "v.host_id", Parameter));
        if (filter.Name is { } name)
        {
            sql.Append(" AND name = ").Append(Parameter(name));
        }

        if (filter.States.Count == 1)
        {
            sql.Append(" AND state = ").Append(Parameter(filter.States[0]));
        }
        else if (filter.States.Count > 1)
        {
            sql.Append(" AND state = ANY (").Append(Parameter(filter.States.ToArray())).Append(')');
        }

        if (filter.Host is { } host)
        {
            sql.Append(Guid.TryParse(host, out var id)
                ? $" AND host_id = {Parameter(id)}"
                : $" AND host_id = ANY (ARRAY(SELECT host_id FROM inventory.hosts WHERE lower(name) = {Parameter(host.ToLowerInvariant())}))");
        }

        if (filter.Missing is { } missing)
        {
            sql.Append(missing ? " AND missing_since IS NOT NULL" : " AND missing_since IS NULL");
        }

        if (filter.Stale is { } stale)
        {
            sql.Append(stale ? " AND stale" : " AND NOT stale");
        }

        if (filter.HasDetails)
        {
            sql.Append(" AND details IS NOT NULL");
            Equal("hardware,generation", filter.Generation?.ToString(CultureInfo.InvariantCulture));
            Equal("hardware,version", filter.VmVersion);
            Equal("security,secureBoot", filter.SecureBoot is { } secure ? secure ? "true" : "false" : null);
            Equal("security,tpm", filter.Tpm is { } tpm ? tpm ? "true" : "false" : null);
            if (filter.GuestOs is { } guest)
            {
                sql.Append(" AND lower(details #>> '{guest,operatingSystem}') LIKE ").Append(Parameter($"%{Escape(guest.ToLowerInvariant())}%"));
            }
        }

        void Equal(string path, string? value)
        {
            if (value is not null)
            {
                sql.Append(" AND details #>> '{").Append(path).Append("}' = ").Append(Parameter(value));
            }
        }

        if (filter.Search is { } search)
        {
            var text = Parameter($"%{Escape(search.ToLowerInvariant())}%");
            var own = filter.AsOf is null ? "search" : "(lower(name) || ' ' || vm_id::text)";
            sql.Append(CultureInfo.InvariantCulture, $" AND ({own} LIKE {text} OR host_id = ANY (ARRAY(SELECT host_id FROM inventory.hosts WHERE lower(name) LIKE {text})))");
        }

        if (after is not null)
        {
            sql.Append(CultureInfo.InvariantCulture, $" AND ({filter.Sort.Column}, vm_id) {(filter.Descending ? '<' : '>')} ({Parameter(after.Value)}::text::{filter.Sort.CastFromText}, {Parameter(after.Id)})");
        }

        if (rows is { } limit)
        {
            var direction = filter.Descending ? " DESC" : "";
            sql.Append(CultureInfo.InvariantCulture, $" ORDER BY {filter.Sort.Column}{direction}, vm_id{direction} LIMIT {Parameter(limit)}");
        }

        command.CommandText = sql.ToString();
        return command;
    }

    static string Escape(string text) => text.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("%", @"\%", StringComparison.Ordinal).Replace("_", @"\_", StringComparison.Ordinal);

    static VmSummary ReadSummary(NpgsqlDataReader reader) => new()
    {
        Id = new VmId(reader.GetGuid(0)),
        Version = reader.GetInt64(1),
        Name = reader.GetString(2),
        State = reader.Enum<VmState>(3),
        HostId = new HostId(reader.GetGuid(4)),
        HostName = reader.Text(5),
        Vcpus = reader.GetInt32(6),
        MemoryMiB = reader.GetInt64(7),
        Simulated = reader.GetBoolean(8),
        DuplicateRunning = reader.GetBoolean(9),
        MissingSince = reader.InstantOrNull(10),
        DeletedAt = reader.InstantOrNull(11),
        MigrationId = reader.IsDBNull(12) ? null : new OperationId(reader.GetGuid(12)),
        ObservedAt = reader.InstantOrNull(13),
        Stale = reader.IsDBNull(14) ? null : reader.GetBoolean(14),
        Details = reader.Json<VmDetails>(15),
        Figures = reader.Json<VmFigures>(16),
    };

    static VmDetail ReadDetail(NpgsqlDataReader reader)
    {
        var summary = ReadSummary(reader);
        return new VmDetail
        {
            Id = summary.Id,
            Version = summary.Version,
            Name = summary.Name,
            State = summary.State,
            HostId = summary.HostId,
            HostName = summary.HostName,
            Vcpus = summary.Vcpus,
            MemoryMiB = summary.MemoryMiB,
            Simulated = summary.Simulated,
            DuplicateRunning = summary.DuplicateRunning,
            MissingSince = summary.MissingSince,
            DeletedAt = summary.DeletedAt,
            MigrationId = summary.MigrationId,
            ObservedAt = summary.ObservedAt,
            Stale = summary.Stale,
            Details = summary.Details,
            Figures = summary.Figures,
            StateReason = reader.Text(17),
            HostKind = reader.IsDBNull(18) ? null : reader.Enum<HypervisorKind>(18),
            Disks = reader.Json<VmDisk[]>(19) ?? [],
            Nics = reader.Json<VmNic[]>(20) ?? [],
            Persistent = reader.GetBoolean(21),
            OperationId = reader.IsDBNull(22) ? null : new OperationId(reader.GetGuid(22)),
            OperationKind = reader.IsDBNull(23) ? null : reader.Enum<OperationKind>(23),
            MigrationSourceHostId = reader.IsDBNull(24) ? null : new HostId(reader.GetGuid(24)),
            MigrationDestinationHostId = reader.IsDBNull(25) ? null : new HostId(reader.GetGuid(25)),
            MigrationPhase = reader.IsDBNull(26) ? null : reader.Enum<MigrationPhase>(26),
            MigrationEndedAt = reader.InstantOrNull(27),
            DiscoveredAt = reader.Instant(28),
            ChangedAt = reader.Instant(29),
            HostLastSeenAt = reader.InstantOrNull(30),
        };
    }
}
