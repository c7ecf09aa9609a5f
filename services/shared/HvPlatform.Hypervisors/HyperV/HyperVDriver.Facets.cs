namespace HvPlatform.Hypervisors.HyperV;

/// <content>The facets. Each comes from a class of its own.</content>
public sealed partial class HyperVDriver
{
    /// <inheritdoc/>
    public IPowerDriver? Power => null;

    /// <inheritdoc/>
    public IDefinitionDriver? Definition => null;

    /// <inheritdoc/>
    public IMigrationDriver? Migration => null;

    /// <inheritdoc/>
    public IStatsDriver? Stats => null;
}
