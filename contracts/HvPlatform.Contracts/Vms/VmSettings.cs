namespace HvPlatform.Contracts.Vms;

/// <summary>Changes of a VM's settings. What is null stays as it is; a driver that cannot change a member refuses with its name, before anything is changed.</summary>
public sealed record VmSettings
{
    /// <summary>A text kept with the VM; empty for none.</summary>
    public string? Notes { get; init; }

    /// <summary>Virtual processors.</summary>
    public VmProcessorSettings? Processor { get; init; }

    /// <summary>Memory.</summary>
    public VmMemorySettings? Memory { get; init; }

    /// <summary>Firmware and boot order.</summary>
    public VmFirmwareSettings? Firmware { get; init; }

    /// <summary>Services between host and guest.</summary>
    public VmIntegrationSettings? Integration { get; init; }

    /// <summary>Disks, one after another.</summary>
    public IReadOnlyList<VmDiskChange>? Disks { get; init; }

    /// <summary>Network adapters, one after another.</summary>
    public IReadOnlyList<VmAdapterChange>? Adapters { get; init; }

    /// <summary>Serial ports.</summary>
    public IReadOnlyList<VmSerialPort>? SerialPorts { get; init; }

    /// <summary>Where the firmware and early boot write.</summary>
    public VmConsoleMode? ConsoleMode { get; init; }
}
