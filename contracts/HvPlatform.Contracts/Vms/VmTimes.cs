namespace HvPlatform.Contracts.Vms;

/// <summary>Moments in a VM's life, UTC, to the second.</summary>
public sealed record VmTimes
{
    /// <summary>When it was created.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>When it was last started; null while it does not run and the host does not say.</summary>
    public DateTimeOffset? BootedAt { get; init; }

    /// <summary>Since when it is off; null while it runs.</summary>
    public DateTimeOffset? ShutDownAt { get; init; }
}
