namespace HvPlatform.Contracts.Vms;

/// <summary>What a VM's serial port is connected to.</summary>
public sealed record VmSerialPort
{
    /// <summary>Which port: 1 or 2.</summary>
    public required int Number { get; init; }

    /// <summary>The named pipe, <c>\\.\pipe\NAME</c>; empty for none.</summary>
    public required string Pipe { get; init; }
}
