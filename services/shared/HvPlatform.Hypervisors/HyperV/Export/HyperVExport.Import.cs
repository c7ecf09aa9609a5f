using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Packages;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.Hypervisors.Packages;

namespace HvPlatform.Hypervisors.HyperV;

// The planned VM carries the import in its notes from the first change on, right after the host has made it, and so does the VM that it becomes: an import that is asked for
// again finds what it has made. Before that only the job that made it tells whose it is. Any other planned VM is another's and is left alone.
internal sealed partial class HyperVExport
{
    internal const string Mark = "#hvplatform-import#:";
    private const string Adapter = "Msvm_EthernetPortAllocationSettingData";
    private const ushort Enabled = 2;
    private const ushort Disabled = 3;

    public async Task<(IReadOnlyList<MigrationFinding> Findings, PackageManifest? Manifest)> CheckImportAsync(ImportRequest request, CancellationToken cancellationToken)
    {
        // Nothing is made before an import was checked: from here on this process knows all that is made.
        begun.TryAdd(request.Operation, new ImportCall());
        var file = FileOf(request);
        if (file is null)
        {
            return ([Finding("definition-file", false, @"Hyper-V's services list no directories: name the export's definition (definitionFile), for example Virtual Machines\<id>.vmcx; the export's manifest has it.")], null);
        }

        if (await ReadAsync(file, cancellationToken) is not { } definition)
        {
            return ([Finding("export-whole", false, $"{file} on host {connector.Where} is no definition of a VM.")], null);
        }

        var manifest = Manifest(null, definition, null, ExportMode.Full, file, connector.Time.GetUtcNow());
        var kept = request.Settings.NewId || request.Vm == manifest.VmId;
        var name = request.Settings.NewName ?? manifest.VmName;
        return await connector.RunAsync<(IReadOnlyList<MigrationFinding>, PackageManifest?)>(
            "Cannot check the import",
            async session =>
            {
                var taken = request.Settings.NewId ? null : await session.GetAsync(VmPaths.Of(request.Vm), cancellationToken) ?? await session.GetAsync(HyperVParts.Planned(request.Vm), cancellationToken);
                var named = await HyperVMachine.FindByNameAsync(session, name, cancellationToken);
                var foreign = request.Settings.NewId ? await ForeignAsync(session, request, cancellationToken) : null;
                return (
                [
                    Finding("export-whole", true, $"It holds VM {manifest.VmName}, version {manifest.HypervisorVersion}."),
                    Finding("copy", !request.Settings.Copy, request.Settings.Copy ? "Hyper-V registers an export in place and copies no files. Copy the directory first, and import with copy false." : "The export's own files become the VM's."),
                    Finding("id", kept, kept ? "The id is as wanted." : $"The export holds VM {manifest.VmId}, not {request.Vm}. Name that, or give it a new id."),
                    Finding("id-free", taken is null, taken is null ? "The id is free." : $"Host {connector.Where} has a VM or a planned VM {request.Vm} already."),
                    Finding("name-free", named.Count == 0, named.Count == 0 ? "The name is free." : $"Host {connector.Where} already has a VM named {name}. Give the import a new name."),
                    Finding("planned-free", foreign is null, foreign is null ? "No planned VM is in its way." : $"{ForeignPlanned(foreign)} {Removal}"),
                ], manifest);
            },
            cancellationToken);
    }

    public Task PlanImportAsync(ImportRequest request, IProgress<PackageProgress> progress, CancellationToken cancellationToken) => connector.RunAsync(
        "Cannot plan the import",
        async session =>
        {
            var planned = await MarkedAsync(session, request, cancellationToken)
                ?? await MarkAsync(session, request, await ImportDefinitionAsync(session, request, Following(progress, cancellationToken)));
            await ImportSnapshotsAsync(session, request, planned, Following(progress, cancellationToken));
            await FixUpAsync(session, request, planned, cancellationToken);
        },
        CancellationToken.None);

    public Task<IReadOnlyList<MigrationFinding>> ValidateImportAsync(ImportRequest request, CancellationToken cancellationToken) => connector.RunAsync<IReadOnlyList<MigrationFinding>>(
        "Cannot validate the import",
        async session =>
        {
            if (await MadeAsync(session, request, cancellationToken) is not null)
            {
                return [Finding("planned", true, "The VM exists already.")];
            }

            if (await MarkedAsync(session, request, cancellationToken) is not { } planned)
            {
                return [Finding("planned", false, $"Host {connector.Where} has no planned VM of this import.")];
            }

            try
            {
                await services.ManageAsync(session, "ValidatePlannedSystem", HyperVServices.Arguments("ValidatePlannedSystem", ("PlannedSystem", Planned(planned))), "validate the planned VM", cancellationToken);
                return [Finding("planned", true, $"The host would run it as '{planned.String("ElementName")}'.")];
            }
            catch (HypervisorException error) when (error.Error.Category is ErrorCategory.JobFailed or ErrorCategory.OperationFailed)
            {
                return [Finding("planned", false, error.Error.NativeMessage ?? error.Message)];
            }
        },
        cancellationToken);

    public Task<VmInfo> RealiseImportAsync(ImportRequest request, CancellationToken cancellationToken) => connector.RunAsync(
        "Cannot realize the import",
        async session =>
        {
            var made = await MadeAsync(session, request, cancellationToken);
            if (made is null)
            {
                var planned = await MarkedAsync(session, request, cancellationToken)
                    ?? throw new HypervisorException(HyperVErrors.Info(ErrorCategory.VmNotFound, $"Host {connector.Where} has no planned VM of this import.", connector.Where));
                await services.ManageAsync(session, "RealizePlannedSystem", HyperVServices.Arguments("RealizePlannedSystem", ("PlannedSystem", Planned(planned))), "realize the planned VM", cancellationToken);
                made = IdOf(planned);
                begun.TryRemove(request.Operation, out _);
            }

            return await find(made.Value, cancellationToken) ?? throw HyperVErrors.VmNotFound(made.Value, connector.Where);
        },
        cancellationToken);

    public Task<PackageSeen> InspectImportAsync(ImportRequest request, CancellationToken cancellationToken) => connector.RunAsync(
        "Cannot look for the import",
        async session => await MadeAsync(session, request, cancellationToken) is { } made
            ? new PackageSeen(PackagePresence.Complete, null, await find(made, cancellationToken))
            : await OursAsync(session, request, cancellationToken) is not null ? new PackageSeen(PackagePresence.Partial) : PackageSeen.Nothing,
        cancellationToken);

    public Task DiscardImportAsync(ImportRequest request, CancellationToken cancellationToken) => connector.RunAsync(
        "Cannot discard the import",
        async session =>
        {
            if (await MadeAsync(session, request, cancellationToken) is { } made)
            {
                throw new HypervisorException(HyperVErrors.Info(ErrorCategory.InvalidState, $"VM {made} exists on host {connector.Where}; it is not discarded.", connector.Where) with { Code = "vm-realised", Advice = "Delete it if it is not wanted." });
            }

            if (begun.GetValueOrDefault(request.Operation) is { Job: { } job })
            {
                await EndAsync(session, job, "import the definition");
            }

            if (await OursAsync(session, request, cancellationToken) is { } planned)
            {
                await services.ManageAsync(session, "DestroySystem", HyperVServices.Arguments("DestroySystem", ("AffectedSystem", Planned(planned))), "discard the planned VM", cancellationToken);
            }
            else if (!KnowsAll(request))
            {
                await SettleAsync(session, cancellationToken);
                if (await ForeignAsync(session, request, cancellationToken) is { } foreign)
                {
                    throw NotOurs(foreign);
                }
            }

            begun.TryRemove(request.Operation, out _);
        },
        cancellationToken);

    private async Task FixUpAsync(ICimSession session, ImportRequest request, CimInstance planned, CancellationToken cancellationToken)
    {
        var resources = new List<string>();
        var switches = request.Settings.Networks.Count == 0 ? [] : await SwitchesAsync(session, cancellationToken);
        await foreach (var component in session.AssociatorsAsync(new CimPath(VmPaths.Settings, ("InstanceID", planned.String("InstanceID")!)), "Msvm_VirtualSystemSettingDataComponent", null, cancellationToken))
        {
            if (HyperVParts.FileOf(component) is not { } current)
            {
                continue;
            }

            if (component.ClassName == Adapter)
            {
                if (Connection(component, current, request, switches) is { } connection)
                {
                    resources.Add(CimXml.Write(connection));
                }
            }
            else if (PackageRules.Mapped(request.Settings.DiskPaths, current) is { } path)
            {
                var disk = Patch(component);
                disk["HostResource"] = new[] { path };
                resources.Add(CimXml.Write(disk));
            }
        }

        if (resources.Count > 0)
        {
            await services.ManageAsync(
                session, "ModifyResourceSettings", HyperVServices.Arguments("ModifyResourceSettings", ("ResourceSettings", resources.ToArray())), "fix the planned VM's disks and adapters", cancellationToken);
        }
    }

    private CimInstance? Connection(CimInstance adapter, string current, ImportRequest request, Dictionary<string, string> switches)
    {
        // The export knows the switch by its last name; here it has another id.
        var name = switches.FirstOrDefault(s => s.Value == current).Key ?? adapter.String("LastKnownSwitchName") ?? current;
        if (PackageRules.Mapped(request.Settings.Networks, name) is not { } wanted)
        {
            return null;
        }

        var connection = Patch(adapter);
        connection["HostResource"] = wanted.Length == 0
            ? Array.Empty<string>()
            : new[] { switches.GetValueOrDefault(wanted) ?? throw new HypervisorException(HyperVErrors.Info(ErrorCategory.SwitchNotFound, $"Host {connector.Where} has no virtual switch {wanted}.", connector.Where)) };
        connection["EnabledState"] = wanted.Length == 0 ? Disabled : Enabled;
        return connection;
    }

    /// <summary>What is sent to change a setting: its identity, and then only what changes; members that cannot be written would make the host refuse it.</summary>
    private static CimInstance Patch(CimInstance setting) => new(setting.ClassName) { ["InstanceID"] = setting.String("InstanceID") };

    private async Task<Dictionary<string, string>> SwitchesAsync(ICimSession session, CancellationToken cancellationToken)
    {
        var host = await services.HostNameAsync(session, cancellationToken);
        var found = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        await foreach (var one in session.EnumerateAsync(CimPath.Virtualization, "Msvm_VirtualEthernetSwitch", cancellationToken))
        {
            found[one.String("ElementName") ?? ""] = HyperVParts.PathOf(one).ToObjectPath(host);
        }

        return found;
    }

    /// <summary>The VM that this import has made; null if it has not.</summary>
    private async Task<VmId?> MadeAsync(ICimSession session, ImportRequest request, CancellationToken cancellationToken)
    {
        IReadOnlyList<VmId> candidates = request.Settings.NewId
            ? await HyperVMachine.FindByNameAsync(session, request.Settings.NewName ?? (FileOf(request) is { } file ? (await ReadAsync(session, file, cancellationToken))?.String("ElementName") : null) ?? "", cancellationToken)
            : [request.Vm];
        foreach (var id in candidates)
        {
            if (await session.GetAsync(VmPaths.Of(id), cancellationToken) is not null
                && await session.GetAsync(VmPaths.SettingsOf(id), cancellationToken) is { } settings
                && settings.Array<string>("Notes") is [var notes, ..] && notes.Contains($"{Mark}{request.Operation}", StringComparison.Ordinal))
            {
                return id;
            }
        }

        return null;
    }

    private static CimPath Planned(CimInstance settings) => HyperVParts.Planned(IdOf(settings));

    private static VmId IdOf(CimInstance settings) => Guid.TryParse(settings.String("VirtualSystemIdentifier"), out var id) ? new VmId(id) : default;

    /// <summary>The definition's path; null if it cannot be known.</summary>
    private static string? FileOf(ImportRequest request) => request.Settings.DefinitionFile is { } file
        ? $@"{request.Settings.Directory.TrimEnd('\\', '/')}\{file.Replace('/', '\\').TrimStart('\\')}"
        : request.Settings.NewId ? null : Definition(request.Settings.Directory, request.Vm);
}
