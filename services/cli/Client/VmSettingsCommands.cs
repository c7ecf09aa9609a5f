using System.CommandLine;

namespace HvPlatform.Cli.Client;

/// <summary><c>hv vm set</c>, <c>hv vm disk</c> and <c>hv vm nic</c>: each sends one change of settings.</summary>
internal static class VmSettingsCommands
{
    const long BytesPerGiB = 1L << 30;

    /// <summary><c>hv vm set VM …</c>.</summary>
    public static Command Set()
    {
        var (vm, output, wait) = (ClientCommands.Vm(), Output.Option(), ClientCommands.Wait());
        var notes = new Option<string?>("--notes") { Description = "A text kept with the VM." };
        var cpus = new Option<int?>("--cpus") { Description = "Virtual processors." };
        var reservation = new Option<double?>("--cpu-reservation") { Description = "Share of each virtual processor kept for the VM, %." };
        var limit = new Option<double?>("--cpu-limit") { Description = "Most that each virtual processor may use, %." };
        var cpuWeight = new Option<int?>("--cpu-weight") { Description = "Weight against other VMs, 1 to 10000." };
        var memory = new Option<long?>("--memory") { Description = "Memory at start, MiB." };
        var dynamic = new Option<bool?>("--dynamic-memory") { Description = "Whether memory is given and taken as needed: true or false." };
        var minimum = new Option<long?>("--memory-min") { Description = "Least dynamic memory, MiB." };
        var maximum = new Option<long?>("--memory-max") { Description = "Most dynamic memory, MiB." };
        var buffer = new Option<int?>("--memory-buffer") { Description = "Memory kept above what the guest uses, %." };
        var memoryWeight = new Option<int?>("--memory-weight") { Description = "Weight against other VMs, 0 to 10000." };
        var secureBoot = new Option<bool?>("--secure-boot") { Description = "Whether only signed boot loaders start: true or false." };
        var boot = new Option<string[]?>("--boot") { Description = "Boot devices in the order they are tried, by the ids hv vm settings shows.", AllowMultipleArgumentsPerToken = true };
        var heartbeat = new Option<bool?>("--heartbeat") { Description = "Whether the guest's heartbeat is watched: true or false." };
        var guestServices = new Option<bool?>("--guest-services") { Description = "Whether files may be copied into the guest: true or false." };
        var console = new Option<string?>("--console") { Description = "Where the firmware writes: Graphics, Com1, Com2 or None." };
        var com1 = new Option<string?>("--com1") { Description = @"Named pipe of serial port 1, \\.\pipe\NAME; empty for none." };
        var com2 = new Option<string?>("--com2") { Description = "Named pipe of serial port 2." };
        console.AcceptOnlyFromAmong("Graphics", "Com1", "Com2", "None");
        var command = new Command("set", "Changes a VM's settings: those that are given.")
        {
            vm, notes, cpus, reservation, limit, cpuWeight, memory, dynamic, minimum, maximum, buffer, memoryWeight, secureBoot, boot, heartbeat, guestServices, console, com1, com2, wait, output,
        };
        command.SetAction((parsed, ct) =>
        {
            object[] ports = [.. new[] { (Number: 1, Pipe: parsed.GetValue(com1)), (Number: 2, Pipe: parsed.GetValue(com2)) }.Where(p => p.Pipe is not null).Select(p => new { number = p.Number, pipe = p.Pipe })];
            var body = Group(
                ("notes", parsed.GetValue(notes)),
                ("processor", Group(("count", parsed.GetValue(cpus)), ("reservationPercent", parsed.GetValue(reservation)), ("limitPercent", parsed.GetValue(limit)), ("weight", parsed.GetValue(cpuWeight)))),
                ("memory", Group(
                    ("startupMiB", parsed.GetValue(memory)), ("dynamic", parsed.GetValue(dynamic)), ("minimumMiB", parsed.GetValue(minimum)), ("maximumMiB", parsed.GetValue(maximum)),
                    ("bufferPercent", parsed.GetValue(buffer)), ("weight", parsed.GetValue(memoryWeight)))),
                ("firmware", Group(("secureBoot", parsed.GetValue(secureBoot)), ("bootOrder", parsed.GetValue(boot) is { Length: > 0 } order ? order : null))),
                ("integration", Group(("heartbeat", parsed.GetValue(heartbeat)), ("guestServices", parsed.GetValue(guestServices)))),
                ("serialPorts", ports.Length > 0 ? ports : null),
                ("consoleMode", parsed.GetValue(console)));
            return VmCommands.PostAsync(parsed, vm, "settings", body ?? [], wait, output, ct);
        });
        return command;
    }

    /// <summary><c>hv vm disk create|attach|detach|resize</c>.</summary>
    public static Command Disk()
    {
        var sizeToCreate = new Option<double?>("--size") { Description = "Its size, GiB.", Required = true };
        var sizeToResize = new Option<double?>("--size") { Description = "Its new size, GiB.", Required = true };
        return new("disk", "Disks of a VM.")
        {
            Disk("create", "Create", "Makes a disk file and attaches it.", sizeToCreate, withPlace: true), Disk("attach", "Add", "Attaches a disk file that exists.", null, withPlace: true),
            Disk("detach", "Remove", "Detaches a disk; its file stays.", null, withPlace: false), Disk("resize", "Change", "Gives a disk another size.", sizeToResize, withPlace: false),
        };
    }

    /// <summary><c>hv vm nic add|set|remove</c>.</summary>
    public static Command Adapter() => new("nic", "Network adapters of a VM.")
    {
        Adapter("add", "Add", "Adds a network adapter.", "Its name.", changes: true), Adapter("set", "Change", "Changes a network adapter.", "Its id, MAC address or name.", changes: true),
        Adapter("remove", "Remove", "Removes a network adapter.", "Its id, MAC address or name.", changes: false),
    };

    static Command Disk(string verb, string action, string what, Option<double?>? size, bool withPlace)
    {
        var (vm, output, wait) = (ClientCommands.Vm(), Output.Option(), ClientCommands.Wait());
        var path = new Argument<string>("path") { Description = "The disk's file on the host." };
        var controller = new Option<string?>("--controller") { Description = "SCSI or IDE; what the VM boots from if not given." };
        var number = new Option<int?>("--controller-number") { Description = "Which controller, from 0." };
        var location = new Option<int?>("--location") { Description = "Which place on it, from 0." };
        controller.AcceptOnlyFromAmong("SCSI", "IDE");
        var command = new Command(verb, what) { vm, path };
        Option[] options = [.. size is null ? [] : new Option[] { size }, .. withPlace ? new Option[] { controller, number, location } : [], wait, output];
        options.ToList().ForEach(command.Add);
        command.SetAction((parsed, ct) =>
        {
            var bytes = size is null ? null : (long?)(parsed.GetValue(size) * BytesPerGiB);
            var change = Group(
                ("action", action), ("path", parsed.GetValue(path)), ("capacityBytes", bytes), ("controller", withPlace ? parsed.GetValue(controller) : null),
                ("controllerNumber", withPlace ? parsed.GetValue(number) : null), ("location", withPlace ? parsed.GetValue(location) : null));
            return VmCommands.PostAsync(parsed, vm, "settings", new { disks = new[] { change } }, wait, output, ct);
        });
        return command;
    }

    static Command Adapter(string verb, string action, string what, string which, bool changes)
    {
        var (vm, output, wait) = (ClientCommands.Vm(), Output.Option(), ClientCommands.Wait());
        var adapter = new Argument<string>("adapter") { Description = which };
        var mac = new Option<string?>("--mac") { Description = "The MAC address; empty to let the host give one." };
        var virtualSwitch = new Option<string?>("--switch") { Description = "The switch to connect it to, by name or id; empty to disconnect it." };
        var vlan = new Option<int?>("--vlan") { Description = "The VLAN, 1 to 4094; 0 for none." };
        var command = new Command(verb, what) { vm, adapter };
        Option[] options = [.. changes ? new Option[] { mac, virtualSwitch, vlan } : [], wait, output];
        options.ToList().ForEach(command.Add);
        command.SetAction((parsed, ct) =>
        {
            var change = Group(
                ("action", action), ("adapter", parsed.GetValue(adapter)), ("macAddress", changes ? parsed.GetValue(mac) : null), ("switch", changes ? parsed.GetValue(virtualSwitch) : null),
                ("vlanId", changes ? parsed.GetValue(vlan) : null));
            return VmCommands.PostAsync(parsed, vm, "settings", new { adapters = new[] { change } }, wait, output, ct);
        });
        return command;
    }

    /// <summary>The members that are given; null if none is.</summary>
    static Dictionary<string, object?>? Group(params (string Name, object? Value)[] members) =>
        members.Where(m => m.Value is not null).ToDictionary(m => m.Name, m => m.Value) is { Count: > 0 } given ? given : null;
}
