using System.Text.Json.Serialization;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Vms;
using HvPlatform.Orchestrator.Http;

namespace HvPlatform.Orchestrator.Vms;

/// <summary>A VM in a list.</summary>
internal record VmSummary
{
    public required VmId Id { get; init; }

    /// <summary>Grows with every event about the VM.</summary>
    public required long Version { get; init; }

    public required string Name { get; init; }

    public required VmState State { get; init; }

    public required HostId HostId { get; init; }

    /// <summary>Absent until the host has registered.</summary>
    public string? HostName { get; init; }

    public required int Vcpus { get; init; }

    public required long MemoryMiB { get; init; }

    /// <summary>True for a VM of the built-in simulated hypervisor: no such VM really exists.</summary>
    public required bool Simulated { get; init; }

    /// <summary>Two hosts say that it runs and no migration explains it.</summary>
    public required bool DuplicateRunning { get; init; }

    /// <summary>No host reports it any more since then.</summary>
    public DateTimeOffset? MissingSince { get; init; }

    public DateTimeOffset? DeletedAt { get; init; }

    /// <summary>The migration in flight.</summary>
    public OperationId? MigrationId { get; init; }

    /// <summary>When its host last confirmed this, by the host's clock; absent in a view of the past.</summary>
    public DateTimeOffset? ObservedAt { get; init; }

    /// <summary>True when the host is silent, stopped or cannot ask its hypervisor: then this is what was last known. Absent in a view of the past.</summary>
    public bool? Stale { get; init; }

    /// <summary>What else its host knows of its configuration and its guest; absent in a view of the past.</summary>
    public VmDetails? Details { get; init; }

    /// <summary>The newest figures; absent in a view of the past.</summary>
    public VmFigures? Figures { get; init; }

    [JsonPropertyOrder(10)]
    public string Url => Urls.Vm(Id);
}

/// <summary>A VM by itself.</summary>
internal sealed record VmDetail : VmSummary
{
    public string? StateReason { get; init; }

    public HypervisorKind? HostKind { get; init; }

    public required IReadOnlyList<VmDisk> Disks { get; init; }

    public required IReadOnlyList<VmNic> Nics { get; init; }

    public required bool Persistent { get; init; }

    /// <summary>The operation in flight.</summary>
    public OperationId? OperationId { get; init; }

    public OperationKind? OperationKind { get; init; }

    public HostId? MigrationSourceHostId { get; init; }

    public HostId? MigrationDestinationHostId { get; init; }

    public MigrationPhase? MigrationPhase { get; init; }

    public DateTimeOffset? MigrationEndedAt { get; init; }

    public required DateTimeOffset DiscoveredAt { get; init; }

    public required DateTimeOffset ChangedAt { get; init; }

    /// <summary>When its host was last heard of; absent in a view of the past.</summary>
    public DateTimeOffset? HostLastSeenAt { get; init; }

    /// <summary>The instant this is the view of; absent for now.</summary>
    public DateTimeOffset? AsOf { get; init; }

    /// <summary>In a view of the past: the members that are absent because they have no history.</summary>
    public IReadOnlyList<string>? NotKept { get; init; }
}
