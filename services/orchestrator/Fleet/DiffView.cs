using System.Text.Json;
using System.Text.Json.Serialization;
using HvPlatform.Contracts;

namespace HvPlatform.Orchestrator.Fleet;

/// <summary>What a difference between two instants is about.</summary>
[JsonConverter(typeof(TolerantEnumConverter<DiffKind>))]
internal enum DiffKind
{
    Unknown = 0,
    Host = 1,
    Vm = 2,
}

/// <summary>What became of a host or VM between two instants.</summary>
[JsonConverter(typeof(TolerantEnumConverter<DiffChange>))]
internal enum DiffChange
{
    Unknown = 0,

    /// <summary>It was not there at the first instant.</summary>
    Added = 1,

    /// <summary>It is not there at the second instant.</summary>
    Removed = 2,

    /// <summary>It was there at both, and differs.</summary>
    Changed = 3,

    /// <summary>A VM that differs in nothing but its host.</summary>
    Moved = 4,
}

/// <summary>What differs between two instants: a page of it.</summary>
internal sealed record DiffView
{
    public required DateTimeOffset From { get; init; }

    public required DateTimeOffset To { get; init; }

    /// <summary>Of the whole difference, not of this page.</summary>
    public required DiffSummary Summary { get; init; }

    /// <summary>Hosts by name, then VMs by name.</summary>
    public required IReadOnlyList<DiffItem> Items { get; init; }

    /// <summary>Pass it as <c>cursor</c> with the same other parameters to get the next page; absent on the last one.</summary>
    public string? NextCursor { get; init; }
}

/// <summary>How much differs.</summary>
internal sealed record DiffSummary
{
    public required int Added { get; init; }

    public required int Removed { get; init; }

    /// <summary>Changed or moved.</summary>
    public required int Changed { get; init; }

    /// <summary>Of the changed ones: VMs that differ in nothing but their host.</summary>
    public required int Moved { get; init; }
}

/// <summary>A host or VM that differs.</summary>
internal sealed record DiffItem
{
    public required DiffKind Kind { get; init; }

    public required Guid Id { get; init; }

    /// <summary>At the second instant; of a removed one at the first.</summary>
    public required string Name { get; init; }

    public required DiffChange Change { get; init; }

    /// <summary>The members that differ; of an added or removed one all that have a value.</summary>
    public required IReadOnlyList<DiffField> Fields { get; init; }

    public required string Url { get; init; }
}

/// <summary>A member that differs.</summary>
internal sealed record DiffField
{
    /// <summary>The member's name, as in the host or VM. Of a disk that came or went <c>disks.vdb</c>, of one that changed <c>disks.vda.capacityBytes</c>; adapters the same, by their MAC address: <c>nics.52:54:00:00:00:01.network</c>.</summary>
    public required string Field { get; init; }

    /// <summary>Its value at the first instant; absent if it had none.</summary>
    public JsonElement? Before { get; init; }

    /// <summary>Its value at the second instant; absent if it had none.</summary>
    public JsonElement? After { get; init; }
}
