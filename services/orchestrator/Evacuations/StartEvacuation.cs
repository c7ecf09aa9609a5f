using System.Globalization;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Access;
using HvPlatform.Contracts.Evacuations;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Access;
using HvPlatform.Orchestrator.Hosts;
using HvPlatform.Orchestrator.Http;
using HvPlatform.Orchestrator.Migrations;
using HvPlatform.Orchestrator.Store;
using HvPlatform.ServiceKit;

namespace HvPlatform.Orchestrator.Evacuations;

/// <summary>The body of <c>POST /v1/hosts/{id}/evacuations</c>.</summary>
internal sealed record EvacuationRequest
{
    /// <summary>Only show the plan; nothing is changed.</summary>
    public bool DryRun { get; init; }

    /// <summary>Most moves at a time.</summary>
    public int MaxConcurrent { get; init; } = 2;

    /// <summary>How often each VM is tried, on another host each time if there is one.</summary>
    public int MaxAttempts { get; init; } = 3;

    /// <summary>Nothing is begun after this long; time paused does not count.</summary>
    public int TimeoutSeconds { get; init; } = 86_400;

    /// <summary>How each migration may go about it.</summary>
    public MigrationPolicy Policy { get; init; } = new();

    /// <summary>The only hosts to move to; empty for every host that can take a VM.</summary>
    public IReadOnlyList<HostId> DestinationHostIds { get; init; } = [];

    /// <summary>In which order VMs leave.</summary>
    public EvacuationOrder Order { get; init; } = EvacuationOrder.SmallestFirst;

    public EvacuationSettings Settings() => new()
    {
        MaxConcurrent = MaxConcurrent,
        MaxAttempts = MaxAttempts,
        TimeoutSeconds = TimeoutSeconds,
        Policy = Policy,
        DestinationHostIds = DestinationHostIds,
        Order = Order,
    };

    /// <summary>What is wrong with settings.</summary>
    public static SortedDictionary<string, string[]> Validate(EvacuationSettings settings, string prefix)
    {
        var errors = PolicyRules.Check(settings.Policy, prefix + "policy.");
        void Range(int value, int max, string name, string unit)
        {
            if (value < 1 || value > max)
            {
                errors[prefix + name] = [string.Create(CultureInfo.InvariantCulture, $"must be 1 to {max}{unit}, found {value}")];
            }
        }

        Range(settings.MaxConcurrent, 1000, "maxConcurrent", "");
        Range(settings.MaxAttempts, 100, "maxAttempts", "");
        Range(settings.TimeoutSeconds, 31_536_000, "timeoutSeconds", " s");
        if (settings.Order is EvacuationOrder.Unknown)
        {
            errors[prefix + "order"] = ["must be SmallestFirst, LargestFirst or ByName"];
        }

        return errors;
    }
}

/// <summary>
/// <c>POST /v1/hosts/{id}/evacuations</c>: puts the host into maintenance and moves every VM away; 202 with the evacuation. With <c>dryRun</c> 200 with the plan,
/// and nothing is changed.
/// </summary>
internal static class StartEvacuation
{
    public static void Map(RouteGroupBuilder v1) => v1.MapPost("/hosts/{id}/evacuations", HandleAsync)
        .Takes<EvacuationRequest>()
        .Commands<EvacuationView>("StartEvacuation", "Evacuations", "Put a host into maintenance and move every VM away; or, with dryRun, show the plan.", 404, 409)
        .Produces<EvacuationPlanView>();

    static async Task<IResult> HandleAsync(
        string id, HttpContext http, CommandPipeline pipeline, EvacuationHandler handler, OrchestratorOptions options, TimeProvider clock,
        [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database, ObjectGroups groups)
    {
        if (!RouteIds.TryRead<HostId>(id, out var host, out var wrongId))
        {
            return Problems.Result(http, wrongId);
        }

        if (!(await JsonBody.ReadAsync<EvacuationRequest>(http, options.MaxBodyBytes)).Is(out var request, out var refusal))
        {
            return Problems.Result(http, refusal);
        }

        EvacuationSettings? settings = request.Settings();
        if (EvacuationRequest.Validate(settings, "") is { Count: > 0 } errors)
        {
            return Problems.Result(http, Refusals.Invalid(errors));
        }

        if (!(await WithinAsync(http, host, settings, groups)).Is(out settings, out var outside))
        {
            return Problems.Result(http, outside);
        }

        if (request.DryRun)
        {
            return await PlanAsync(http, handler, database, host, settings);
        }

        return await pipeline.RunAsync(
            http, request,
            async (tx, headers) =>
            {
                if (await GetHost.WhyChangedAsync(tx.Inner.Connection, host, headers.IfMatch, http.RequestAborted) is { } newer)
                {
                    return newer;
                }

                var command = new EvacuateHost { EvacuationId = EvacuationId.New(), HostId = host, Settings = settings, Trail = headers.Trail(clock.GetUtcNow()) };
                var outcome = await handler.StartAsync(new EvacuationTx(tx), command, http.RequestAborted);
                return outcome.Is(out var evacuation, out var refused) ? await EvacuationReader.ViewAsync(tx.Inner.Connection, evacuation, http.RequestAborted) : (Outcome<EvacuationView>)refused;
            },
            view => view.Url);
    }

    /// <summary>Keeps an evacuation to what its caller may operate: each VM on the host, and only hosts of the caller's groups as destinations.</summary>
    static async Task<Outcome<EvacuationSettings>> WithinAsync(HttpContext http, HostId host, EvacuationSettings settings, ObjectGroups groups)
    {
        var scope = http.OperatorScope();
        if (scope.All)
        {
            return settings;
        }

        if (await groups.VmsOutsideAsync(scope, host, http.RequestAborted) > 0)
        {
            return ObjectCheck.Forbidden(http.Caller(), AccessRole.Operator, "the groups of all VMs on the host");
        }

        if (settings.DestinationHostIds.Count > 0)
        {
            return settings;
        }

        HostId[] own = [.. (await groups.HostsAsync(scope, http.RequestAborted)).Where(h => h != host.Value).Select(h => new HostId(h))];
        return own.Length > 0 ? settings with { DestinationHostIds = own } : ObjectCheck.Forbidden(http.Caller(), AccessRole.Operator, "a group with another host");
    }

    static async Task<IResult> PlanAsync(HttpContext http, EvacuationHandler handler, ServiceDatabase database, HostId host, EvacuationSettings settings)
    {
        // One snapshot to read from; it is rolled back.
        await using var tx = await database.BeginAsync(http.RequestAborted);
        var outcome = await handler.ReadFleetAsync(new EvacuationTx(new OrchestratorTx(tx)), host, settings, http.RequestAborted);
        return outcome.Is(out var facts, out var refusal)
            ? Resources.Ok(EvacuationPlanView.Of(facts.Source, EvacuationPlan.Make(facts.Source, facts.Hosts, [.. facts.Vms.Where(v => !v.Deleted)], settings)))
            : Problems.Result(http, refusal);
    }
}
