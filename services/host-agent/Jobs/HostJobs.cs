using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Packages;
using HvPlatform.Contracts.Vms;
using HvPlatform.HostAgent.Journal;
using HvPlatform.HostAgent.Lifecycle;
using HvPlatform.HostAgent.Migrations;
using HvPlatform.HostAgent.Packages;

namespace HvPlatform.HostAgent.Jobs;

/// <summary>Every command the agent obeys, and every answer it gives. Nothing is found by scanning.</summary>
static class HostJobs
{
    static readonly Dictionary<string, Type> s_answers = new[]
    {
        typeof(VmCommandCompleted),
        typeof(VmCommandFailed),
        typeof(MigrationSourceChecked),
        typeof(MigrationDestinationChecked),
        typeof(MigrationDestinationPrepared),
        typeof(VmTransferEnded),
        typeof(MigratingVmInspected),
        typeof(MigrationFinishedOnDestination),
        typeof(MigrationConfirmedOnSource),
        typeof(MigrationDestinationCleanedUp),
        typeof(MigrationSourceRestored),
        typeof(MigrationStepFailed),
        typeof(ExportStepEnded),
        typeof(ImportStepEnded),
    }.ToDictionary(a => a.Name);

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
        new SaveVmJob(),
        new ResetVmJob(),
        new HibernateVmJob(),
        new RenameVmJob(),
        new ReconfigureVmJob(),
        new CreateCheckpointJob(),
        new ApplyCheckpointJob(),
        new DeleteCheckpointJob(),
        new WriteKvpJob(),
        new CopyFileToVmJob(),
        new MoveStorageJob(),
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
        new CheckExportJob(),
        new WriteExportJob(),
        new AbortExportJob(),
        new InspectExportJob(),
        new DiscardExportJob(),
        new CheckImportJob(),
        new PlanImportJob(),
        new ValidateImportJob(),
        new RealiseImportJob(),
        new AbortImportJob(),
        new InspectImportJob(),
        new DiscardImportJob(),
    ];

    public static HostJob? Find(string command) => All.FirstOrDefault(j => j.Name == command);

    /// <summary>False for an answer that only another version of the agent knows.</summary>
    public static bool IsAnswer(string result) => s_answers.ContainsKey(result);

    /// <summary>A journaled answer.</summary>
    public static object Answer(JobEnded ended) => ended.Body!.Value.Deserialize(s_answers[ended.Result!], HvJson.Options)!;

    public static JobEnded Ended(JobKey key, DateTimeOffset at, object? answer, Guid messageId) => answer is null
        ? new JobEnded(key, at, null, null, Guid.Empty)
        : new JobEnded(key, at, answer.GetType().Name, JsonSerializer.SerializeToElement(answer, answer.GetType(), HvJson.Options), messageId);
}
