using System.CommandLine;
using HvPlatform.ApiClient;
using HvPlatform.Cli.Client.Following;
using HvPlatform.Cli.Client.Output;

namespace HvPlatform.Cli.Client.Verbs;

/// <summary><c>hv vm settings</c>, <c>hv vm set</c>, <c>hv vm disk</c> and <c>hv vm nic</c>: each of the last three sends one change of settings.</summary>
internal static class VmSettingsVerbs
{
    const long BytesPerGiB = 1L << 30;

    public static Command Show(Cli cli)
    {
        var vm = Find.VmArgument();
        return cli.Verb("settings", "Shows a VM's settings as its host has them now.", [vm], async run =>
        {
            var answer = await run.Api.GetVmSettingsAsync(await Find.VmAsync(run, run.Get(vm)), cancellationToken: run.Cancelled);
            run.Print.One(answer.Json, answer.Value.Name, () => Details.Of(answer.Json));
            return ExitCodes.Done;
        });
    }

    public static Command Set(Cli cli)
    {
        var vm = Find.VmArgument();
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
        return cli.Do("set", "Changes a VM's settings: those that are given.",
            [vm, notes, cpus, reservation, limit, cpuWeight, memory, dynamic, minimum, maximum, buffer, memoryWeight, secureBoot, boot, heartbeat, guestServices, console, com1, com2], async run =>
            {
                var ports = new[] { (Number: 1, Pipe: run.Get(com1)), (Number: 2, Pipe: run.Get(com2)) }.Where(p => p.Pipe is not null).Select(p => new VmSerialPort { Number = p.Number, Pipe = p.Pipe! }).ToList();
                return await SendAsync(run, vm, new()
                {
                    Notes = run.Get(notes),
                    Processor = Given(new VmProcessorSettings { Count = run.Get(cpus), ReservationPercent = run.Get(reservation), LimitPercent = run.Get(limit), Weight = run.Get(cpuWeight) }),
                    Memory = Given(new VmMemorySettings
                    {
                        StartupMiB = run.Get(memory),
                        Dynamic = run.Get(dynamic),
                        MinimumMiB = run.Get(minimum),
                        MaximumMiB = run.Get(maximum),
                        BufferPercent = run.Get(buffer),
                        Weight = run.Get(memoryWeight),
                    }),
                    Firmware = Given(new VmFirmwareSettings { SecureBoot = run.Get(secureBoot), BootOrder = run.Get(boot) is { Length: > 0 } order ? order : null }),
                    Integration = Given(new VmIntegrationSettings { Heartbeat = run.Get(heartbeat), GuestServices = run.Get(guestServices) }),
                    SerialPorts = ports.Count > 0 ? ports : null,
                    ConsoleMode = run.Get(console) is { } mode ? Enum.Parse<VmConsoleMode>(mode) : null,
                });
            });
    }

    /// <summary><c>hv vm disk create|attach|detach|resize</c>.</summary>
    public static Command Disk(Cli cli)
    {
        static Option<double?> Size(string what) => new("--size") { Description = what, Required = true, HelpName = "GIB" };
        return Cli.Group("disk", "Disks of a VM.",
        [
            Disk(cli, "create", VmDeviceAction.Create, "Makes a disk file and attaches it.", Size("Its size, GiB."), withPlace: true),
            Disk(cli, "attach", VmDeviceAction.Add, "Attaches a disk file that exists.", null, withPlace: true),
            Disk(cli, "detach", VmDeviceAction.Remove, "Detaches a disk; its file stays.", null, withPlace: false),
            Disk(cli, "resize", VmDeviceAction.Change, "Gives a disk another size.", Size("Its new size, GiB."), withPlace: false),
        ]);
    }

    /// <summary><c>hv vm nic add|set|remove</c>.</summary>
    public static Command Adapter(Cli cli) => Cli.Group("nic", "Network adapters of a VM.",
    [
        Adapter(cli, "add", VmDeviceAction.Add, "Adds a network adapter.", "Its name.", changes: true),
        Adapter(cli, "set", VmDeviceAction.Change, "Changes a network adapter.", "Its id, MAC address or name.", changes: true),
        Adapter(cli, "remove", VmDeviceAction.Remove, "Removes a network adapter.", "Its id, MAC address or name.", changes: false),
    ]);

    static Command Disk(Cli cli, string verb, VmDeviceAction action, string what, Option<double?>? size, bool withPlace)
    {
        var vm = Find.VmArgument();
        var path = new Argument<string>("PATH") { Description = "The disk's file on the host." };
        var controller = new Option<string?>("--controller") { Description = "SCSI or IDE; what the VM boots from if not given." };
        var number = new Option<int?>("--controller-number") { Description = "Which controller, from 0." };
        var location = new Option<int?>("--location") { Description = "Which place on it, from 0." };
        controller.AcceptOnlyFromAmong("SCSI", "IDE");
        return cli.Do(verb, what, [vm, path, .. size is null ? (Symbol[])[] : [size], .. withPlace ? (Symbol[])[controller, number, location] : []], run => SendAsync(run, vm, new()
        {
            Disks =
            [
                new()
                {
                    Action = action,
                    Path = run.Get(path),
                    CapacityBytes = size is null ? null : (long?)(run.Get(size) * BytesPerGiB),
                    Controller = withPlace ? run.Get(controller) : null,
                    ControllerNumber = withPlace ? run.Get(number) : null,
                    Location = withPlace ? run.Get(location) : null,
                },
            ],
        }));
    }

    static Command Adapter(Cli cli, string verb, VmDeviceAction action, string what, string which, bool changes)
    {
        var vm = Find.VmArgument();
        var adapter = new Argument<string>("ADAPTER") { Description = which };
        var mac = new Option<string?>("--mac") { Description = "The MAC address; empty to let the host give one." };
        var virtualSwitch = new Option<string?>("--switch") { Description = "The switch to connect it to, by name or id; empty to disconnect it." };
        var vlan = new Option<int?>("--vlan") { Description = "The VLAN, 1 to 4094; 0 for none." };
        return cli.Do(verb, what, [vm, adapter, .. changes ? (Symbol[])[mac, virtualSwitch, vlan] : []], run => SendAsync(run, vm, new()
        {
            Adapters =
            [
                new()
                {
                    Action = action,
                    Adapter = run.Get(adapter),
                    MacAddress = changes ? run.Get(mac) : null,
                    Switch = changes ? run.Get(virtualSwitch) : null,
                    VlanId = changes ? run.Get(vlan) : null,
                },
            ],
        }));
    }

    static async Task<int> SendAsync(Run run, Argument<string> vm, VmSettings settings) =>
        await Follow.OperationAsync(run, await run.Api.ReconfigureVmAsync(await Find.VmAsync(run, run.Get(vm)), settings, cancellationToken: run.Cancelled));

    /// <summary>Null if none of its members is given.</summary>
    static T? Given<T>(T settings)
        where T : class, new() => settings.Equals(new T()) ? null : settings;
}
