using HvPlatform.Contracts.Hosts;

namespace HvPlatform.Hypervisors;

/// <summary>A host's virtual switches (facet <c>switches</c>).</summary>
public interface ISwitchesDriver
{
    /// <summary>All of them, by name.</summary>
    Task<HostSwitches> ListAsync(CancellationToken cancellationToken);
}
