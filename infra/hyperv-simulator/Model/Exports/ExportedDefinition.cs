using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Model.Exports;

/// <summary>The content of a configuration file (<c>.vmcx</c>): a virtual machine's, or a snapshot's. Never changed.</summary>
/// <param name="Settings">The settings, with the paths and directories of the export.</param>
/// <param name="Resources">The resources likewise.</param>
/// <param name="HasRuntime">The state of the running guest is beside it (<c>.vmrs</c>).</param>
/// <param name="LastAppliedSnapshotId">As in <see cref="SimulatedVm.LastAppliedSnapshotId"/>.</param>
internal sealed record ExportedDefinition(CimInstance Settings, IReadOnlyList<CimInstance> Resources, bool HasRuntime, string? LastAppliedSnapshotId)
{
    /// <summary>The configuration, for whoever wants to change it.</summary>
    public VmConfiguration ToConfiguration() => new(Settings, [.. Resources]);
}
