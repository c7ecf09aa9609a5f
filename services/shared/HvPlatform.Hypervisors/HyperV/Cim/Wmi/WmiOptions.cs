using System.Net;

namespace HvPlatform.Hypervisors.HyperV.Cim.Wmi;

/// <summary>How to reach a host's WMI service: this machine's own, or another's over DCOM.</summary>
public sealed record WmiOptions
{
    /// <summary>The host's name; null for this machine.</summary>
    public string? Host { get; init; }

    /// <summary>User, password and domain; null for the process's own account. Windows refuses credentials for the local machine.</summary>
    public NetworkCredential? Credential { get; init; }

    /// <summary>How long the host may take over one call.</summary>
    public TimeSpan OperationTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Calls at a time; each holds a thread, since WMI's calls block.</summary>
    public int MaxCalls { get; init; } = 4;
}
