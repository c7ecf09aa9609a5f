namespace HvPlatform.HyperVSimulator.Model.Migration;

/// <summary>How far a migration is.</summary>
internal enum MigrationState
{
    /// <summary>The destination was not asked yet.</summary>
    Preparing,

    /// <summary>Memory and disks are being copied; the virtual machine is on the source.</summary>
    Copying,

    /// <summary>The virtual machine is on the destination. No way back.</summary>
    SwitchedOver,

    /// <summary>Failed or cancelled; the virtual machine is on the source, nothing is left on the destination.</summary>
    GivenUp,
}
