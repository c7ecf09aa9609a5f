namespace HvPlatform.Contracts;

/// <summary>The names of the queues that commands are sent to. A quorum queue each on RabbitMQ.</summary>
public static class Queues
{
    /// <summary>Commands from other systems (<c>StartVm</c>, <c>MigrateVm</c> …) and replies the orchestrator waits for.</summary>
    public const string Orchestrator = "orchestrator";

    /// <summary>The migration saga's inputs.</summary>
    public const string MigrationSaga = "migration-saga";

    /// <summary>Facts from host agents and outcomes of operations, on their way into the history.</summary>
    public const string Inventory = "inventory";

    /// <summary>Facts that become time series.</summary>
    public const string Telemetry = "telemetry";

    /// <summary>Samples: not durable, limited in length and age.</summary>
    public const string Samples = "telemetry-samples";

    /// <summary>Commands for one host.</summary>
    public static string HostAgent(HostId host) => $"host-agent.{host.Value:D}";
}
