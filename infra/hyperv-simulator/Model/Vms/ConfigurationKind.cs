namespace HvPlatform.HyperVSimulator.Model.Vms;

/// <summary>Whose configuration it is.</summary>
internal enum ConfigurationKind
{
    /// <summary>A virtual machine's.</summary>
    Realized,

    /// <summary>A planned virtual machine's.</summary>
    Planned,

    /// <summary>A snapshot's.</summary>
    Snapshot,
}
