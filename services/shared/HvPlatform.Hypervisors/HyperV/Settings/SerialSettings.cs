using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>Serial ports, <c>Msvm_SerialPortSettingData.Connection</c>: one named pipe, or none. The two ports are told apart by their names, COM 1 and COM 2.</summary>
internal sealed class SerialSettings : SettingGroup
{
    private const string Class = "Msvm_SerialPortSettingData";

    public override VmSettingsState Read(SettingsContext context, VmSettingsState state) => state with
    {
        SerialPorts = [.. Ports(context).Select((port, i) => new VmSerialPort { Number = i + 1, Pipe = port.Array<string>("Connection") is [var pipe, ..] ? pipe : "" })],
    };

    public override void Plan(SettingsContext context, VmSettings wanted, SettingsPlan plan)
    {
        var ports = Ports(context);
        foreach (var change in wanted.SerialPorts ?? [])
        {
            if (change.Number < 1 || change.Number > ports.Count)
            {
                throw HyperVErrors.Validation("serialPorts.number", $"VM {context.Machine.Name} has the serial ports 1 to {ports.Count}, found {change.Number}.", context.Machine.Where);
            }

            if (change.Pipe.Length > 0 && !IsPipe(change.Pipe))
            {
                throw HyperVErrors.Validation("serialPorts.pipe", $@"must be \\.\pipe\NAME or \\HOST\pipe\NAME, found '{HyperVErrors.Short(change.Pipe)}'.", context.Machine.Where);
            }

            plan.Set(ports[change.Number - 1], "Connection", change.Pipe.Length == 0 ? Array.Empty<string>() : new[] { change.Pipe });
        }
    }

    private static List<CimInstance> Ports(SettingsContext context) =>
        [.. context.Of(Class).OrderBy(p => p.String("ElementName"), StringComparer.Ordinal).ThenBy(p => p.String("InstanceID"), StringComparer.Ordinal)];

    private static bool IsPipe(string text) =>
        text.StartsWith(@"\\", StringComparison.Ordinal) && text[2..].Split('\\') is [{ Length: > 0 }, var pipe, { Length: > 0 }] && pipe.Equals("pipe", StringComparison.OrdinalIgnoreCase) && !text.Any(char.IsControl);
}
