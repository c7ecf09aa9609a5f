using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>
/// The definition facet: the bare VM is made with its name, its generation and its id, and then set up by the same code that changes settings. If that fails, the VM is removed again:
/// a definition is there as asked for or not at all. Disks are never removed.
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
        await connector.RunAsync($"Cannot define VM {HyperVErrors.Short(spec.Name)}", session => DefineAsync(session, id, spec, cancellationToken), cancellationToken);
        try
        {
            await new HyperVSettings(connector, services).ChangeAsync(id, SettingsOf(spec), cancellationToken);
        }
        catch (HypervisorException)
        {
            await DeleteAsync(id, CancellationToken.None);
            throw;
        }

        return await read(id, cancellationToken) ?? throw HyperVErrors.VmNotFound(id, connector.Where);
    }

    public Task DeleteAsync(VmId vm, CancellationToken cancellationToken) => connector.RunAsync(
        $"Cannot delete VM {vm}",
        async session =>
        {
            var machine = await HyperVMachine.FindAsync(session, vm, connector.Where, cancellationToken);
            machine.Require("delete", VmPowerState.Off, VmPowerState.Saved, VmPowerState.Hibernated, VmPowerState.FastSaved);
            await services.ManageAsync(session, "DestroySystem", HyperVServices.Arguments("DestroySystem", ("AffectedSystem", machine.Path)), $"delete VM {machine.Name}", cancellationToken);
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

    private async Task DefineAsync(ICimSession session, VmId id, VmSpec spec, CancellationToken cancellationToken)
    {
        if (await session.GetAsync(VmPaths.Of(id), cancellationToken) is not null)
        {
            throw Conflict($"Id {id} is in use on host {connector.Where}.", "Choose another id.");
        }

        await RefuseTakenAsync(session, spec.Name, cancellationToken);
        var settings = new CimInstance(Settings)
        {
            ["ElementName"] = spec.Name,
            ["VirtualSystemIdentifier"] = VmPaths.Key(id),
            ["VirtualSystemSubType"] = $"Microsoft:Hyper-V:SubType:{(spec.Generation == 1 ? 1 : 2)}",
        };
        var result = await services.ManageAsync(
            session, "DefineSystem", HyperVServices.Arguments("DefineSystem", ("SystemSettings", CimXml.Write(settings)), ("ResourceSettings", Controllers(spec))), $"define VM {HyperVErrors.Short(spec.Name)}", cancellationToken);
        var made = await connector.Jobs.ResultAsync(session, result, "ResultingSystem", "Msvm_ComputerSystem", cancellationToken);
        if (made?["Name"] is { } key && !key.Equals(VmPaths.Key(id), StringComparison.OrdinalIgnoreCase))
        {
            // The platform's records name the VM by the id it was promised; one with another id would be a VM nobody asked for.
            await services.ManageAsync(
                session, "DestroySystem", HyperVServices.Arguments("DestroySystem", ("AffectedSystem", made)), $"remove VM {HyperVErrors.Short(spec.Name)}", CancellationToken.None);
            throw new HypervisorException(HyperVErrors.Info(ErrorCategory.OperationFailed, $"Host {connector.Where} made the VM with the id {key} instead of {id}; it was removed again.", connector.Where) with
            {
                Kind = ErrorKind.Unsupported,
                Code = "id-not-taken",
                Advice = "Create the VM on the host; the platform finds it there with the id the host gave it.",
            });
        }
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
