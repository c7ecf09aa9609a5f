using HvPlatform.Contracts;
using HvPlatform.Contracts.Packages;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Hosts;
using HvPlatform.Orchestrator.Http;

namespace HvPlatform.Orchestrator.Packages;

/// <summary>The body of <c>POST /v1/hosts/{id}/import</c>.</summary>
internal sealed record StartImportRequest
{
    /// <summary>With <c>settings.newId</c> false: the VM the export holds. Otherwise the id the VM is to have; one is made if it is left out.</summary>
    public VmId? VmId { get; init; }

    /// <summary>What and how.</summary>
    public required ImportSettings Settings { get; init; }
}

/// <summary><c>POST /v1/hosts/{id}/import</c>: makes a VM out of an export on a host. The accepting transaction hands it to the saga.</summary>
internal static class StartImport
{
    public static void Map(RouteGroupBuilder v1) => v1.MapPost("/hosts/{id}/import", HandleAsync)
        .Takes<StartImportRequest>()
        .Commands("StartImport", "Exports", "Make a VM out of an export on a host.", 404, 409);

    static async Task<IResult> HandleAsync(
        string id, HttpContext http, CommandPipeline pipeline, OperationAcceptor acceptor, OrchestratorOptions options, TimeProvider clock)
    {
        if (!RouteIds.TryRead<HostId>(id, out var host, out var wrongId))
        {
            return Problems.Result(http, wrongId);
        }

        if (!(await JsonBody.ReadAsync<StartImportRequest>(http, options.MaxBodyBytes)).Is(out var request, out var refusal))
        {
            return Problems.Result(http, refusal);
        }

        var errors = PackageRules.Check(request.Settings, "settings.");
        if (!request.Settings.NewId && request.VmId is null)
        {
            errors["vmId"] = ["is required with newId false: the VM that the export holds"];
        }

        if (errors.Count > 0)
        {
            return Problems.Result(http, Refusals.Invalid(errors));
        }

        var vm = request.VmId ?? new VmId(Guid.NewGuid());
        return await pipeline.RunAsync(http, request, async (tx, headers) =>
            await GetHost.WhyChangedAsync(tx.Inner.Connection, host, headers.IfMatch, http.RequestAborted) is { } newer ? newer : await acceptor.AcceptAsync(
                tx,
                new OperationRequest
                {
                    OperationId = OperationId.New(),
                    Kind = OperationKind.ImportVm,
                    VmId = vm,
                    Trail = headers.Trail(clock.GetUtcNow()),
                    DefineOn = host,
                    Import = request.Settings,
                },
                http.RequestAborted));
    }
}
