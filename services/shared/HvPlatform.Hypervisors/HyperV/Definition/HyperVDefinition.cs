using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>
/// The definition facet: the bare VM is made with its name, its generation and its id, and then set up by the same code that changes settings. If that fails, the VM is removed again:
/// a definition is there as asked for or not at all. A line in the VM's notes says until the last step that it is not finished, so that a definition that was cut off can be
/// asked for again: it removes what it has left and begins anew. Disks are never removed.
/// </summary>
/// <param name="connector">The host.</param>
/// <param name="services">Its services.</param>
/// <param name="read">Reads a VM as the inventory shows it.</param>
internal sealed class HyperVDefinition(HyperVConnector connector, HyperVServices services, Func<VmId, CancellationToken, Task<VmInfo?>> read) : IDefinitionDriver
{
    private const int LongestName = 100;
    private const string Settings = "Msvm_VirtualSystemSettingData";

    public async Task<VmInfo> DefineAsync(VmId id, VmSpec spec, CancellationToken cancellationToken)
    {
        Check(id, spec);
        var what = $"Cannot define VM {HyperVErrors.Short(spec.Name)}";
        var before = await connector.RunAsync(what, session => PrepareAsync(session, id, spec, cancellationToken), cancellationToken);
        try
        {
            await connector.RunAsync(what, session => MakeAsync(session, id, spec, before, cancellationToken), cancellationToken);
            await new HyperVSettings(connector, services).ChangeAsync(id, SettingsOf(spec), cancellationToken);
            await connector.RunAsync(what, session => FinishAsync(session, id, cancellationToken), cancellationToken);
        }
        catch (Exception error)
        {
            // An error may have come instead of an answer: what is there now decides.
            var finished = false;
            var failure = await Compensation.FailsAsync(async () => finished = await connector.RunAsync(what, session => RemoveUnfinishedAsync(session, id, spec), CancellationToken.None));
            if (failure is not null)
            {
                throw Compensation.Join(error, failure, $"Cannot remove VM {HyperVErrors.Short(spec.Name)} again", connector.Where);
            }

            if (!finished || error is OperationCanceledException)
            {
                throw;
            }
        }

        return await read(id, cancellationToken) ?? throw HyperVErrors.VmNotFound(id, connector.Where);
    }

    public Task DeleteAsync(VmId vm, CancellationToken cancellationToken) => connector.RunAsync(
        $"Cannot delete VM {vm}",
        async session =>
        {
            var machine = await HyperVMachine.FindAsync(session, vm, connector.Where, cancellationToken);
            machine.Require("delete", VmPowerState.Off, VmPowerState.Saved, VmPowerState.FastSaved);
            await DestroyAsync(session, machine.Path, machine.Name, cancellationToken);
        },
        cancellationToken);

    public Task RenameAsync(VmId vm, string name, CancellationToken cancellationToken) => connector.RunAsync(
        $"Cannot rename VM {vm}",
        async session =>
        {
            CheckName(name, "name");
            var machine = await HyperVMachine.FindAsync(session, vm, connector.Where, cancellationToken);
            if (machine.Name == name)
            {
                return;
            }

            await RefuseTakenAsync(session, name, cancellationToken);
            var patch = new CimInstance(Settings) { ["InstanceID"] = machine.Settings.String("InstanceID"), ["ElementName"] = name };
            await services.ManageAsync(
                session, "ModifySystemSettings", HyperVServices.Arguments("ModifySystemSettings", ("SystemSettings", CimXml.Write(patch))), $"rename VM {machine.Name}", cancellationToken);
        },
        cancellationToken);

    /// <summary>The ids of the VMs with a name; several may have it.</summary>
    public Task<IReadOnlyList<VmId>> FindByNameAsync(string name, CancellationToken cancellationToken) =>
        connector.RunAsync($"Cannot look for VM {HyperVErrors.Short(name)}", session => HyperVMachine.FindByNameAsync(session, name, cancellationToken), cancellationToken);

    /// <summary>Removes what an earlier attempt at this definition has left, and refuses an id or a name that is in use. The names of all systems of the host, by which a new one is known.</summary>
    private async Task<HashSet<string>> PrepareAsync(ICimSession session, VmId id, VmSpec spec, CancellationToken cancellationToken)
    {
        if (await RemoveUnfinishedAsync(session, id, spec))
        {
            throw Conflict($"Id {id} is in use on host {connector.Where}.", "Choose another id.");
        }

        await RefuseTakenAsync(session, spec.Name, cancellationToken);
        var systems = await HyperVMachine.ListAsync(session.QueryAsync(CimPath.Virtualization, $"SELECT Name FROM {VmPaths.System}", cancellationToken));
        return systems.Select(one => one.String("Name") ?? "").ToHashSet(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Removes the VM if this definition has begun and not finished it; whether there is another with its id. Disks stay.</summary>
    private async Task<bool> RemoveUnfinishedAsync(ICimSession session, VmId id, VmSpec spec)
    {
        if (await session.GetAsync(VmPaths.Of(id), CancellationToken.None) is null)
        {
            return false;
        }

        var machine = await HyperVMachine.FindAsync(session, id, connector.Where, CancellationToken.None);
        if (machine.Name != spec.Name || !EpochNote.IsUnfinished(NotesOf(machine), id.ToString()))
        {
            return true;
        }

        machine.Require("remove unfinished", VmPowerState.Off);
        await DestroyAsync(session, machine.Path, machine.Name, CancellationToken.None);
        return false;
    }

    /// <summary>The last step: from now on the VM is there as it was asked for.</summary>
    private async Task FinishAsync(ICimSession session, VmId id, CancellationToken cancellationToken)
    {
        var machine = await HyperVMachine.FindAsync(session, id, connector.Where, cancellationToken);
        var patch = new CimInstance(Settings) { ["InstanceID"] = machine.Settings.String("InstanceID"), ["Notes"] = new[] { EpochNote.Finished(NotesOf(machine)) } };
        await services.ManageAsync(
            session, "ModifySystemSettings", HyperVServices.Arguments("ModifySystemSettings", ("SystemSettings", CimXml.Write(patch))), $"finish VM {machine.Name}", cancellationToken);
    }

    private Task DestroyAsync(ICimSession session, CimPath system, string name, CancellationToken cancellationToken) => services.ManageAsync(
        session, "DestroySystem", HyperVServices.Arguments("DestroySystem", ("AffectedSystem", system)), $"remove VM {HyperVErrors.Short(name)}", cancellationToken);

    private static string? NotesOf(HyperVMachine machine) => machine.Settings.Array<string>("Notes") is [var notes, ..] ? notes : null;

    private async Task MakeAsync(ICimSession session, VmId id, VmSpec spec, HashSet<string> before, CancellationToken cancellationToken)
    {
        var settings = new CimInstance(Settings)
        {
            ["ElementName"] = spec.Name,
            ["VirtualSystemIdentifier"] = VmPaths.Key(id),
            ["Notes"] = new[] { EpochNote.Unfinished(id.ToString()) },
            ["VirtualSystemSubType"] = $"Microsoft:Hyper-V:SubType:{(spec.Generation == 1 ? 1 : 2)}",
        };
        await services.ManageAsync(
            session, "DefineSystem", HyperVServices.Arguments("DefineSystem", ("SystemSettings", CimXml.Write(settings)), ("ResourceSettings", Controllers(spec))), $"define VM {HyperVErrors.Short(spec.Name)}", cancellationToken);
        if (await session.GetAsync(VmPaths.Of(id), cancellationToken) is null)
        {
            await RemoveOtherAsync(session, id, spec, before);
        }
    }

    /// <summary>
    /// The host has made a VM without the id that it was given. The platform's records name the VM by that id; one with another id would be a VM nobody asked for. It is removed
    /// if it is known for certain: the only one that is new, has the name and is off. What the job says it has worked on does not count: that may be any system of the host.
    /// </summary>
    private async Task RemoveOtherAsync(ICimSession session, VmId id, VmSpec spec, HashSet<string> before)
    {
        var made = (await HyperVMachine.FindByNameAsync(session, spec.Name, CancellationToken.None)).Where(one => !before.Contains(VmPaths.Key(one))).ToList();
        if (made is [var other] && await HyperVMachine.FindAsync(session, other, connector.Where, CancellationToken.None) is { State: VmPowerState.Off } machine)
        {
            await DestroyAsync(session, machine.Path, machine.Name, CancellationToken.None);
            throw new HypervisorException(HyperVErrors.Info(ErrorCategory.OperationFailed, $"Host {connector.Where} made the VM with the id {other} instead of {id}; it was removed again.", connector.Where) with
            {
                Kind = ErrorKind.Unsupported,
                Code = "id-not-taken",
                Advice = "Create the VM on the host; the platform finds it there with the id the host gave it.",
            });
        }

        throw new HypervisorException(HyperVErrors.Info(
            ErrorCategory.OperationFailed,
            $"Host {connector.Where} says that it made VM {HyperVErrors.Short(spec.Name)}, but has none with the id {id}; new VMs with that name: {(made.Count == 0 ? "none" : string.Join(", ", made))}. Nothing was removed.",
            connector.Where) with
        {
            Code = "indeterminate",
            Advice = "Look for the VM on the host and delete it there if nobody uses it, before trying again.",
        });
    }

    /// <summary>A new VM of generation 2 has nothing to put a disk on; one of generation 1 has its two IDE controllers.</summary>
    private static string[] Controllers(VmSpec spec) => spec.Generation == 1 || spec.Disks.Count == 0
        ? []
        : [CimXml.Write(new CimInstance("Msvm_ResourceAllocationSettingData") { ["ResourceType"] = (ushort)6, ["ResourceSubType"] = "Microsoft:Hyper-V:Synthetic SCSI Controller" })];

    private async Task RefuseTakenAsync(ICimSession session, string name, CancellationToken cancellationToken)
    {
        if (await HyperVMachine.FindByNameAsync(session, name, cancellationToken) is [var other, ..])
        {
            throw Conflict($"Name {HyperVErrors.Short(name)} is in use on host {connector.Where} by VM {other}.", "Choose another name.");
        }
    }

    private HypervisorException Conflict(string message, string advice) =>
        new(HyperVErrors.Info(ErrorCategory.Validation, message, connector.Where) with { Kind = ErrorKind.Conflict, Code = "vm-exists", Advice = advice });

    private static VmSettings SettingsOf(VmSpec spec) => new()
    {
        Notes = spec.Notes,
        Processor = new VmProcessorSettings { Count = spec.Vcpus },
        Memory = new VmMemorySettings { StartupMiB = spec.MemoryMiB, Dynamic = false },
        Firmware = spec.SecureBoot is { } secure ? new VmFirmwareSettings { SecureBoot = secure } : null,
        Disks = [.. spec.Disks.Where(d => d.Source is not null).Select(d => new VmDiskChange { Action = VmDeviceAction.Add, Path = d.Source! })],
        Adapters = [.. spec.Nics.Select((n, i) => new VmAdapterChange { Action = VmDeviceAction.Add, Adapter = i == 0 ? "Network Adapter" : $"Network Adapter {i + 1}", MacAddress = n.MacAddress, Switch = n.Network })],
    };

    private void Check(VmId id, VmSpec spec)
    {
        CheckName(spec.Name, "name");
        Refuse(spec.NativeDefinition is not null, "nativeDefinition", "Hyper-V takes none; import an exported VM instead.");
        Refuse(spec.Generation is not (null or 1 or 2), "generation", $"must be 1 or 2, found {spec.Generation}.");
        Refuse(spec.Id is { } given && given != id, "id", $"{spec.Id} is not {id}.");
        Refuse(spec.Notes is { } notes && EpochNote.Forges(notes), "notes", "must hold no line that starts with a mark of the platform (#hvplatform-…#:).");
        Refuse(spec.Vcpus < 1, "vcpus", $"must be at least 1, found {spec.Vcpus}.");
        Refuse(spec.MemoryMiB < 1, "memoryMiB", $"must be at least 1, found {spec.MemoryMiB}.");
    }

    private void CheckName(string name, string field)
    {
        Refuse(string.IsNullOrWhiteSpace(name) || name.Length > LongestName, field, $"must be 1 to {LongestName} characters, found {name.Length}.");
        Refuse(name.Any(char.IsControl), field, "must hold no control characters.");
        Refuse(name.Contains('/'), field, "must hold no '/'.");
    }

    private void Refuse(bool wrong, string field, string rule)
    {
        if (wrong)
        {
            throw HyperVErrors.Validation(field, rule, connector.Where);
        }
    }
}
