namespace HvPlatform.Contracts.Vms;

/// <summary>Firmware of a VM. What is null stays as it is.</summary>
public sealed record VmFirmwareSettings
{
    /// <summary>Whether only signed boot loaders start (generation 2, VM off).</summary>
    public bool? SecureBoot { get; init; }

    /// <summary>Devices in the order they are tried, each a boot device's id from the VM's settings; those left out follow in their present order.</summary>
    public IReadOnlyList<string>? BootOrder { get; init; }
}
