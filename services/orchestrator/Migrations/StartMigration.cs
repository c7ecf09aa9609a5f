using System.Globalization;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Http;

namespace HvPlatform.Orchestrator.Migrations;

/// <summary>The body of <c>POST /v1/vms/{vmId}/migrations</c>.</summary>
internal sealed record StartMigrationRequest
{
    /// <summary>The host to move the VM to.</summary>
    public required HostId DestinationHostId { get; init; }

    /// <summary>How to go about it.</summary>
    public MigrationPolicy Policy { get; init; } = new();
}

/// <summary>
/// <c>POST /v1/vms/{vmId}/migrations</c>: live-migrates a running VM. The accepting transaction looks at both hosts, counts the destination's
/// memory, and sends <see cref="BeginMigration"/> to the saga, which reserves the memory and runs the phases.
/// </summary>
internal static class StartMigration
{
    public static void Map(RouteGroupBuilder v1) => v1.MapPost("/vms/{vmId}/migrations", HandleAsync)
        .Takes<StartMigrationRequest>()
        .Commands("StartMigration", "Migrations", "Live-migrate a running VM to another host.", 404, 409);

    static async Task<IResult> HandleAsync(
        string vmId, HttpContext http, CommandPipeline pipeline, OperationAcceptor acceptor, OrchestratorOptions options, TimeProvider clock)
    {
        if (!RouteIds.TryRead<VmId>(vmId, out var vm, out var wrongId))
        {
            return Problems.Result(http, wrongId);
        }

        if (!(await JsonBody.ReadAsync<StartMigrationRequest>(http, options.MaxBodyBytes)).Is(out var request, out var refusal))
        {
            return Problems.Result(http, refusal);
        }

        if (Validate(request.Policy, "policy.") is { Count: > 0 } errors)
        {
            return Problems.Result(http, Refusals.Invalid(errors));
        }

        return await pipeline.RunAsync(http, request, (tx, headers) => acceptor.AcceptAsync(
            tx,
            new OperationRequest
            {
                OperationId = OperationId.New(),
                Kind = OperationKind.MigrateVm,
                VmId = vm,
                Trail = headers.Trail(clock.GetUtcNow()),
                DestinationHostId = request.DestinationHostId,
                Policy = request.Policy,
                IfMatch = headers.IfMatch,
            },
            http.RequestAborted));
    }

    /// <summary>What is wrong with a policy.</summary>
    internal static SortedDictionary<string, string[]> Validate(MigrationPolicy policy, string prefix)
    {
        var errors = new SortedDictionary<string, string[]>(StringComparer.Ordinal);
        void Range(long? value, long min, long max, string name, string unit)
        {
            if (value < min || value > max)
            {
                errors[prefix + name] = [string.Create(CultureInfo.InvariantCulture, $"must be {min} to {max} {unit}, found {value}")];
            }
        }

        Range(policy.BandwidthMiBps, 1, 1_000_000, "bandwidthMiBps", "MiB/s");
        Range(policy.MaxDowntimeMs, 1, 2_000_000, "maxDowntimeMs", "ms");
        Range(policy.TimeoutSeconds, 1, 604_800, "timeoutSeconds", "s");
        return errors;
    }
}
