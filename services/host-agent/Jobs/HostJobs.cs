using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Vms;
using HvPlatform.HostAgent.Journal;
using HvPlatform.HostAgent.Lifecycle;
using HvPlatform.HostAgent.Migrations;
using HvPlatform.ServiceKit.Bus;
using MassTransit;

namespace HvPlatform.HostAgent.Jobs;

/// <summary>Every command the agent obeys, and every answer it gives. Nothing is found by scanning.</summary>
static class HostJobs
{
    static readonly Dictionary<string, Func<IBus, JsonElement, Guid, Guid, CancellationToken, Task>> s_answers = new[]
    {
        Answer<VmCommandCompleted>(),
        Answer<VmCommandFailed>(),
        Answer<MigrationSourceChecked>(),
        Answer<MigrationDestinationChecked>(),
        Answer<MigrationDestinationPrepared>(),
        Answer<VmTransferEnded>(),
        Answer<MigratingVmInspected>(),
        Answer<MigrationFinishedOnDestination>(),
        Answer<MigrationConfirmedOnSource>(),
        Answer<MigrationDestinationCleanedUp>(),
        Answer<MigrationSourceRestored>(),
        Answer<MigrationStepFailed>(),
    }.ToDictionary(a => a.Name, a => a.PublishAsync);

    public static IReadOnlyList<HostJob> All { get; } =
    [
        new StartVmJob(),
        new ForceOffVmJob(),
        new ShutDownVmJob(),
        new RebootVmJob(),
        new PauseVmJob(),
        new ResumeVmJob(),
        new DefineVmJob(),
        new DeleteVmJob(),
        new CheckSourceJob(),
        new CheckDestinationJob(),
        new PrepareDestinationJob(),
        new TransferJob(),
        new AbortTransferJob(),
        new InspectJob(),
        new FinishDestinationJob(),
        new ConfirmSourceJob(),
        new CleanUpDestinationJob(),
        new RestoreSourceJob(),
    ];

    public static HostJob? Find(string command) => All.FirstOrDefault(j => j.Name == command);

    /// <summary>False for an answer that only another version of the agent knows.</summary>
    public static bool IsAnswer(string result) => s_answers.ContainsKey(result);

    /// <summary>Publishes a journaled answer; returns when the broker has it.</summary>
    public static Task PublishAsync(IBus bus, JobEnded ended, VmId vm, Guid messageId, CancellationToken cancellationToken) =>
        s_answers[ended.Result!](bus, ended.Body!.Value, vm.Value, messageId, cancellationToken);

    public static JobEnded Ended(JobKey key, DateTimeOffset at, object? answer) => answer is null
        ? new JobEnded(key, at, null, null, Guid.Empty)
        : new JobEnded(key, at, answer.GetType().Name, JsonSerializer.SerializeToElement(answer, answer.GetType(), HvJson.Options), Guid.CreateVersion7());

    static (string Name, Func<IBus, JsonElement, Guid, Guid, CancellationToken, Task> PublishAsync) Answer<T>() where T : class => (
        typeof(T).Name,
        (bus, body, key, messageId, cancellationToken) => bus.PublishKeyedAsync(body.Deserialize<T>(HvJson.Options)!, key, cancellationToken, messageId));
}
