namespace HvPlatform.Contracts.Hosts;

/// <summary>Asks a host for its virtual switches; answered with <see cref="HostSwitches"/>.</summary>
public sealed record ReadHostSwitches : IHostQuestion
{
    /// <inheritdoc/>
    public required HostId HostId { get; init; }
}
