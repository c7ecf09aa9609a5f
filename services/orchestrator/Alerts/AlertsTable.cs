using Npgsql;

namespace HvPlatform.Orchestrator.Alerts;

/// <summary>The telemetry service's table of alerts. Where that service has never run there is none, and no alert either.</summary>
internal static class AlertsTable
{
    public const string Name = "telemetry.alerts";

    /// <summary>What a count by severity gives where there is no table.</summary>
    public const string None = "SELECT '', 0, 0 WHERE false";

    public static async Task<bool> IsThereAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = connection.Command($"SELECT to_regclass('{Name}') IS NOT NULL");
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}
