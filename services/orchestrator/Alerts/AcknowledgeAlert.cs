using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Http;
using HvPlatform.Orchestrator.Store;
using Command = HvPlatform.Contracts.Alerts.AcknowledgeAlert;

namespace HvPlatform.Orchestrator.Alerts;

/// <summary><c>POST /v1/alerts/{id}/acknowledge</c>: somebody looks after it. It stays until its cause is gone.</summary>
internal static class AcknowledgeAlert
{
    public static void Map(RouteGroupBuilder v1) => v1.MapPost("/alerts/{id}/acknowledge", HandleAsync)
        .Begins<AlertView>("AcknowledgeAlert", "Alerts", "Say that somebody looks after an alert.", 404);

    static async Task<IResult> HandleAsync(string id, HttpContext http, CommandPipeline pipeline, TimeProvider clock)
    {
        if (!RouteIds.TryRead<AlertId>(id, out var alert, out var wrongId))
        {
            return Problems.Result(http, wrongId);
        }

        return await pipeline.RunAsync(
            http, null,
            async (tx, headers) =>
            {
                if (await FindAsync(tx, alert, http.RequestAborted) is not { } found)
                {
                    return (Outcome<AlertView>)Refusals.AlertNotFound(alert);
                }

                if (found is not { ClearedAt: null, AcknowledgedAt: null })
                {
                    return found;
                }

                var trail = headers.Trail(clock.GetUtcNow());
                tx.Inner.Send(Queues.Telemetry, new Command { AlertId = alert, Trail = trail }, alert.Value);
                return found with { AcknowledgedAt = trail.RequestedAt, AcknowledgedBy = trail.RequestedBy };
            },
            _ => "/v1/alerts");
    }

    static async Task<AlertView?> FindAsync(OrchestratorTx tx, AlertId alert, CancellationToken cancellationToken)
    {
        await using var command = tx.Inner.Command($"SELECT {AlertView.Columns} FROM telemetry.alerts a WHERE a.id = $1", alert.Value);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? AlertView.Read(reader) : null;
    }
}
