using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Access;
using HvPlatform.Orchestrator.Http;
using Npgsql;

namespace HvPlatform.Orchestrator.Evacuations;

/// <summary>Evacuations for readers, with the names of hosts.</summary>
internal static class EvacuationReader
{
    public static async Task<EvacuationView?> FindAsync(NpgsqlConnection connection, EvacuationId id, DateTimeOffset? asOf, CancellationToken cancellationToken) =>
        (await EvacuationTx.ReadAsync(connection, "WHERE e.id = $1", [id.Value], cancellationToken, asOf)) is [var (evacuation, _)]
            ? await ViewAsync(connection, evacuation, cancellationToken) with { AsOf = asOf }
            : null;

    public static async Task<EvacuationView> ViewAsync(NpgsqlConnection connection, Evacuation evacuation, CancellationToken cancellationToken) =>
        EvacuationView.Of(evacuation, await NamesAsync(connection, [evacuation], cancellationToken));

    public static async Task<List<(EvacuationView Item, string Value, Guid Id)>> ListAsync(
        NpgsqlConnection connection, AccessScope scope, HostId? host, bool? open, DateTimeOffset? asOf, Cursor? after, int rows, CancellationToken cancellationToken)
    {
        var found = await EvacuationTx.ReadAsync(
            connection,
            $"""
            WHERE ($1::uuid IS NULL OR e.host_id = $1) AND ($6::text[] IS NOT NULL) AND ($2::boolean IS NULL OR (e.ended_at IS NULL) = $2)
              AND ($3::text IS NULL OR (e.accepted_at, e.id) < ($3::timestamptz, $4::uuid))
              {scope.Hosts("e.host_id", _ => "$6")}
            ORDER BY e.accepted_at DESC, e.id DESC LIMIT $5
            """,
            [Uuid(host?.Value), new NpgsqlParameter { NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Boolean, Value = (object?)open ?? DBNull.Value },
             new NpgsqlParameter { NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text, Value = (object?)after?.Value ?? DBNull.Value }, Uuid(after?.Id), rows, scope.Groups],
            cancellationToken,
            asOf);
        var names = await NamesAsync(connection, [.. found.Select(e => e.Item)], cancellationToken);
        return [.. found.Select(e => (EvacuationView.Of(e.Item, names), e.Value, e.Item.Id.Value))];
    }

    static NpgsqlParameter Uuid(Guid? value) => new() { NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Uuid, Value = (object?)value ?? DBNull.Value };

    static async Task<Dictionary<HostId, string>> NamesAsync(NpgsqlConnection connection, IReadOnlyList<Evacuation> evacuations, CancellationToken cancellationToken)
    {
        var hosts = evacuations.SelectMany(e => e.Vms).Where(v => v.DestinationHostId is not null).Select(v => v.DestinationHostId!.Value.Value).Distinct().ToArray();
        await using var command = connection.Command("SELECT host_id, name FROM inventory.hosts WHERE host_id = ANY ($1)", hosts);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var names = new Dictionary<HostId, string>();
        while (await reader.ReadAsync(cancellationToken))
        {
            names[new HostId(reader.GetGuid(0))] = reader.GetString(1);
        }

        return names;
    }
}
