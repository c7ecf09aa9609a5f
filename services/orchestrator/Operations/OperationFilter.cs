using System.Globalization;
using System.Text;
using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Access;
using HvPlatform.Orchestrator.Http;
using Npgsql;

namespace HvPlatform.Orchestrator.Operations;

/// <summary>What a list of operations or migrations is filtered by. Always newest first.</summary>
internal sealed record OperationFilter
{
    /// <summary>What the caller may see.</summary>
    public required AccessScope Scope { get; init; }

    public VmId? Vm { get; init; }

    public HostId? Host { get; init; }

    public IReadOnlyList<string> Statuses { get; init; } = [];

    public IReadOnlyList<string> Kinds { get; init; } = [];

    /// <summary>Accepted then or later, and then or earlier.</summary>
    public DateTimeOffset? From { get; init; }

    public DateTimeOffset? To { get; init; }

    /// <summary>Exactly who asked.</summary>
    public string? RequestedBy { get; init; }

    /// <summary>As they stood then; null for now.</summary>
    public DateTimeOffset? AsOf { get; init; }

    /// <summary>True for those that have not ended, false for those that have.</summary>
    public bool? Open { get; init; }

    /// <summary>The parameters of <see cref="Read"/>.</summary>
    public static IReadOnlyList<QueryParameter> Parameters { get; } =
    [
        new("vm", "Of this VM.", "string", "uuid"),
        new("host", "On this host, as source or destination.", "string", "uuid"),
        new("status", "One or more statuses, separated by commas.") { Values = Enum.GetNames<OperationStatus>(), Many = true },
        new("open", "true: only those that have not ended; false: only those that have.", "boolean"),
        new("from", "Accepted at this instant or later.", "string", "date-time"),
        new("to", "Accepted at this instant or earlier.", "string", "date-time"),
        new("requestedBy", "Asked for by exactly this caller."),
        Http.AsOf.Parameter,
        PageCount.Parameter,
        PageParameters.Limit,
        PageParameters.Cursor,
    ];

    public static OperationFilter Read(QueryReader query, AccessScope scope, TimeProvider clock) => new()
    {
        Scope = scope,
        Vm = query.Guid("vm") is { } vm ? new VmId(vm) : null,
        Host = query.Guid("host") is { } host ? new HostId(host) : null,
        Statuses = query.Names<OperationStatus>("status"),
        Open = query.Bool("open"),
        From = query.Instant("from"),
        To = query.Instant("to"),
        RequestedBy = query.Text("requestedBy"),
        AsOf = Http.AsOf.Read(query, clock),
    };

    /// <summary>The table the list is of. For the past it is as of $1: this comes before <see cref="Where"/>.</summary>
    public string Source(NpgsqlCommand command)
    {
        if (AsOf is not { } asOf)
        {
            return "orchestrator.operations o";
        }

        command.Parameters.Add(new NpgsqlParameter { Value = asOf });
        return OperationPast.Source;
    }

    /// <summary>The conditions, order and limit over <c>orchestrator.operations o</c>; begins with AND, adds its parameters to the command.</summary>
    public string Where(NpgsqlCommand command, Cursor? after, int rows)
    {
        string Parameter(object value)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
            return string.Create(CultureInfo.InvariantCulture, $"${command.Parameters.Count}");
        }

        var sql = new StringBuilder(Scope.Operations("o.vm_id", "o.host_id", Parameter));
        if (Vm is { } vm)
        {
            sql.Append(" AND o.vm_id = ").Append(Parameter(vm.Value));
        }

        if (Host is { } host)
        {
            var parameter = Parameter(host.Value);
            sql.Append(CultureInfo.InvariantCulture, $" AND (o.host_id = {parameter} OR o.destination_host_id = {parameter})");
        }

        if (Statuses.Count > 0)
        {
            sql.Append(CultureInfo.InvariantCulture, $" AND o.status = ANY ({Parameter(Statuses.ToArray())})");
        }

        if (Kinds.Count > 0)
        {
            sql.Append(CultureInfo.InvariantCulture, $" AND o.kind = ANY ({Parameter(Kinds.ToArray())})");
        }

        if (From is { } from)
        {
            sql.Append(" AND o.accepted_at >= ").Append(Parameter(from));
        }

        if (To is { } to)
        {
            sql.Append(" AND o.accepted_at <= ").Append(Parameter(to));
        }

        if (RequestedBy is { } requestedBy)
        {
            sql.Append(" AND o.requested_by = ").Append(Parameter(requestedBy));
        }

        if (AsOf is not null)
        {
            // Only for the index: what was accepted later was not recorded yet. Two machines' clocks may differ a little.
            sql.Append(" AND o.accepted_at <= $1::timestamptz + interval '5 minutes'");
        }

        if (Open is { } open)
        {
            sql.Append(open ? " AND o.finished_at IS NULL" : " AND o.finished_at IS NOT NULL");
        }

        if (after is not null)
        {
            sql.Append(CultureInfo.InvariantCulture, $" AND (o.accepted_at, o.id) < ({Parameter(after.Value)}::text::timestamptz, {Parameter(after.Id)})");
        }

        sql.Append(CultureInfo.InvariantCulture, $" ORDER BY o.accepted_at DESC, o.id DESC LIMIT {Parameter(rows)}");
        return sql.ToString();
    }
}
