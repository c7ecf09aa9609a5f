namespace HvPlatform.Contracts.Migrations;

/// <summary>What a Hyper-V destination must know of the VM beside the common facts.</summary>
public sealed record HyperVSourceFacts
{
    /// <summary>The configuration's version, for example <c>9.0</c>; null if the host has none.</summary>
    public string? Version { get; init; }

    /// <summary>The processor vendor of the source, for example <c>GenuineIntel</c>.</summary>
    public string? ProcessorVendor { get; init; }

    /// <summary>The VM is kept to the processor features that every host of the vendor has.</summary>
    public bool ProcessorCompatibility { get; init; } = false;

    /// <summary>What the source's hypervisor says of the VM's processor, as the destination's hypervisor takes it (<c>GetSystemCompatibilityInfo</c>), base 64; null if it does not say.</summary>
    public string? CompatibilityInfo { get; init; }

    /// <summary>Names of the virtual switches that its adapters are connected to.</summary>
    public IReadOnlyList<string> Switches { get; init; } = [];

    /// <summary>Disks that are copied to the destination, and where to; those not named stay where they are and are reached from there.</summary>
    public IReadOnlyList<HyperVDiskMove> Disks { get; init; } = [];

    /// <summary>Saved before it moves: <see cref="MigrationSourceFacts.Vm"/> tells the state it then has.</summary>
    public bool ToSuspended { get; init; } = false;
}
