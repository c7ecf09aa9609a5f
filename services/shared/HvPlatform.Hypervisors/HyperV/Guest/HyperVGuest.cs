using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>
/// The guest facet. What the guest says is on its <c>Msvm_KvpExchangeComponent</c> while it runs; what the host says is on the component's settings and may be changed in any state.
/// Files go through <c>Msvm_GuestFileService</c>, which is there when guest services are switched on and the guest runs them.
/// </summary>
internal sealed class HyperVGuest(HyperVConnector connector, HyperVServices services) : IGuestDriver
{
    private const int LongestKey = 255;
    private const int LongestValue = 1023;
    private const int LongestPath = 4096;

    public Task<VmKvp> ReadKvpAsync(VmId vm, CancellationToken cancellationToken) => RunAsync(
        vm,
        "read the key-value pairs of",
        async (session, machine) =>
        {
            var component = await machine.IntegrationAsync("Msvm_KvpExchangeComponent", cancellationToken);
            var settings = await SettingsAsync(machine, cancellationToken);
            return new VmKvp
            {
                VmId = vm,
                Guest = KvpItems.Read(component?.Array<string>("GuestExchangeItems") ?? []),
                GuestIntrinsic = KvpItems.Read(component?.Array<string>("GuestIntrinsicExchangeItems") ?? []),
                Host = KvpItems.Read(settings.Array<string>("HostExchangeItems")),
                HostOnly = KvpItems.Read(settings.Array<string>("HostOnlyItems")),
            };
        },
        cancellationToken);

    public Task WriteKvpAsync(VmId vm, IReadOnlyList<VmKvpChange> changes, CancellationToken cancellationToken)
    {
        for (var i = 0; i < changes.Count; i++)
        {
            CheckText(changes[i].Key, $"changes[{i}].key", 1, LongestKey);
            CheckText(changes[i].Value ?? "", $"changes[{i}].value", 0, LongestValue);
        }

        return RunAsync(
            vm,
            "write the key-value pairs of",
            async (session, machine) =>
            {
                var settings = await SettingsAsync(machine, cancellationToken);
                foreach (var hostOnly in new[] { false, true })
                {
                    var there = KvpItems.Read(settings.Array<string>(hostOnly ? "HostOnlyItems" : "HostExchangeItems")).ToDictionary(i => i.Key, i => i.Value);
                    await WriteAsync(session, machine, there, [.. changes.Where(c => c.HostOnly == hostOnly)], hostOnly, cancellationToken);
                }

                return true;
            },
            cancellationToken);
    }

    public Task CopyFileAsync(VmId vm, VmFileCopy file, CancellationToken cancellationToken)
    {
        CheckText(file.SourcePath, "sourcePath", 1, LongestPath);
        CheckText(file.DestinationPath, "destinationPath", 1, LongestPath);
        return RunAsync(
            vm,
            "copy a file into",
            async (session, machine) =>
            {
                machine.RequireIfKnown("copy a file into", VmPowerState.Running);
                var service = await FileServiceAsync(session, machine, cancellationToken);
                var settings = new CimInstance("Msvm_CopyFileToGuestSettingData")
                {
                    ["SourcePath"] = file.SourcePath,
                    ["DestinationPath"] = file.DestinationPath,
                    ["OverwriteExisting"] = file.Overwrite,
                    ["CreateFullPath"] = file.CreateDirectories,
                };
                await connector.Jobs.RunAsync(
                    session, service, "CopyFilesToGuest", HyperVServices.Arguments("CopyFilesToGuest", ("CopyFileToGuestSettings", new[] { CimXml.Write(settings) })),
                    $"copy {HyperVErrors.Short(file.SourcePath)} into VM {machine.Name}", progress: null, cancellationToken);
                return true;
            },
            cancellationToken);
    }

    private Task<T> RunAsync<T>(VmId vm, string verb, Func<ICimSession, HyperVMachine, Task<T>> work, CancellationToken cancellationToken) => connector.RunAsync(
        $"Cannot {verb} VM {vm}", async session => await work(session, await HyperVMachine.FindAsync(session, vm, connector.Where, cancellationToken)), cancellationToken);

    private async Task WriteAsync(ICimSession session, HyperVMachine machine, Dictionary<string, string> there, IReadOnlyList<VmKvpChange> changes, bool hostOnly, CancellationToken cancellationToken)
    {
        // The last word on a key counts; what is as wanted already is not sent.
        var last = changes.GroupBy(c => c.Key).Select(g => g.Last()).ToList();
        await SendAsync("AddKvpItems", last.Where(c => c.Value is not null && !there.ContainsKey(c.Key)));
        await SendAsync("ModifyKvpItems", last.Where(c => c.Value is not null && there.TryGetValue(c.Key, out var now) && now != c.Value));
        await SendAsync("RemoveKvpItems", last.Where(c => c.Value is null && there.ContainsKey(c.Key)));

        async Task SendAsync(string method, IEnumerable<VmKvpChange> items)
        {
            string[] texts = [.. items.Select(c => KvpItems.Write(c.Key, c.Value ?? "", hostOnly))];
            if (texts.Length > 0)
            {
                await services.ManageAsync(
                    session, method, HyperVServices.Arguments(method, ("TargetSystem", machine.Path), ("DataItems", texts)), $"write the key-value pairs of VM {machine.Name}", cancellationToken);
            }
        }
    }

    private async Task<CimInstance> SettingsAsync(HyperVMachine machine, CancellationToken cancellationToken) =>
        (await machine.ComponentsAsync(cancellationToken)).FirstOrDefault(c => c.ClassName == "Msvm_KvpExchangeComponentSettingData")
        ?? throw HyperVErrors.DeviceNotFound($"VM {machine.Name}", "key-value pair exchange component", connector.Where);

    private async Task<CimPath> FileServiceAsync(ICimSession session, HyperVMachine machine, CancellationToken cancellationToken)
    {
        if (await machine.IntegrationAsync("Msvm_GuestServiceInterfaceComponent", cancellationToken) is { } component)
        {
            var path = new CimPath(
                "Msvm_GuestServiceInterfaceComponent",
                ("CreationClassName", component.String("CreationClassName") ?? "Msvm_GuestServiceInterfaceComponent"), ("DeviceID", component.String("DeviceID") ?? ""),
                ("SystemCreationClassName", component.String("SystemCreationClassName") ?? "Msvm_ComputerSystem"), ("SystemName", component.String("SystemName") ?? VmPaths.Key(machine.Id)));
            await foreach (var service in session.AssociatorsAsync(path, "Msvm_RegisteredGuestService", "Msvm_GuestFileService", cancellationToken))
            {
                return new CimPath(
                    "Msvm_GuestFileService",
                    ("CreationClassName", service.String("CreationClassName") ?? "Msvm_GuestFileService"), ("Name", service.String("Name") ?? ""),
                    ("SystemCreationClassName", service.String("SystemCreationClassName") ?? "Msvm_ComputerSystem"), ("SystemName", service.String("SystemName") ?? VmPaths.Key(machine.Id)));
            }
        }

        throw machine.Refused(
            ErrorCategory.InvalidState, ErrorKind.InvalidState, "guest-services-off", $"VM {machine.Name} takes no files: its guest services are switched off, or its guest does not run them.",
            "Switch them on (integration.guestServices in the VM's settings) and start the Hyper-V Guest Service Interface in the guest.");
    }

    private void CheckText(string text, string field, int least, int most)
    {
        if (text.Length < least || text.Length > most)
        {
            throw HyperVErrors.Validation(field, $"must be {least} to {most} characters, found {text.Length}.", connector.Where);
        }
    }
}
