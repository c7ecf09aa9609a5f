using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;

namespace HvPlatform.MigrationSaga;

static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Migration {Operation} of VM '{Vm}': {From} -> {To}")]
    public static partial void PhaseEntered(ILogger logger, OperationId operation, string vm, MigrationPhase from, MigrationPhase to);

    [LoggerMessage(2, LogLevel.Debug, "Migration {Operation}: {Message} changes nothing in phase {Phase}: {Why}")]
    public static partial void Ignored(ILogger logger, OperationId operation, string message, MigrationPhase phase, string why);
}
