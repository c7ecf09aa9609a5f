using HvPlatform.Contracts;
using HvPlatform.Contracts.Alerts;
using Npgsql;

namespace HvPlatform.Orchestrator.Alerts;

/// <summary>An alert as the API shows it.</summary>
internal sealed record AlertView
{
    public required AlertId Id { get; init; }

    /// <summary>Which rule, for example <c>host-unreachable</c>.</summary>
    public required string Rule { get; init; }

    public required AlertSeverity Severity { get; init; }

    public required AlertSubjectKind SubjectKind { get; init; }

    /// <summary>The id of the host, VM, operation, agent or webhook; missing for a queue, which has only a name.</summary>
    public Guid? SubjectId { get; init; }

    public string? SubjectName { get; init; }

    /// <summary>The VM concerned, if one is.</summary>
    public VmId? VmId { get; init; }

    /// <summary>The host concerned, if one is.</summary>
    public HostId? HostId { get; init; }

    /// <summary>What is wrong, in a sentence.</summary>
    public required string Message { get; init; }

    /// <summary>What to do next.</summary>
    public required string Advice { get; init; }

    public required DateTimeOffset RaisedAt { get; init; }

    public DateTimeOffset? AcknowledgedAt { get; init; }

    public string? AcknowledgedBy { get; init; }

    /// <summary>When its cause was gone; missing while it is open.</summary>
    public DateTimeOffset? ClearedAt { get; init; }

    /// <summary>What <see cref="Read"/> reads, of a table called <c>a</c>.</summary>
    public const string Columns = "a.id, a.rule, a.severity, a.subject_kind, a.subject_id, a.subject_name, a.vm_id, a.host_id, a.message, a.advice, a.raised_at, a.acknowledged_at, a.acknowledged_by, a.cleared_at";

    public static AlertView Read(NpgsqlDataReader reader) => new()
    {
        Id = new(reader.GetGuid(0)),
        Rule = reader.GetString(1),
        Severity = reader.Enum<AlertSeverity>(2),
        SubjectKind = reader.Enum<AlertSubjectKind>(3),
        SubjectId = reader.IsDBNull(4) || reader.GetString(1) == "queue-errors" ? null : reader.GetGuid(4),
        SubjectName = reader.Text(5),
        VmId = reader.IsDBNull(6) ? null : new VmId(reader.GetGuid(6)),
        HostId = reader.IsDBNull(7) ? null : new HostId(reader.GetGuid(7)),
        Message = reader.GetString(8),
        Advice = reader.GetString(9),
        RaisedAt = reader.Instant(10),
        AcknowledgedAt = reader.InstantOrNull(11),
        AcknowledgedBy = reader.Text(12),
        ClearedAt = reader.InstantOrNull(13),
    };
}
