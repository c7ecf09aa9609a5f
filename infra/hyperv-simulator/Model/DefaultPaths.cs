namespace HvPlatform.HyperVSimulator.Model;

/// <summary>Where Hyper-V puts files when nothing else is said.</summary>
public static class DefaultPaths
{
    /// <summary>Configurations: <c>Msvm_VirtualSystemManagementServiceSettingData.DefaultExternalDataRoot</c>.</summary>
    public const string ExternalDataRoot = @"C:\ProgramData\Microsoft\Windows\Hyper-V";

    /// <summary>Disks: <c>DefaultVirtualHardDiskPath</c>.</summary>
    public const string VirtualHardDisks = @"C:\Users\Public\Documents\Hyper-V\Virtual hard disks";
}
