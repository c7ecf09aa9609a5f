using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Packages;

namespace HvPlatform.MigrationSaga;

static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Migration {Operation} of VM '{Vm}': {From} -> {To}")]
    public static partial void PhaseEntered(ILogger logger, OperationId operation, string vm, MigrationPhase from, MigrationPhase to);

    [LoggerMessage(2, LogLevel.Debug, "Migration {Operation}: {Message} changes nothing in phase {Phase} ({Reason}): {Why}")]
    public static partial void Ignored(ILogger logger, OperationId operation, string message, MigrationPhase phase, string reason, string why);

    [LoggerMessage(3, LogLevel.Warning, "The timers of {Count} migrations were lost and are armed again: {Operations}. Look into the error queue of migration-saga")]
    public static partial void TimersRearmed(ILogger logger, int count, string operations);

    [LoggerMessage(4, LogLevel.Warning, "Looking after the migrations' rows failed; tried again in {Seconds} s")]
    public static partial void UpkeepFailed(ILogger logger, Exception exception, double seconds);

    [LoggerMessage(5, LogLevel.Information, "{Count} migrations that ended long ago were forgotten")]
    public static partial void Pruned(ILogger logger, int count);

    [LoggerMessage(7, LogLevel.Information, "The {Noun} {Operation} of VM '{Vm}': {From} -> {To}")]
    public static partial void PackagePhaseEntered(ILogger logger, string noun, OperationId operation, string vm, PackagePhase from, PackagePhase to);

    [LoggerMessage(8, LogLevel.Debug, "Operation {Operation}: {Message} changes nothing in phase {Phase} ({Reason}): {Why}")]
    public static partial void PackageIgnored(ILogger logger, OperationId operation, string message, PackagePhase phase, string reason, string why);

    [LoggerMessage(6, LogLevel.Error, "Migration {Operation} of VM '{Vm}' is in doubt and a person may have to act: {Unknown}")]
    public static partial void NeedsAPerson(ILogger logger, OperationId operation, string vm, string unknown);
}
