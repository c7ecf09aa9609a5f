using HvPlatform.Contracts;

namespace HvPlatform.Orchestrator.Live;

/// <summary>What is told to those who listen now, and kept nowhere.</summary>
/// <param name="Type">One of <see cref="LiveTypes.Names"/>.</param>
/// <param name="Vms">The VMs it is about.</param>
/// <param name="Hosts">The hosts it is about.</param>
/// <param name="Json">Its data; of a sample, for the given VM only if one is given.</param>
internal sealed record LiveEvent(string Type, IReadOnlyCollection<VmId> Vms, IReadOnlyCollection<HostId> Hosts, Func<VmId?, string> Json);

/// <summary>The types of transient events.</summary>
internal static class LiveTypes
{
    public const string OperationChanged = "operation_changed";
    public const string MigrationProgressed = "migration_progressed";
    public const string VmSampled = "vm_sampled";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> Names { get; } = [MigrationProgressed, OperationChanged, VmSampled];
}
