using HvPlatform.Hypervisors.HyperV.Cim.WsMan;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>How to reach a Hyper-V host and what is true of it that it does not say itself.</summary>
public sealed record HyperVOptions
{
    /// <summary>How to reach it over WS-Management; null for this machine's own Hyper-V through WMI (Windows only).</summary>
    public WsManOptions? Remote { get; init; }

    /// <summary>
    /// Folders that every host of the fleet reaches under the same path with the same contents (SMB shares, cluster shared volumes). Paths are compared without case.
    /// </summary>
    public IReadOnlyList<string> SharedPaths { get; init; } = [];

    /// <summary>The name or address other hosts migrate to; null takes the host's name.</summary>
    public string? MigrationHost { get; init; }

    /// <summary>Most migrations at a time, in or out, if that is less than the host's own limit; null for the host's own.</summary>
    public int? MaxConcurrentMigrations { get; init; }

    /// <summary>Bandwidth that all migrations in and out may use together, MiB/s; null for no limit.</summary>
    public int? MaxMigrationBandwidthMiBps { get; init; }

    /// <summary>Time between two looks for changes.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>What this host is called in messages before its name is known: its address.</summary>
    public string Where => Remote?.Address.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped) ?? "this machine";
}
