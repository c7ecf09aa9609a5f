using MassTransit;

namespace HvPlatform.MigrationSaga.Packages;

/// <summary>The saga's row: what MassTransit needs, and the <see cref="PackageJob"/> that decisions are made on.</summary>
public abstract class PackageState : SagaStateMachineInstance
{
    /// <summary>The operation's id.</summary>
    public Guid CorrelationId { get; set; }

    /// <summary>The phase's name.</summary>
    public string CurrentState { get; set; } = "";

    /// <summary>Null only before the first decision.</summary>
    public PackageJob? Job { get; set; }

    /// <summary>Messages decided on so far: numbers the record's rows.</summary>
    public int Inputs { get; set; }
}
