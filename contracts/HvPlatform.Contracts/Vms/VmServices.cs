namespace HvPlatform.Contracts.Vms;

/// <summary>What a host and the guest of a VM offer each other.</summary>
public sealed record VmServices
{
    /// <summary>How an enhanced session would reach the guest: <c>VMBus</c> or <c>HvSocket</c>.</summary>
    public string? EnhancedSessionTransport { get; init; }

    /// <summary>Whether files may be copied into the guest.</summary>
    public bool? GuestServiceInterface { get; init; }

    /// <summary>Whether the guest's integration services fit the host's, in the host's words.</summary>
    public string? IntegrationServices { get; init; }
}
