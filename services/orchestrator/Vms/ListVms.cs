using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Access;
using HvPlatform.Orchestrator.Http;
using HvPlatform.ServiceKit;

namespace HvPlatform.Orchestrator.Vms;

/// <summary><c>GET /v1/vms</c>: the fleet's VMs now, or as of a moment in the past.</summary>
internal static class ListVms
{
    static readonly IReadOnlyList<QueryParameter> Parameters =
    [
        new("search", "Text found in the name, an id, a MAC address, the guest's operating system, host name or IP addresses, or the host's name; upper and lower case are the same."),
        new("name", "Exactly this name."),
        new("state", "One or more states, separated by commas.") { Values = Enum.GetNames<VmState>(), Many = true },
        new("host", "A host's id or name."),
        new("guestOs", "Text found in the name of the guest's operating system; upper and lower case are the same."),
        new("generation", "1 or 2: only VMs of this generation.", "integer"),
        new("secureBoot", "true: only VMs with Secure Boot; false: only VMs without.", "boolean"),
        new("tpm", "true: only VMs with a virtual TPM; false: only VMs without.", "boolean"),
        new("vmVersion", "Only VMs of this configuration version, for example 10.0."),
        new("missing", "true: only VMs that no host reports any more; false: only the others.", "boolean"),
        new("stale", "true: only VMs whose host does not report at present, so that they are shown as last known; false: only the others.", "boolean"),
        new("deleted", "true: the deleted VMs instead of the living.", "boolean"),
        AsOf.Parameter,
        new("sort", "name (default), state, hostName, memoryMiB, vcpus or changedAt; a leading '-' turns the order round.")
        {
            Values = [.. VmSort.All.Select(s => s.Name), .. VmSort.All.Select(s => $"-{s.Name}")],
        },
        Fields.Parameter<VmSummary>(),
        PageCount.Parameter,
        PageParameters.Limit with { Description = "Items per page; 50 if not given, at most 500 (setting Orchestrator:MaxPageSize), with fields at most 5000." },
        PageParameters.Cursor,
    ];

    public static void Map(RouteGroupBuilder v1) => v1.MapGet("/vms", HandleAsync)
        .Reads<Page<VmSummary>>("ListVms", "VMs", "List VMs: search, filter, sort, page; now or as of a moment in the past.", Parameters).Scoped();

    static async Task<IResult> HandleAsync(
        HttpContext http, [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database, OrchestratorOptions options, TimeProvider clock)
    {
        var query = new QueryReader(http);
        var fields = Fields.Read<VmSummary>(query);
        var limit = PageParameters.Read(query, options, fields is null ? null : PageParameters.LimitOfFields);
        var cursor = Cursor.Read(query, http);
        var filter = ReadFilter(query, http.Scope(), clock) with { Fields = fields };
        var count = PageCount.Wanted(query, cursor);
        if (query.Refusal is { } refusal)
        {
            return Problems.Result(http, refusal);
        }

        await using var connection = await database.DataSource.OpenConnectionAsync(http.RequestAborted);
        var rows = await VmReader.ListAsync(connection, filter, cursor, limit + 1, http.RequestAborted);
        // A first page that is not full is the whole list.
        int? total = !count ? null : rows.Count <= limit ? rows.Count : await VmReader.CountAsync(connection, filter, http.RequestAborted);
        return Resources.Page(http, PageParameters.Cut(http, rows, limit) with { AsOf = filter.AsOf, Total = total }, fields);
    }

    static VmFilter ReadFilter(QueryReader query, AccessScope scope, TimeProvider clock)
    {
        var sorts = query.Names("sort", Parameters.Single(p => p.Name == "sort").Values!);
        if (sorts.Count > 1)
        {
            query.Wrong("sort", $"must be one order, found {sorts.Count}");
        }

        var sortText = sorts is [var first, ..] ? first : "name";
        var filter = new VmFilter
        {
            Scope = scope,
            Search = query.Text("search"),
            Name = query.Text("name", 255),
            States = query.Names<VmState>("state"),
            Host = query.Text("host", 255),
            GuestOs = query.Text("guestOs", 255),
            Generation = query.Int("generation", 0, 1, 2) is > 0 and var generation ? generation : null,
            SecureBoot = query.Bool("secureBoot"),
            Tpm = query.Bool("tpm"),
            VmVersion = query.Text("vmVersion", 20),
            Missing = query.Bool("missing"),
            Stale = query.Bool("stale"),
            Deleted = query.Bool("deleted") ?? false,
            AsOf = AsOf.Read(query, clock),
            Sort = VmSort.All.Single(s => s.Name == sortText.TrimStart('-')),
            Descending = sortText.StartsWith('-'),
        };
        if (filter is { AsOf: not null, Deleted: true })
        {
            query.Wrong("deleted", "cannot be combined with asOf: the past is shown without the VMs deleted by then");
        }

        if (filter is { AsOf: not null, Stale: not null })
        {
            query.Wrong("stale", "cannot be combined with asOf: whether a host reported in time is not kept");
        }

        if (filter is { AsOf: not null, HasDetails: true })
        {
            query.Wrong("asOf", "cannot be combined with guestOs, generation, secureBoot, tpm or vmVersion: the past is kept without them");
        }

        if (filter.AsOf is not null && !filter.Sort.InThePast)
        {
            query.Wrong("sort", $"by {filter.Sort.Name} cannot be combined with asOf");
        }

        return filter;
    }
}
