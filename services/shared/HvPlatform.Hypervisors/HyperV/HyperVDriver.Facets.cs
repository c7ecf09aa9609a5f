namespace HvPlatform.Hypervisors.HyperV;

/// <content>The facets. Each comes from a class of its own.</content>
public sealed partial class HyperVDriver
{
    /// <inheritdoc/>
    public IPowerDriver? Power => power;

    /// <inheritdoc/>
    public IDefinitionDriver? Definition => field ??= new HyperVDefinition(connector, services, GetAsync);

    /// <inheritdoc/>
    public IMigrationDriver? Migration => migration;

    /// <inheritdoc/>
    public IStatsDriver? Stats { get; private set; }

    /// <summary>Why there is no <see cref="Stats"/>, in the host's words; null if there is. Looked at again whenever the capabilities are read.</summary>
    public string? NoFigures { get; private set; }

    /// <inheritdoc/>
    public ISettingsDriver? Settings => field ??= new HyperVSettings(connector, services);

    /// <inheritdoc/>
    public ICheckpointsDriver? Checkpoints => field ??= new HyperVCheckpoints(connector, services);

    /// <inheritdoc/>
    public IGuestDriver? Guest => field ??= new HyperVGuest(connector, services);

    /// <inheritdoc/>
    public IConsoleDriver? Console => field ??= new HyperVConsole(connector, services);

    /// <inheritdoc/>
    public IExportDriver? Export => field ??= new HyperVExport(connector, services, GetAsync);

    /// <inheritdoc/>
    public IStorageDriver? Storage => field ??= new HyperVStorageMove(connector, GetAsync);

    /// <inheritdoc/>
    public ISwitchesDriver? Switches => field ??= new HyperVSwitches(connector);
}
