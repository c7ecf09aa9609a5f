using System.Text.Json;

namespace HvPlatform.Cli.Demo;

/// <summary>What <c>hv demo --json</c> prints. Times in ms.</summary>
internal sealed record DemoReport
{
    public required Guid VmId { get; init; }

    /// <summary>The source host's name.</summary>
    public required string Source { get; init; }

    /// <summary>The destination host's name.</summary>
    public required string Destination { get; init; }

    /// <summary>From the request's acceptance to the saga's end.</summary>
    public required long TotalMs { get; init; }

    /// <summary>How long the guest stood still, as the hypervisor measured.</summary>
    public required long? DowntimeMs { get; init; }

    public required long? TransferredBytes { get; init; }

    public required IReadOnlyList<DemoPhase> Phases { get; init; }

    /// <summary>The same guest moved by plain <c>virsh migrate</c> in the same run, by wall clock; null for another hypervisor than libvirt's.</summary>
    public long? RawVirshTotalMs { get; init; }

    /// <summary>Events in the VM's history.</summary>
    public required int HistoryEvents { get; init; }

    /// <summary>One line; unlike the API's form it keeps members that are null, so that a reader finds all of them.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, JsonSerializerOptions.Web);
}

/// <summary>A phase and its time.</summary>
internal sealed record DemoPhase(string Name, double Ms);
