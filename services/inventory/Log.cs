using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;

namespace HvPlatform.Inventory;

/// <summary>Every log line of the service.</summary>
internal static partial class Log
{
    [LoggerMessage(LogLevel.Debug, "A report of host {HostId} with generation {Generation} is older than one already worked on and was dropped")]
    public static partial void OldReportDropped(ILogger logger, HostId hostId, long generation);

    [LoggerMessage(LogLevel.Warning, "The reports of host {HostId} are {Outcome}: its VMs are shown as last known. {Reason}")]
    public static partial void ReportNotComplete(ILogger logger, HostId hostId, HostReportOutcome outcome, string? reason);

    [LoggerMessage(LogLevel.Information, "{Count} VMs missing for longer than {Grace} were softly deleted")]
    public static partial void MissingDeleted(ILogger logger, int count, TimeSpan grace);

    [LoggerMessage(LogLevel.Warning, "Host {HostId} has been silent since {LastSeenAt}")]
    public static partial void HostSilent(ILogger logger, HostId hostId, DateTimeOffset lastSeenAt);

    [LoggerMessage(LogLevel.Error, "VM {VmId} runs on two hosts at once and no migration explains it: {HostIds}")]
    public static partial void DuplicateRunning(ILogger logger, VmId vmId, string hostIds);

    [LoggerMessage(LogLevel.Warning, "Host {HostId} refused {Command} of operation {OperationId} about VM {VmId}: epoch {Epoch} is older than {HighestEpoch}")]
    public static partial void CommandFenced(ILogger logger, HostId hostId, string command, OperationId operationId, VmId vmId, long epoch, long highestEpoch);

    [LoggerMessage(LogLevel.Warning, "Looking for missing VMs and silent hosts failed; tried again in {Interval}")]
    public static partial void SweepFailed(ILogger logger, TimeSpan interval, Exception exception);

    [LoggerMessage(LogLevel.Information, "Read models rebuilt from {Events} events: {Vms} VMs, {Hosts} hosts, {Operations} operations in {ElapsedMs} ms")]
    public static partial void Rebuilt(ILogger logger, long events, int vms, int hosts, int operations, long elapsedMs);
}
