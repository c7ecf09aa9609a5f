using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Inventory.Vms;

/// <summary>A VM as the fleet knows it: the fold of its stream. A row of table <c>vms</c> with its rows of <c>placements</c>.</summary>
internal sealed record VmRecord
{
    public required VmId Id { get; init; }

    /// <summary>The stream's version.</summary>
    public required long Version { get; init; }

    /// <summary>As the host it lives on says.</summary>
    public required VmInfo Info { get; init; }

    /// <summary>Where it lives; with several placements, where it runs.</summary>
    public required HostId HostId { get; init; }

    public bool DuplicateRunning { get; init; }

    public DateTimeOffset? MissingSince { get; init; }

    public DateTimeOffset? DeletedAt { get; init; }

    public OperationId? OperationId { get; init; }

    public OperationKind? OperationKind { get; init; }

    public Trail? OperationTrail { get; init; }

    /// <summary>The migration in flight.</summary>
    public MigrationInFlight? Migration { get; init; }

    public DateTimeOffset? MigrationEndedAt { get; init; }

    public required DateTimeOffset DiscoveredAt { get; init; }

    public required DateTimeOffset ChangedAt { get; init; }

    /// <summary>One per host it was ever seen on, tombstones included.</summary>
    public required IReadOnlyList<PlacementRecord> Placements { get; init; }

    public PlacementRecord? On(HostId host) => Placements.FirstOrDefault(p => p.HostId == host);

    public bool IsMigratingOver(HostId host) => Migration is { } m && (m.Source == host || m.Destination == host);

    /// <summary>What a search looks through, lower case.</summary>
    public string SearchText() => string.Join(' ', [
        Info.Name.ToLowerInvariant(), Id.ToString(), HostId.ToString(), .. Info.Nics.Select(n => n.MacAddress.ToLowerInvariant()),
        .. Info.Details?.Guest is { } guest ? GuestText(guest) : []]);

    static IEnumerable<string> GuestText(VmGuest guest) =>
        [.. new[] { guest.OperatingSystem, guest.HostName }.OfType<string>().Select(text => text.ToLowerInvariant()), .. guest.Networks.SelectMany(network => network.Addresses)];

    /// <summary>Whether a reader of the fleet as of some moment sees the two as the same.</summary>
    public bool LooksLike(VmRecord? o) => o is not null
        && (Info.Name, Info.State, HostId, Info.Vcpus, Info.MemoryMiB, DuplicateRunning, MissingSince, DeletedAt, Migration?.Id)
        == (o.Info.Name, o.Info.State, o.HostId, o.Info.Vcpus, o.Info.MemoryMiB, o.DuplicateRunning, o.MissingSince, o.DeletedAt, o.Migration?.Id);

    /// <summary>Its disks as they are compared: in one order, and without what is allocated, which changes by itself.</summary>
    public IReadOnlyList<VmDisk> ComparedDisks() => [.. Info.Disks.Select(d => d with { AllocatedBytes = null }).OrderBy(d => d.Target, StringComparer.Ordinal)];

    /// <summary>Its network adapters as they are compared.</summary>
    public IReadOnlyList<VmNic> ComparedNics() => [.. Info.Nics.OrderBy(n => n.MacAddress, StringComparer.Ordinal)];

    /// <summary>Whether both have the same disks and network adapters.</summary>
    public bool HasDevicesOf(VmRecord? o) => o is not null
        && (ReferenceEquals(Info, o.Info) || (ComparedDisks().SequenceEqual(o.ComparedDisks()) && ComparedNics().SequenceEqual(o.ComparedNics())));
}

/// <summary>The part of a running migration that the VM's rules need.</summary>
internal sealed record MigrationInFlight(OperationId Id, HostId Source, HostId Destination, MigrationPhase Phase);
