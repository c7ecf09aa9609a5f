namespace HvPlatform.Contracts.Vms;

/// <summary>A VM's settings as its host has them now. What a hypervisor does not have is null.</summary>
public sealed record VmSettingsState
{
    /// <summary>The VM.</summary>
    public required VmId VmId { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The text kept with it.</summary>
    public string? Notes { get; init; }

    /// <summary>1 (BIOS) or 2 (UEFI) on Hyper-V.</summary>
    public int? Generation { get; init; }

    /// <summary>The version of its configuration.</summary>
    public string? Version { get; init; }

    /// <summary>Virtual processors.</summary>
    public required VmProcessorSettings Processor { get; init; }

    /// <summary>Memory.</summary>
    public required VmMemorySettings Memory { get; init; }

    /// <summary>Whether only signed boot loaders start.</summary>
    public bool? SecureBoot { get; init; }

    /// <summary>Whose signatures count: a template's name, or its id if that is not known.</summary>
    public string? SecureBootTemplate { get; init; }

    /// <summary>Whether it has a virtual TPM.</summary>
    public bool? Tpm { get; init; }

    /// <summary>Whether it is a shielded VM.</summary>
    public bool? Shielded { get; init; }

    /// <summary>Services between host and guest.</summary>
    public VmIntegrationSettings? Integration { get; init; }

    /// <summary>Where the firmware and early boot write.</summary>
    public VmConsoleMode? ConsoleMode { get; init; }

    /// <summary>Devices in the order they are tried.</summary>
    public IReadOnlyList<VmBootDevice> BootOrder { get; init; } = [];

    /// <summary>Disks and drives.</summary>
    public IReadOnlyList<VmDiskState> Disks { get; init; } = [];

    /// <summary>Network adapters.</summary>
    public IReadOnlyList<VmAdapterState> Adapters { get; init; } = [];

    /// <summary>Serial ports.</summary>
    public IReadOnlyList<VmSerialPort> SerialPorts { get; init; } = [];

    /// <summary>Whether it has never been started since it was made; null if the host cannot tell.</summary>
    public bool? NeverStarted { get; init; }

    /// <summary>How it is, in the host's words and language.</summary>
    public IReadOnlyList<string> OperationalStatus { get; init; } = [];
}
