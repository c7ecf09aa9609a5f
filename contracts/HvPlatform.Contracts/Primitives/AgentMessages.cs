using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Packages;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Contracts;

/// <summary>What host agents may say to everybody. A joined agent's user at the broker has the right to publish these and nothing else.</summary>
public static class AgentMessages
{
    /// <summary>Start of the names of the queues that answers to questions come back to; each process of the platform has one of its own.</summary>
    public const string AnswerQueues = "hv.answers.";

    /// <summary>Every message an agent publishes.</summary>
    public static IReadOnlyList<Type> Published { get; } =
    [
        typeof(HostRegistered),
        typeof(HostHeartbeat),
        typeof(HostReported),
        typeof(HostSampled),
        typeof(HostAgentStopping),
        typeof(HostJobAccepted),
        typeof(HostCommandRefused),
        typeof(VmObserved),
        typeof(VmGone),
        typeof(VmCommandCompleted),
        typeof(VmCommandFailed),
        typeof(MigrationSourceChecked),
        typeof(MigrationDestinationChecked),
        typeof(MigrationDestinationPrepared),
        typeof(MigrationProgressed),
        typeof(VmTransferEnded),
        typeof(MigratingVmInspected),
        typeof(MigrationFinishedOnDestination),
        typeof(MigrationConfirmedOnSource),
        typeof(MigrationDestinationCleanedUp),
        typeof(MigrationSourceRestored),
        typeof(MigrationStepFailed),
        typeof(ExportProgressed),
        typeof(ExportStepEnded),
        typeof(VmExportInspected),
        typeof(ImportProgressed),
        typeof(ImportStepEnded),
        typeof(VmImportInspected),
    ];
}
