using System.Collections.Concurrent;
using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Operations;
using HvPlatform.MigrationSaga.MigrateVm;
using HvPlatform.ServiceKit;
using MassTransit;

namespace HvPlatform.IntegrationTests.MigrationSaga;

/// <summary>Stands where the saga's messages go (hosts, the orchestrator, whoever listens to facts) and keeps what comes, in order, per place and operation.</summary>
sealed class SagaCapture(IReadOnlyList<HostId> hosts)
{
    readonly ConcurrentDictionary<(Guid Operation, string Place), ConcurrentQueue<string>> _came = new();

    public HvModule Module => new()
    {
        Name = "capture",
        Endpoints =
        [
            .. hosts.Select(host => Endpoint(Queues.HostAgent(host), Commands)),
            Endpoint(Queues.Orchestrator, queue => Take<ReserveMigrationCapacity>(queue, Queues.Orchestrator)),
            Endpoint("conformance-facts", (queue) =>
            {
                Take<MigrationStarted>(queue, Facts);
                Take<MigrationForecasted>(queue, Facts);
                Take<MigrationPhaseChanged>(queue, Facts);
                Take<MigrationInDoubt>(queue, Facts);
                Take<MigrationResolvedByOperator>(queue, Facts);
                Take<MigrationResolveRejected>(queue, Facts);
                Take<MigrationCompleted>(queue, Facts);
                Take<MigrationRolledBack>(queue, Facts);
                Take<MigrationFailed>(queue, Facts);
                Take<CancelRejected>(queue, Facts);
            }),
        ],
    };

    const string Facts = "facts";

    /// <summary>What came to each place.</summary>
    public SortedDictionary<string, List<string>> Of(OperationId operation) =>
        new(_came.Where(e => e.Key.Operation == operation.Value).ToDictionary(e => e.Key.Place, e => e.Value.ToList()), StringComparer.Ordinal);

    /// <summary>What decisions say should come.</summary>
    public static SortedDictionary<string, List<string>> Expected(IEnumerable<Effect> effects)
    {
        var expected = new SortedDictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var effect in effects)
        {
            (string Place, object Message)? sent = effect switch
            {
                SendToHost e => (Queues.HostAgent(e.Host), e.Command),
                SendToOrchestrator e => (Queues.Orchestrator, e.Request),
                PublishFact e => (Facts, e.Fact),
                _ => null,
            };
            if (sent is var (place, message))
            {
                expected.TryAdd(place, []);
                expected[place].Add(Line(message));
            }
        }

        return expected;
    }

    static string Line(object message) => $"{message.GetType().Name} {JsonSerializer.Serialize(message, message.GetType(), HvJson.Options)}";

    static HvEndpoint Endpoint(string queue, Action<IReceiveEndpointConfigurator> take) => new(queue, (_, q) => take(q)) { Transactional = false, Concurrency = 1, Prefetch = 1 };

    void Commands(IReceiveEndpointConfigurator queue)
    {
        var place = queue.InputAddress.AbsolutePath.Split('/')[^1];
        Take<CheckMigrationSource>(queue, place);
        Take<CheckMigrationDestination>(queue, place);
        Take<PrepareMigrationDestination>(queue, place);
        Take<TransferVm>(queue, place);
        Take<AbortVmTransfer>(queue, place);
        Take<InspectMigratingVm>(queue, place);
        Take<FinishMigrationOnDestination>(queue, place);
        Take<ConfirmMigrationOnSource>(queue, place);
        Take<CleanUpMigrationDestination>(queue, place);
        Take<RestoreMigrationSource>(queue, place);
    }

    void Take<T>(IReceiveEndpointConfigurator queue, string place)
        where T : class => queue.Handler<T>(context =>
        {
            var line = Line(context.Message);
            var operation = JsonSerializer.SerializeToElement(context.Message, HvJson.Options).GetProperty("operationId").GetGuid();
            _came.GetOrAdd((operation, place), _ => new()).Enqueue(line);
            return Task.CompletedTask;
        });
}
