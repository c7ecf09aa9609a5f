using System.Collections.Concurrent;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Packages;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.Hypervisors.Packages;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>
/// The export facet. The host's management service writes an export in a job of its own, which outlives this process and is found again; an export is whole when that job
/// was seen to end well and its definition can be read: the definition alone may be of an export that broke off. An import is a planned VM that is changed, validated and realized. Hyper-V's services neither list nor delete files: an export's definition has to be named, a
/// whole export is not discarded, and files are not copied on import.
/// </summary>
internal sealed partial class HyperVExport(HyperVConnector connector, HyperVServices services, Func<VmId, CancellationToken, Task<VmInfo?>> find) : IExportDriver
{
    private const string Service = "Msvm_VirtualSystemManagementService";
    private const string Settings = "Msvm_VirtualSystemExportSettingData";
    private const string JobClass = "Msvm_ConcreteJob";
    private const byte AllSnapshots = 0;
    private const byte NoSnapshots = 1;
    private const byte OneSnapshot = 2;
    private static readonly TimeSpan Longest = TimeSpan.FromDays(2);

    /// <summary>Exports whose job this process has seen end well.</summary>
    private readonly ConcurrentDictionary<OperationId, bool> ended = new();

    public async Task<IReadOnlyList<MigrationFinding>> CheckExportAsync(ExportRequest request, CancellationToken cancellationToken)
    {
        if (await find(request.Vm, cancellationToken) is not { } vm)
        {
            return [Finding("vm-exists", false, $"Host {connector.Where} has no VM {request.Vm}.")];
        }

        var there = await ReadAsync(Definition(request.Settings.Directory, request.Vm), cancellationToken);
        return
        [
            Finding("vm-exists", true, $"{vm.Name} is on host {connector.Where}."),
            State(vm, request.Settings),
            Finding("directory-free", there is null, there is null ? "The directory holds no export of it." : $"{request.Settings.Directory} holds an export of VM {vm.Name} already; nothing is written over."),
        ];
    }

    public async Task<PackageManifest> ExportAsync(ExportRequest request, IProgress<PackageProgress> progress, CancellationToken cancellationToken)
    {
        var vm = await find(request.Vm, cancellationToken) ?? throw HyperVErrors.VmNotFound(request.Vm, connector.Where);
        var what = $"export VM {vm.Name}";
        await connector.RunAsync(
            $"Cannot {what}",
            async session =>
            {
                var following = Following(progress, cancellationToken);
                if (await RunningAsync(session, request.Vm, cancellationToken) is { } running)
                {
                    await connector.Jobs.FollowAsync(session, running.Path, what, following, CancellationToken.None);
                    ended[request.Operation] = true;
                }

                if (await ReadAsync(session, Definition(request.Settings.Directory, request.Vm), CancellationToken.None) is not null)
                {
                    if (!await EndedWellAsync(session, request, CancellationToken.None))
                    {
                        throw Unproven(vm, request);
                    }

                    return;
                }

                if (State(vm, request.Settings) is { Passed: false } wrong)
                {
                    throw new HypervisorException(HyperVErrors.Info(ErrorCategory.InvalidState, wrong.Detail, connector.Where));
                }

                if (await StartAsync(session, request, what, cancellationToken) is { } job)
                {
                    await connector.Jobs.FollowAsync(session, job, what, following, CancellationToken.None);
                }

                ended[request.Operation] = true;
            },
            CancellationToken.None);
        var file = Definition(request.Settings.Directory, request.Vm);
        var definition = await ReadAsync(file, CancellationToken.None)
            ?? throw new HypervisorException(HyperVErrors.Info(ErrorCategory.OperationFailed, $"The job to {what} ended well, but {file} cannot be read.", connector.Where));
        return Manifest(request.Operation, definition, vm, request.Settings.Mode, file, connector.Time.GetUtcNow());
    }

    public async Task<PackageSeen> InspectExportAsync(ExportRequest request, CancellationToken cancellationToken)
    {
        if (await connector.RunAsync("Cannot look for a running export", session => RunningAsync(session, request.Vm, cancellationToken), cancellationToken) is not null)
        {
            return new PackageSeen(PackagePresence.Running);
        }

        var file = Definition(request.Settings.Directory, request.Vm);
        if (await ReadAsync(file, cancellationToken) is not { } definition)
        {
            return PackageSeen.Nothing;
        }

        return await connector.RunAsync("Cannot look for the export's job", session => EndedWellAsync(session, request, cancellationToken), cancellationToken)
            ? new PackageSeen(PackagePresence.Complete, Manifest(request.Operation, definition, await find(request.Vm, cancellationToken), request.Settings.Mode, file, connector.Time.GetUtcNow()))
            : new PackageSeen(PackagePresence.Partial);
    }

    /// <summary>The host removes what an export wrote that failed or was cancelled. One that is whole cannot be removed through Hyper-V's services, and that is said.</summary>
    public async Task DiscardExportAsync(ExportRequest request, CancellationToken cancellationToken)
    {
        // After a restart the host may still write it.
        await connector.RunAsync(
            "Cannot end the export",
            async session =>
            {
                if (await RunningAsync(session, request.Vm, cancellationToken) is { } running)
                {
                    await EndAsync(session, running.Path, "export the VM");
                }
            },
            cancellationToken);
        if (await ReadAsync(Definition(request.Settings.Directory, request.Vm), cancellationToken) is not null)
        {
            throw new HypervisorException(HyperVErrors.Info(
                ErrorCategory.OperationFailed, $"{request.Settings.Directory} on host {connector.Where} holds the whole export, and Hyper-V's services delete no files.", connector.Where) with
            {
                Kind = ErrorKind.Unsupported,
                Code = "export-not-removable",
                Advice = "Delete the directory on the host.",
            });
        }
    }

    private async Task<CimPath?> StartAsync(ICimSession session, ExportRequest request, string what, CancellationToken cancellationToken)
    {
        // The VM's own settings, changed: an instance made from the class alone is refused.
        CimInstance? own = null;
        await foreach (var one in session.AssociatorsAsync(VmPaths.Of(request.Vm), "Msvm_SystemExportSettingData", Settings, cancellationToken))
        {
            own = one;
        }

        if (own is null)
        {
            throw new HypervisorException(HyperVErrors.Info(ErrorCategory.Query, $"Host {connector.Where} has no export settings for VM {request.Vm}.", connector.Where));
        }

        var settings = own.Copy();
        var full = request.Settings.Mode == ExportMode.Full;
        settings["CopySnapshotConfiguration"] = request.Settings.Snapshots switch { ExportSnapshots.None => NoSnapshots, ExportSnapshots.One => OneSnapshot, _ => AllSnapshots };
        settings["CopyVmRuntimeInformation"] = full && request.Settings.RuntimeState;
        settings["CopyVmStorage"] = full;
        settings["CreateVmExportSubdirectory"] = false;
        settings["ExportForLiveMigration"] = request.Settings.Mode == ExportMode.ForLiveMigration;
        if (request.Settings.SnapshotId is { } snapshot)
        {
            settings["SnapshotVirtualSystem"] = new CimPath(VmPaths.Settings, ("InstanceID", $"Microsoft:{snapshot}")).ToObjectPath(await services.HostNameAsync(session, cancellationToken));
        }

        var (_, job) = await connector.Jobs.StartAsync(
            session, await services.PathAsync(session, Service, cancellationToken), "ExportSystemDefinition",
            HyperVServices.Arguments("ExportSystemDefinition", ("ComputerSystem", VmPaths.Of(request.Vm)), ("ExportDirectory", request.Settings.Directory), ("ExportSettingData", CimXml.Write(settings))),
            what, cancellationToken);
        return job;
    }

    /// <summary>Whether the export's job was seen to end well, by this process or, if that was restarted, in the host's own list of jobs.</summary>
    private async Task<bool> EndedWellAsync(ICimSession session, ExportRequest request, CancellationToken cancellationToken) =>
        ended.ContainsKey(request.Operation)
        || await connector.Jobs.FindEndedAsync(session, VmPaths.Of(request.Vm), JobClass, HyperVJobType.Export, cancellationToken) is { Succeeded: true };

    private HypervisorException Unproven(VmInfo vm, ExportRequest request) => new(HyperVErrors.Info(
        ErrorCategory.OperationFailed, $"{request.Settings.Directory} on host {connector.Where} holds a definition of VM {vm.Name}, but nobody saw its export end: the host has forgotten the job.", connector.Where) with
    {
        Code = "export-unproven",
        Advice = "Delete the directory on the host and export again.",
    });

    /// <summary>The job that exports the VM now; null if none does.</summary>
    private Task<HyperVJob?> RunningAsync(ICimSession session, VmId vm, CancellationToken cancellationToken) =>
        connector.Jobs.FindRunningAsync(session, VmPaths.Of(vm), JobClass, cancellationToken, HyperVJobType.Export);

    /// <summary>Cancels a job and waits for its end, whatever that is.</summary>
    private async Task EndAsync(ICimSession session, CimPath job, string what)
    {
        try
        {
            await connector.Jobs.FollowAsync(session, job, what, new HyperVJobOptions { Cancel = new CancellationToken(canceled: true), Limit = Longest }, CancellationToken.None);
        }
        catch (HypervisorException error) when (IsOver(error.Error))
        {
            // What it has left is looked at next.
        }
    }

    /// <summary>The error is of a job's end, and not of the way to the host.</summary>
    private static bool IsOver(ErrorInfo error) =>
        error.Category is not (ErrorCategory.Connection or ErrorCategory.Authentication or ErrorCategory.Query or ErrorCategory.TypeConversion or ErrorCategory.JobTimedOut);

    private static HyperVJobOptions Following(IProgress<PackageProgress> progress, CancellationToken cancel) => new()
    {
        Progress = new Percent(progress),
        Cancel = cancel,
        Limit = Longest,
    };

    private static MigrationFinding State(VmInfo vm, ExportSettings settings)
    {
        var fits = settings.Mode switch
        {
            ExportMode.ConfigurationOnly => true,
            ExportMode.ForLiveMigration => vm.State is VmState.Running or VmState.Paused,
            _ => vm.State == VmState.Off || (vm.State == VmState.Saved && settings.RuntimeState) || settings.Snapshots == ExportSnapshots.One || (settings.RuntimeState && vm.State is VmState.Running or VmState.Paused),
        };
        return Finding("vm-state", fits, fits
            ? $"It is {vm.State}."
            : $"VM {vm.Name} is {vm.State}; {(settings.Mode == ExportMode.ForLiveMigration ? "only a running VM is exported for live migration." : "shut it down, take its memory along (runtimeState), or export one checkpoint or the configuration only.")}");
    }

    /// <summary>The definition that a file holds; null if there is none. The host says which VM it is of and what it is called.</summary>
    private Task<CimInstance?> ReadAsync(string file, CancellationToken cancellationToken) =>
        connector.RunAsync($"Cannot read {file}", session => ReadAsync(session, file, cancellationToken), cancellationToken);

    private async Task<CimInstance?> ReadAsync(ICimSession session, string file, CancellationToken cancellationToken)
    {
        var result = await session.InvokeAsync(
            await services.PathAsync(session, Service, cancellationToken), "GetDefinitionFileSummaryInformation",
            HyperVServices.Arguments("GetDefinitionFileSummaryInformation", ("DefinitionFiles", new[] { file })), cancellationToken);

        // A file that is not there, or is no definition, is a wrong parameter to the host.
        return result.Number("ReturnValue") == 0 && result.Array<CimInstance>("SummaryInformation") is [var summary, ..] ? summary : null;
    }

    private static string Definition(string directory, VmId vm) => $@"{directory.TrimEnd('\\', '/')}\Virtual Machines\{VmPaths.Key(vm)}.vmcx";

    private static PackageManifest Manifest(OperationId? operation, CimInstance definition, VmInfo? vm, ExportMode mode, string file, DateTimeOffset at) => new()
    {
        OperationId = operation,
        Hypervisor = HypervisorKind.HyperV,
        HypervisorVersion = definition.String("Version"),
        VmId = Guid.TryParse(definition.String("Name"), out var id) ? new VmId(id) : vm?.Id ?? default,
        VmName = definition.String("ElementName") ?? vm?.Name ?? "",
        Mode = mode,
        ExportedAt = at,
        Files = [new PackageFile { Path = $"Virtual Machines/{PackageRules.FileName(file)}", Kind = "definition" }, .. Disks(vm, mode)],
        Vm = vm,
    };

    private static IEnumerable<PackageFile> Disks(VmInfo? vm, ExportMode mode) => mode != ExportMode.Full ? [] : (vm?.Disks ?? []).Where(d => d.Source is not null)
        .Select(d => new PackageFile { Path = $"Virtual Hard Disks/{PackageRules.FileName(d.Source!)}", Kind = "disk", Source = d.Source, Target = d.Target });

    private static MigrationFinding Finding(string check, bool passed, string detail) => PackageRules.Finding(check, passed, detail);

    /// <summary>A job's percentage as progress, told when it is read.</summary>
    private sealed class Percent(IProgress<PackageProgress> progress) : IProgress<int>
    {
        public void Report(int value) => progress.Report(new PackageProgress { Percent = value });
    }
}
