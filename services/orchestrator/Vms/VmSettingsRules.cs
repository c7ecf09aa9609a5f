using System.Globalization;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Orchestrator.Vms;

/// <summary>Everything wrong with a change of settings that can be told without asking a host.</summary>
internal static class VmSettingsRules
{
    const int MostChanges = 64;
    const int LongestNotes = 64 * 1024;
    const long MostMemoryMiB = 64L * 1024 * 1024;
    const long MostDiskBytes = 64L << 40;

    public static void Check(VmSettings asked, TextRules rules)
    {
        rules.Need(asked != new VmSettings(), "$", "must change something");
        rules.Lines(asked.Notes, "notes", LongestNotes);
        rules.Range(asked.Processor?.Count, "processor.count", 1, 4096);
        rules.Range(asked.Processor?.ReservationPercent, "processor.reservationPercent", 0, 100);
        rules.Range(asked.Processor?.LimitPercent, "processor.limitPercent", 0, 100);
        rules.Range(asked.Processor?.Weight, "processor.weight", 1, 10_000);
        rules.Need(asked.Processor is not { ReservationPercent: { } reserved, LimitPercent: { } limit } || reserved <= limit, "processor.reservationPercent", "must not be above processor.limitPercent");
        CheckMemory(asked.Memory, rules);
        rules.Need(asked.Firmware?.BootOrder is not { Count: 0 or > MostChanges }, "firmware.bootOrder", $"must be 1 to {MostChanges} devices");
        rules.Need(asked.Firmware?.BootOrder is not { } order || order.Distinct().Count() == order.Count, "firmware.bootOrder", "must not name a device twice");
        Each(asked.Firmware?.BootOrder, "firmware.bootOrder", rules, (device, path) => rules.Line(device, path, 1024));
        Each(asked.Disks, "disks", rules, (disk, path) => CheckDisk(disk, path, rules));
        Each(asked.Adapters, "adapters", rules, (adapter, path) => CheckAdapter(adapter, path, rules));
        Each(asked.SerialPorts, "serialPorts", rules, (port, path) =>
        {
            rules.Range(port.Number, $"{path}.number", 1, 2);
            rules.Line(port.Pipe, $"{path}.pipe", 256, required: false);
        });
        rules.Need(asked.ConsoleMode is null or (not VmConsoleMode.Unknown), "consoleMode", "must be Graphics, Com1, Com2 or None");
    }

    static void CheckMemory(VmMemorySettings? memory, TextRules rules)
    {
        rules.Range(memory?.StartupMiB, "memory.startupMiB", 1, MostMemoryMiB);
        rules.Range(memory?.MinimumMiB, "memory.minimumMiB", 1, MostMemoryMiB);
        rules.Range(memory?.MaximumMiB, "memory.maximumMiB", 1, MostMemoryMiB);
        rules.Range(memory?.BufferPercent, "memory.bufferPercent", 5, 2000);
        rules.Range(memory?.Weight, "memory.weight", 0, 10_000);
        rules.Need(memory is not { MinimumMiB: { } least, StartupMiB: { } start } || least <= start, "memory.minimumMiB", "must not be above memory.startupMiB");
        rules.Need(memory is not { MaximumMiB: { } most, StartupMiB: { } begin } || begin <= most, "memory.maximumMiB", "must not be below memory.startupMiB");
    }

    static void CheckDisk(VmDiskChange disk, string path, TextRules rules)
    {
        rules.Need(disk.Action != VmDeviceAction.Unknown, $"{path}.action", "must be Create, Add, Change or Remove");
        rules.Line(disk.Path, $"{path}.path", 4096);
        rules.Range(disk.CapacityBytes, $"{path}.capacityBytes", 1, MostDiskBytes);
        rules.Need(disk.Action is not (VmDeviceAction.Create or VmDeviceAction.Change) || disk.CapacityBytes is not null, $"{path}.capacityBytes", "is needed to create or resize a disk");
        rules.Need(disk.Controller is null or "SCSI" or "IDE", $"{path}.controller", "must be SCSI or IDE");
        rules.Range(disk.ControllerNumber, $"{path}.controllerNumber", 0, 3);
        rules.Range(disk.Location, $"{path}.location", 0, 63);
    }

    static void CheckAdapter(VmAdapterChange adapter, string path, TextRules rules)
    {
        rules.Need(adapter.Action is VmDeviceAction.Add or VmDeviceAction.Change or VmDeviceAction.Remove, $"{path}.action", "must be Add, Change or Remove");
        rules.Line(adapter.Adapter, $"{path}.adapter", 255);
        rules.Need(adapter.MacAddress is null or "" || IsMacAddress(adapter.MacAddress), $"{path}.macAddress", $"must be six pairs of hexadecimal digits in lower case with colons, found '{Shorten(adapter.MacAddress)}'");
        rules.Line(adapter.Switch, $"{path}.switch", 255, required: false);
        rules.Range(adapter.VlanId, $"{path}.vlanId", 0, 4094);
    }

    static bool IsMacAddress(string text) => text.Length == 17 && text.Select((c, i) => i % 3 == 2 ? c == ':' : c is (>= '0' and <= '9') or (>= 'a' and <= 'f')).All(ok => ok);

    static string? Shorten(string? text) => text is { Length: > 40 } ? text[..40] + "…" : text;

    static void Each<T>(IReadOnlyList<T>? items, string path, TextRules rules, Action<T, string> check)
    {
        rules.Need(items is null || items.Count <= MostChanges, path, string.Create(CultureInfo.InvariantCulture, $"must be at most {MostChanges}, found {items?.Count}"));
        for (var i = 0; i < Math.Min(items?.Count ?? 0, MostChanges); i++)
        {
            check(items![i], string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]"));
        }
    }
}
