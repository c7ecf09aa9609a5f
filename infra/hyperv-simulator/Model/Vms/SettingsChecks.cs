using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Model.Vms;

/// <summary>The documented ranges of a virtual machine's settings. What is outside is <see cref="MethodRefused"/> with invalid parameter.</summary>
internal sealed class SettingsChecks(SimulatedHyperVHost host, VmResources resources)
{
    private const int MaxNameLength = 100;

    /// <summary>Checks changed settings, as a part of their configuration.</summary>
    public void Check(VmConfiguration configuration, CimInstance settings, CimInstance before)
    {
        switch (settings.ClassName)
        {
            case "Msvm_VirtualSystemSettingData":
                System(configuration, settings);
                break;
            case "Msvm_ProcessorSettingData":
                Processor(settings);
                break;
            case "Msvm_MemorySettingData":
                Memory(configuration, settings);
                break;
            case "Msvm_StorageAllocationSettingData":
                Medium(settings, before);
                break;
            case "Msvm_SyntheticEthernetPortSettingData" or "Msvm_EmulatedEthernetPortSettingData":
                VmResources.CheckAddress(settings);
                break;
            case "Msvm_EthernetPortAllocationSettingData":
                OneOf(settings, "EnabledState", 2, 3);
                resources.CheckSwitch(settings);
                break;
            case "Msvm_SerialPortSettingData":
                Serial(settings);
                break;
            case "Msvm_SyntheticDisplayControllerSettingData":
                OneOf(settings, "ResolutionType", 2, 3, 4);
                Between(settings, "HorizontalResolution", 640, 7680);
                Between(settings, "VerticalResolution", 480, 4320);
                break;
            case "Msvm_SecuritySettingData":
                if (VmBuilder.GenerationOf(configuration.Settings) == 1 && settings.Boolean("TpmEnabled") == true)
                {
                    throw VmResources.Invalid("A virtual machine of generation 1 has no TPM.");
                }

                break;
            default:
                OneOf(settings, "EnabledState", 2, 3);
                OneOf(settings, "DefaultEnabledStatePolicy", 2, 3);
                break;
        }
    }

    /// <summary>Checks the name of a machine or a snapshot.</summary>
    public static void Name(CimInstance settings)
    {
        if (settings.String("ElementName") is not { Length: > 0 and <= MaxNameLength } name || name.All(char.IsWhiteSpace))
        {
            throw VmResources.Invalid($"ElementName is not a name of 1 to {MaxNameLength} characters.");
        }
    }

    private static void System(VmConfiguration configuration, CimInstance settings)
    {
        Name(settings);
        Between(settings, "AutomaticStartupAction", 2, 4);
        Between(settings, "AutomaticShutdownAction", 2, 4);
        Between(settings, "AutomaticRecoveryAction", 2, 4);
        Between(settings, "AutomaticCriticalErrorAction", 0, 1);
        Between(settings, "UserSnapshotType", 2, 5);
        Between(settings, "ConsoleMode", 0, 3);
        Between(settings, "EnhancedSessionTransportType", 0, 1);
        Between(settings, "LowMmioGapSize", 128, 3584);
        OneOf(settings, "NetworkBootPreferredProtocol", 4096, 4097);
        OneOf(settings, "GuestStateIsolationType", 0, 1, 2, 3, 16);
        OneOf(settings, "DebugPortEnabled", 0, 1, 2);
        if (settings["BIOSGUID"] is string id && !Guid.TryParse(id, out _))
        {
            throw VmResources.Invalid($"BIOSGUID is no id: {id}.");
        }

        if (VmBuilder.GenerationOf(settings) == 2)
        {
            if (settings.Array<ushort>("BootOrder").Count > 0 || !BootSources.IsWhole(configuration, settings.Array<string>("BootSourceOrder")))
            {
                throw VmResources.Invalid("BootSourceOrder does not name every boot source of the virtual machine once.");
            }

            if (!SecureBootTemplates.Knows(settings.String("SecureBootTemplateId")))
            {
                throw VmResources.Invalid($"This host has no Secure Boot template {settings.String("SecureBootTemplateId")}.");
            }
        }
        else if (settings.Boolean("SecureBootEnabled") == true || settings.Array<string>("BootSourceOrder").Count > 0
            || settings.Array<ushort>("BootOrder") is var order && (order.Distinct().Count() != order.Count || order.Count != 4 || order.Any(one => one > 4)))
        {
            throw VmResources.Invalid("BootOrder is not the four kinds of devices in some order, or something that only generation 2 has was given.");
        }
    }

    private void Processor(CimInstance settings)
    {
        Between(settings, "VirtualQuantity", 1, Math.Min(host.Options.Processors, 240));
        Between(settings, "Limit", 0, 100_000);
        Between(settings, "Reservation", 0, settings.Number("Limit") ?? 100_000);
        Between(settings, "Weight", 0, 10_000);
        Between(settings, "HwThreadsPerCore", 0, 2);
        Between(settings, "MaxProcessorsPerNumaNode", 1, 64);
        Between(settings, "MaxNumaNodesPerSocket", 1, 64);
        Between(settings, "ApicMode", 0, 3);
        if (settings.String("CpuGroupId") is { } group && !Guid.TryParse(group, out _))
        {
            throw VmResources.Invalid($"CpuGroupId is no id: {group}.");
        }
    }

    private static void Memory(VmConfiguration configuration, CimInstance settings)
    {
        var most = VmBuilder.GenerationOf(configuration.Settings) == 2 ? 12_582_912 : 1_048_576;
        Between(settings, "VirtualQuantity", 32, most);
        Between(settings, "TargetMemoryBuffer", 0, 2_000);
        Between(settings, "Weight", 0, 10_000);
        if (settings.Boolean("DynamicMemoryEnabled") == true)
        {
            Between(settings, "Reservation", 32, settings.Number("VirtualQuantity")!.Value);
            Between(settings, "Limit", settings.Number("VirtualQuantity")!.Value, most);
        }

        foreach (var amount in (string[])["VirtualQuantity", "Reservation", "Limit"])
        {
            if (settings.Number(amount) % 2 != 0)
            {
                throw VmResources.Invalid($"{amount} is not a multiple of 2 MB: {settings[amount]}.");
            }
        }
    }

    private void Medium(CimInstance settings, CimInstance before)
    {
        Between(settings, "IOPSLimit", 0, 1_000_000_000);
        Between(settings, "IOPSReservation", 0, settings.Number("IOPSLimit") is > 0 and { } limit ? limit : 1_000_000_000);
        if (!settings.Array<string>("HostResource").SequenceEqual(before.Array<string>("HostResource")))
        {
            resources.CheckFile(ResourceKinds.Of(settings)!, settings);
        }
    }

    private static void Serial(CimInstance settings)
    {
        var connection = settings.Array<string>("Connection").Where(one => one.Length > 0).ToArray();
        if (connection.Length > 1 || connection is [var pipe] && !IsPipe(pipe))
        {
            throw VmResources.Invalid(@"Connection is not one named pipe like \\.\pipe\name.");
        }

        settings["Connection"] = connection;
    }

    private static bool IsPipe(string text) => text.StartsWith(@"\\", StringComparison.Ordinal) && text[2..].Split('\\') is [{ Length: > 0 }, var kind, { Length: > 0 }, ..] && kind.Equals("pipe", StringComparison.OrdinalIgnoreCase);

    private static void Between(CimInstance settings, string property, long least, long most)
    {
        if (settings[property] is ulong and > long.MaxValue || (settings.Number(property) is { } value && (value < least || value > most)))
        {
            throw VmResources.Invalid($"{property} is not between {least} and {most}: {settings[property]}.");
        }
    }

    private static void OneOf(CimInstance settings, string property, params long[] values)
    {
        if (settings.Number(property) is { } value && !values.Contains(value))
        {
            throw VmResources.Invalid($"{property} is none of {string.Join(", ", values)}: {value}.");
        }
    }
}
