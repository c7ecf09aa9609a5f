using HvPlatform.Contracts;
using HvPlatform.Contracts.Alerts;
using HvPlatform.Contracts.History;
using HvPlatform.ServiceKit;
using Npgsql;

namespace HvPlatform.Telemetry.Alerts;

/// <summary>The alerts: raised, acknowledged and cleared once each, the row and what is published about it in one transaction.</summary>
internal sealed class AlertBook([FromKeyedServices(TelemetryModule.Schema)] ServiceDatabase database, QueueWatch queues, TimeProvider time)
{
    /// <summary>
    /// Looks at the fleet as it is now and makes the open alerts those that hold. Of several processes one does it at a time. Returns how many were raised and cleared, and what it
    /// could not look at; null if another process is at it.
    /// </summary>
    public async Task<(int Raised, int Cleared, string? Missing)?> ReviewAsync(CancellationToken cancellationToken)
    {
        await using var transaction = await database.BeginAsync(cancellationToken);
        if (!await TryLockAsync(transaction, cancellationToken))
        {
            return null;
        }

        var now = time.GetUtcNow();
        var open = await OpenAsync(transaction, cancellationToken);
        var facts = await FactReader.ReadAsync(transaction.Connection, now, cancellationToken);
        facts = facts with { Queues = queues.Take() };
        var findings = AlertRules.Evaluate(facts, open.Keys.ToHashSet());
        var raised = findings.Where(f => !open.ContainsKey(f.Key)).ToList();
        var holding = findings.Select(f => f.Key).ToHashSet();
        var over = open.Where(o => !holding.Contains(o.Key) && AlertRules.CanJudge(facts, o.Key)).Select(o => o.Value).ToList();
        if (raised.Count + over.Count == 0)
        {
            return (0, 0, facts.Missing);
        }

        foreach (var finding in raised)
        {
            Raise(transaction, finding, now);
        }

        foreach (var alert in over)
        {
            Clear(transaction, alert with { ClearedAt = now });
        }

        await transaction.CommitAsync(cancellationToken);
        return (raised.Count, over.Count, facts.Missing);
    }

    /// <summary>A person has seen it. One that is not open, or was acknowledged before, stays as it is.</summary>
    public async Task AcknowledgeAsync(AcknowledgeAlert command, CancellationToken cancellationToken)
    {
        await using var transaction = await database.BeginAsync(cancellationToken);
        if (await AcknowledgedAsync(transaction, command, cancellationToken) is { } acknowledged)
        {
            transaction.Publish(acknowledged, command.AlertId.Value);
            await transaction.CommitAsync(cancellationToken);
        }
    }

    static async Task<AlertAcknowledged?> AcknowledgedAsync(HvTransaction transaction, AcknowledgeAlert command, CancellationToken cancellationToken)
    {
        await using var update = new NpgsqlCommand(
            "UPDATE alerts SET acknowledged_at = $2, acknowledged_by = $3 WHERE id = $1 AND acknowledged_at IS NULL AND cleared_at IS NULL RETURNING rule, subject_name, vm_id, host_id",
            transaction.Connection, transaction.Transaction)
        {
            Parameters = { new() { Value = command.AlertId.Value }, new() { Value = command.Trail.RequestedAt.UtcDateTime }, new() { Value = command.Trail.RequestedBy } },
        };
        await using var reader = await update.ExecuteReaderAsync(cancellationToken);
        return !await reader.ReadAsync(cancellationToken) ? null : new AlertAcknowledged
        {
            AlertId = command.AlertId,
            Rule = reader.GetString(0),
            SubjectName = reader.IsDBNull(1) ? null : reader.GetString(1),
            VmId = reader.IsDBNull(2) ? null : new VmId(reader.GetGuid(2)),
            HostId = reader.IsDBNull(3) ? null : new HostId(reader.GetGuid(3)),
            Trail = command.Trail,
        };
    }

    static async Task<bool> TryLockAsync(HvTransaction transaction, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT pg_try_advisory_xact_lock(hashtextextended('hv-telemetry-alerts', 0))", transaction.Connection, transaction.Transaction);
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    static async Task<Dictionary<AlertKey, AlertCleared>> OpenAsync(HvTransaction transaction, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "SELECT id, rule, subject_kind, subject_id, subject_name, vm_id, host_id FROM alerts WHERE cleared_at IS NULL", transaction.Connection, transaction.Transaction);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var open = new Dictionary<AlertKey, AlertCleared>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var alert = new AlertCleared
            {
                AlertId = new(reader.GetGuid(0)),
                Rule = reader.GetString(1),
                SubjectKind = Enum.Parse<AlertSubjectKind>(reader.GetString(2)),
                SubjectId = Id(3),
                SubjectName = reader.IsDBNull(4) ? null : reader.GetString(4),
                VmId = Id(5) is { } vm ? new VmId(vm) : null,
                HostId = Id(6) is { } host ? new HostId(host) : null,
                ClearedAt = default,
            };
            open.Add(new(alert.Rule, alert.SubjectId), alert);
        }

        return open;

        Guid? Id(int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetGuid(ordinal);
    }

    static void Raise(HvTransaction transaction, Finding finding, DateTimeOffset now)
    {
        var raised = new AlertRaised
        {
            AlertId = AlertId.New(),
            Rule = finding.Rule,
            Severity = finding.Severity,
            SubjectKind = finding.SubjectKind,
            SubjectId = finding.SubjectId,
            SubjectName = finding.SubjectName,
            VmId = finding.Vm,
            HostId = finding.Host,
            Message = finding.Message,
            Advice = finding.Advice,
            RaisedAt = now,
        };
        transaction.Enlist(Command(
            """
            INSERT INTO alerts (id, rule, severity, subject_kind, subject_id, subject_name, vm_id, host_id, message, advice, raised_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            """,
            raised.AlertId.Value, raised.Rule, raised.Severity.ToString(), raised.SubjectKind.ToString(), raised.SubjectId, raised.SubjectName, raised.VmId?.Value, raised.HostId?.Value,
            raised.Message, raised.Advice, now.UtcDateTime));
        transaction.Publish(raised, raised.AlertId.Value);
    }

    static void Clear(HvTransaction transaction, AlertCleared cleared)
    {
        transaction.Enlist(Command("UPDATE alerts SET cleared_at = $2 WHERE id = $1", cleared.AlertId.Value, cleared.ClearedAt.UtcDateTime));
        transaction.Publish(cleared, cleared.AlertId.Value);
    }

    static NpgsqlBatchCommand Command(string sql, params object?[] values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
        }

        return command;
    }
}
