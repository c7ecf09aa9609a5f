using System.Collections.Concurrent;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Evacuations;
using HvPlatform.Contracts.History;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Operations;
using HvPlatform.Contracts.Vms;
using HvPlatform.ServiceKit;
using HvPlatform.TestKit;
using MassTransit;

namespace HvPlatform.IntegrationTests.Orchestrator;

/// <summary>Reads the queues of hosts and of the saga, and the orchestrator's events, and remembers what came.</summary>
public sealed class Probe
{
    readonly ConcurrentQueue<object> messages = new();

    /// <summary>What hosts answer to questions; null for no answer.</summary>
    public Func<ReadVmKvp, object?>? Answer { get; set; }

    /// <summary>What came so far of one type.</summary>
    public IReadOnlyList<T> Of<T>() => [.. messages.OfType<T>()];

    /// <summary>The first message that fits, awaited.</summary>
    public async Task<T> NextAsync<T>(Func<T, bool> fits)
        where T : class
    {
        await Eventually.Until(() => messages.OfType<T>().Any(fits), $"a {typeof(T).Name} has come");
        return messages.OfType<T>().First(fits);
    }

    public HvModule Module(params HostId[] hosts) => new()
    {
        Name = "probe",
        Endpoints =
        [
            .. hosts.Select(host => new HvEndpoint(Queues.HostAgent(host), (_, queue) => HostCommands(queue)) { Transactional = false }),
            new HvEndpoint(Queues.MigrationSaga, (_, queue) =>
            {
                Take<BeginMigration>(queue);
                Take<CancelMigrationRequested>(queue);
                Take<MigrationCapacityReserved>(queue);
                Take<MigrationCapacityRefused>(queue);
                Take<MigrationCapacityDeferred>(queue);
                Take<ResolveMigrationRequested>(queue);
            })
            { Transactional = false },
            new HvEndpoint("probe", (_, queue) =>
            {
                Take<OperationAccepted>(queue);
                Take<OperationSucceeded>(queue);
                Take<OperationFailed>(queue);
                Take<CommandRejected>(queue);
                Take<CancelRejected>(queue);
                Take<MigrationResolveRejected>(queue);
                Take<HostMaintenanceChanged>(queue);
                Take<EvacuationRejected>(queue);
                Take<EvacuationCancelling>(queue);
                Take<EvacuationEnded>(queue);
                Take<AccessRefused>(queue);
                Take<SignedIn>(queue);
            })
            { Transactional = false },
        ],
    };

    void HostCommands(IReceiveEndpointConfigurator queue)
    {
        Take<StartVmOnHost>(queue);
        Take<ShutDownVmOnHost>(queue);
        Take<ForceOffVmOnHost>(queue);
        Take<PauseVmOnHost>(queue);
        Take<ResumeVmOnHost>(queue);
        Take<RebootVmOnHost>(queue);
        Take<DeleteVmOnHost>(queue);
        Take<DefineVmOnHost>(queue);
        Take<SaveVmOnHost>(queue);
        Take<ResetVmOnHost>(queue);
        Take<HibernateVmOnHost>(queue);
        Take<RenameVmOnHost>(queue);
        Take<ReconfigureVmOnHost>(queue);
        Take<CreateVmCheckpointOnHost>(queue);
        Take<ApplyVmCheckpointOnHost>(queue);
        Take<DeleteVmCheckpointOnHost>(queue);
        Take<WriteVmKvpOnHost>(queue);
        Take<CopyFileToVmOnHost>(queue);
        Take<MoveVmStorageOnHost>(queue);
        queue.Handler<ReadVmKvp>(context => Answer?.Invoke(context.Message) is { } answer ? context.RespondAsync(answer) : Task.CompletedTask);
    }

    void Take<T>(IReceiveEndpointConfigurator queue)
        where T : class => queue.Handler<T>(context =>
        {
            messages.Enqueue(context.Message);
            return Task.CompletedTask;
        });
}
