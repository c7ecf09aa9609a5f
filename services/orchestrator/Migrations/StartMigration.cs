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
/// <c>POST /v1/vms/{vmId}/migrations</c>: moves a VM to another host: live if it runs, cold if it is off. The accepting transaction looks at both hosts, counts the destination's
/// memory, and sends <see cref="BeginMigration"/> to the saga, which reserves the memory and runs the phases.
/// </summary>
internal static class StartMigration
{
    public static void Map(RouteGroupBuilder v1) => v1.MapPost("/vms/{vmId}/migrations", HandleAsync)
        .Takes<StartMigrationRequest>()
        .Commands("StartMigration", "Migrations", "Move a VM to another host: live if it runs, cold if it is off.", 404, 409);

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

        if (PolicyRules.Check(request.Policy, "policy.") is { Count: > 0 } errors)
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
}
