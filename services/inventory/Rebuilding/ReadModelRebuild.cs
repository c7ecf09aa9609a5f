using System.Diagnostics;
using HvPlatform.Events;
using HvPlatform.Inventory.Hosts;
using HvPlatform.Inventory.Operations;
using HvPlatform.Inventory.Storage;
using HvPlatform.Inventory.Vms;
using HvPlatform.ServiceKit;
using Npgsql;
using NpgsqlTypes;
using static HvPlatform.Inventory.Storage.SqlParameters;

namespace HvPlatform.Inventory.Rebuilding;

/// <summary>
/// Builds every read model anew from the events, in one transaction: readers see the old rows until the commit, deliveries wait for it. Volatile
/// columns (what the agents said last, progress) have no events and are kept as they are.
/// </summary>
internal sealed class ReadModelRebuild(
    [FromKeyedServices(InventoryModule.Schema)] ServiceDatabase database, [FromKeyedServices(InventoryModule.Schema)] EventStore events, ILogger<ReadModelRebuild> logger)
{
    const int EventsPerPage = 5000;
    const int RowsPerStatement = 2000;

    /// <summary>Returns the number of events read.</summary>
    public async Task<long> RunAsync(CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var run = new Batches(connection, transaction);

        // Every delivery writes to one of these tables before it appends, so from here on there are no new events.
        await run.ExecuteAsync([Sql("LOCK TABLE hosts, vms, placements, vm_versions, vm_device_versions, host_versions, operations, operation_versions IN EXCLUSIVE MODE")], cancellationToken);
        var heard = await ReadGenerationsAsync(connection, transaction, cancellationToken);
        string[] tables = ["vm_versions", "vm_device_versions", "vms", "placements", "hosts", "host_versions", "operation_versions"];
        await run.ExecuteAsync(tables.Select(t => Sql($"DELETE FROM {t}")), cancellationToken);

        var fold = new ReadModelFold();
        var (read, position) = (0L, 0L);
        while (await events.ReadAllAsync(position, EventsPerPage, cancellationToken: cancellationToken) is { Count: > 0 } page)
        {
            foreach (var e in page)
            {
                fold.Apply(e);
            }

            (read, position) = (read + page.Count, page[^1].Seq);
            await WriteVersionsAsync(run, fold, cancellationToken);
        }

        fold.Finish();
        await WriteVersionsAsync(run, fold, cancellationToken);
        await run.ExecuteAsync(fold.Vms.Chunk(RowsPerStatement).Select(c => VmSql.Upsert("vms", c)), cancellationToken);
        var placements = fold.Vms.SelectMany(v => v.Placements.Select(p => (v.Id.Value, Latest(p, heard.GetValueOrDefault((v.Id.Value, p.HostId.Value))))));
        await run.ExecuteAsync(placements.Chunk(RowsPerStatement).Select(c => VmSql.UpsertPlacements("placements", c)), cancellationToken);
        await run.ExecuteAsync(fold.Hosts.Select(HostSql.SaveHost), cancellationToken);
        await run.ExecuteAsync(
            [
                Sql("DELETE FROM operations WHERE operation_id <> ALL ($1)").WithArray(NpgsqlDbType.Uuid, fold.Operations.Select(o => o.Id.Value)),
                .. fold.Operations.Select(OperationSql.Save),
            ],
            cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        Log.Rebuilt(logger, read, fold.Vms.Count(), fold.Hosts.Count(), fold.Operations.Count(), clock.ElapsedMilliseconds);
        return read;
    }

    static async Task WriteVersionsAsync(Batches run, ReadModelFold fold, CancellationToken cancellationToken)
    {
        await run.ExecuteAsync(fold.VmVersions.Chunk(RowsPerStatement).Select(VmSql.InsertVersions), cancellationToken);
        await run.ExecuteAsync(fold.VmDevices.Chunk(RowsPerStatement).Select(VmSql.InsertDevices), cancellationToken);
        await run.ExecuteAsync(fold.HostVersions.Select(v => HostSql.InsertVersion(v.Row, v.From, v.To)), cancellationToken);
        await run.ExecuteAsync(fold.OperationVersions.Select(v => OperationSql.InsertVersion(v.Row, v.From, v.To)), cancellationToken);
        fold.VmVersions.Clear();
        fold.VmDevices.Clear();
        fold.HostVersions.Clear();
        fold.OperationVersions.Clear();
    }

    static PlacementRecord Latest(PlacementRecord folded, (long Generation, DateTimeOffset ObservedAt) heard) =>
        heard == default ? folded : folded with { Generation = heard.Generation, ObservedAt = heard.ObservedAt };

    static async Task<Dictionary<(Guid Vm, Guid Host), (long Generation, DateTimeOffset ObservedAt)>> ReadGenerationsAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        var generations = new Dictionary<(Guid, Guid), (long, DateTimeOffset)>();
        await using var command = new NpgsqlCommand("SELECT vm_id, host_id, generation, observed_at FROM placements", connection, transaction);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            generations.Add((reader.GetGuid(0), reader.GetGuid(1)), (reader.GetInt64(2), reader.GetFieldValue<DateTimeOffset>(3)));
        }

        return generations;
    }

    sealed class Batches(NpgsqlConnection connection, NpgsqlTransaction transaction)
    {
        public async Task ExecuteAsync(IEnumerable<NpgsqlBatchCommand> commands, CancellationToken cancellationToken)
        {
            foreach (var chunk in commands.Chunk(100))
            {
                await using var batch = new NpgsqlBatch(connection, transaction) { Timeout = 0 };
                foreach (var command in chunk)
                {
                    batch.BatchCommands.Add(command);
                }

                await batch.ExecuteNonQueryAsync(cancellationToken);
            }
        }
    }
}
