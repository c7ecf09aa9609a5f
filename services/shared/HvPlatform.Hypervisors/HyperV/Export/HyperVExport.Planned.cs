using System.Collections.Concurrent;
using HvPlatform.Contracts;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

// Whose a planned VM is, and what comes before its changes: the import of the definition and of the checkpoints.
internal sealed partial class HyperVExport
{
    private const string PlannedSystem = "Msvm_PlannedComputerSystem";
    private const string PlannedType = "Microsoft:Hyper-V:System:Planned";
    private const string SnapshotType = "Microsoft:Hyper-V:Snapshot:";
    private const string Removal = "Wait until it is gone if another import or migration works on it; otherwise delete it on the host, and import again.";
    private readonly ConcurrentDictionary<OperationId, ImportCall> begun = new();

    /// <summary>What this process knows of an import's call of <c>ImportSystemDefinition</c>.</summary>
    /// <param name="Asked">The host was asked.</param>
    /// <param name="Job">The job by which it answered.</param>
    private sealed record ImportCall(bool Asked = false, CimPath? Job = null);

    /// <summary>Whether a planned VM that is not known to be this import's is another's for sure. It is not after a restart, or if the host's answer was lost.</summary>
    private bool KnowsAll(ImportRequest request) => begun.GetValueOrDefault(request.Operation) is { } call && (!call.Asked || call.Job is not null);

    /// <summary>Lets the host make the planned VM, and returns its settings; a job of this import that is known is followed instead.</summary>
    private async Task<CimInstance> ImportDefinitionAsync(ICimSession session, ImportRequest request, HyperVJobOptions following)
    {
        const string What = "import the definition";
        CancellationToken none = CancellationToken.None;
        var answer = new CimInstance("Nothing");
        var job = begun.GetValueOrDefault(request.Operation)?.Job;
        if (job is null)
        {
            if (!KnowsAll(request))
            {
                await SettleAsync(session, none);
            }

            if (await ForeignAsync(session, request, none) is { } foreign)
            {
                throw NotOurs(foreign);
            }

            begun[request.Operation] = new ImportCall(Asked: true);
            (answer, job) = await connector.Jobs.StartAsync(
                session, await services.PathAsync(session, Service, none), "ImportSystemDefinition",
                HyperVServices.Arguments("ImportSystemDefinition", ("SystemDefinitionFile", FileOf(request)), ("SnapshotFolder", null), ("GenerateNewSystemIdentifier", request.Settings.NewId)),
                What, none);
            begun[request.Operation] = new ImportCall(Asked: true, job);
        }

        HyperVResult result;
        try
        {
            result = job is null ? new HyperVResult(answer, null, []) : await connector.Jobs.FollowAsync(session, job, What, following, none) with { Out = answer };
        }
        catch (HypervisorException error) when (IsOver(error.Error))
        {
            // A job that failed has made nothing; how one ended that the host has forgotten is not known.
            begun[request.Operation] = new ImportCall(Asked: error.Error.Category is ErrorCategory.JobNotFound);
            throw;
        }

        return await SettingsAsync(session, await connector.Jobs.ResultAsync(session, result, "ImportedSystem", PlannedSystem, none))
            ?? throw new HypervisorException(HyperVErrors.Info(ErrorCategory.OperationFailed, $"Host {connector.Where} imported the definition and names no planned VM.", connector.Where));
    }

    /// <summary>Writes into the planned VM's notes that it is this import's, and names it.</summary>
    private async Task<CimInstance> MarkAsync(ICimSession session, ImportRequest request, CimInstance planned)
    {
        // The epoch of another host's operations says nothing here.
        var (text, _) = EpochNote.Read(NotesOf(planned));
        var changed = new CimInstance(VmPaths.Settings)
        {
            ["InstanceID"] = planned.String("InstanceID"),
            ["ElementName"] = request.Settings.NewName ?? planned.String("ElementName"),
            ["Notes"] = new[] { string.Join('\n', (text ?? "").Split('\n').Where(line => !line.StartsWith(Mark, StringComparison.Ordinal) && line.Length > 0).Append(MarkOf(request))) },
        };
        await services.ManageAsync(session, "ModifySystemSettings", HyperVServices.Arguments("ModifySystemSettings", ("SystemSettings", CimXml.Write(changed))), "name the planned VM", CancellationToken.None);
        return planned;
    }

    /// <summary>
    /// Gives the planned VM the export's checkpoints. A folder that is not there is no error unless the definition names a checkpoint; a checkpoint that is named and does not
    /// come is one.
    /// </summary>
    private async Task ImportSnapshotsAsync(ICimSession session, ImportRequest request, CimInstance planned, HyperVJobOptions following)
    {
        const string What = "import the export's checkpoints";
        CancellationToken none = CancellationToken.None;
        var folder = SnapshotFolder(FileOf(request)!);
        if (await connector.Jobs.FindRunningAsync(session, Planned(planned), JobClass, none, HyperVJobType.Import) is { } running)
        {
            await connector.Jobs.FollowAsync(session, running.Path, What, following, none);
        }

        var (count, missing) = await SnapshotsAsync(session, planned);
        if (count == 0 || missing.Count > 0)
        {
            try
            {
                await connector.Jobs.RunAsync(
                    session, await services.PathAsync(session, Service, none), "ImportSnapshotDefinitions",
                    HyperVServices.Arguments("ImportSnapshotDefinitions", ("PlannedSystem", Planned(planned)), ("SnapshotFolder", folder)), What, following, none);
            }
            catch (HypervisorException error) when (missing.Count == 0 && IsNoSuchFolder(error.Error))
            {
                return;
            }
            catch (HypervisorException error) when (IsOver(error.Error) && error.Error.Category is not (ErrorCategory.JobCancelled or ErrorCategory.JobNotFound))
            {
                throw NotImported($"Host {connector.Where} cannot import the checkpoints in {folder}: {error.Error.NativeMessage ?? error.Message}", error.Error);
            }

            missing = (await SnapshotsAsync(session, planned)).Missing;
        }

        if (missing.Count > 0)
        {
            throw NotImported($"The exported VM has checkpoints that are not in {folder} on host {connector.Where}: {string.Join(", ", missing)}.", null);
        }
    }

    /// <summary>How many checkpoints the planned VM has, and the ids of those that it or one of them comes from and that it lacks.</summary>
    private static async Task<(int Count, IReadOnlyList<string> Missing)> SnapshotsAsync(ICimSession session, CimInstance planned)
    {
        var ids = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var parents = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        await foreach (var settings in session.QueryAsync(CimPath.Virtualization, Wql.Select(VmPaths.Settings, "VirtualSystemIdentifier", planned.String("VirtualSystemIdentifier")!), CancellationToken.None))
        {
            if (settings.String("VirtualSystemType")?.StartsWith(SnapshotType, StringComparison.OrdinalIgnoreCase) == true)
            {
                ids.Add(settings.String("InstanceID") ?? "");
            }

            if (CimPath.TryParse(settings.String("Parent"), out var parent) && parent!["InstanceID"] is { } id)
            {
                parents.Add(id);
            }
        }

        return (ids.Count, [.. parents.Except(ids, StringComparer.OrdinalIgnoreCase)]);
    }

    /// <summary>The settings of the planned VM of this import: that is marked so, or that the import's job has made; null if there is none.</summary>
    private async Task<CimInstance?> OursAsync(ICimSession session, ImportRequest request, CancellationToken cancellationToken)
    {
        if (await MarkedAsync(session, request, cancellationToken) is { } marked)
        {
            return marked;
        }

        if (begun.GetValueOrDefault(request.Operation) is not { Job: { } job })
        {
            return null;
        }

        var made = await connector.Jobs.AffectedAsync(session, job, PlannedSystem, cancellationToken);
        return await SettingsAsync(session, made.FirstOrDefault(one => one.Created).Path);
    }

    private async Task<CimInstance?> MarkedAsync(ICimSession session, ImportRequest request, CancellationToken cancellationToken)
    {
        await foreach (var settings in session.QueryAsync(CimPath.Virtualization, Wql.Select(VmPaths.Settings, "VirtualSystemType", PlannedType), cancellationToken))
        {
            if (NotesOf(settings).Contains(MarkOf(request), StringComparison.Ordinal))
            {
                return settings;
            }
        }

        return null;
    }

    /// <summary>
    /// The settings of a planned VM that this import could be taken for, and that nothing says to be its own: with the id that is to be kept, or with the exported name and no
    /// import's mark. Null if there is none.
    /// </summary>
    private async Task<CimInstance?> ForeignAsync(ICimSession session, ImportRequest request, CancellationToken cancellationToken)
    {
        var name = request.Settings.NewId && FileOf(request) is { } file ? (await ReadAsync(session, file, cancellationToken))?.String("ElementName") : null;
        await foreach (var settings in session.QueryAsync(CimPath.Virtualization, Wql.Select(VmPaths.Settings, "VirtualSystemType", PlannedType), cancellationToken))
        {
            var notes = NotesOf(settings);
            var alike = request.Settings.NewId ? settings.String("ElementName") == name && !notes.Contains(Mark, StringComparison.Ordinal) : IdOf(settings) == request.Vm;
            if (alike && !notes.Contains(MarkOf(request), StringComparison.Ordinal))
            {
                return settings;
            }
        }

        return null;
    }

    /// <summary>Waits until no import runs on the host: one of them may be an import's that this process knows nothing of, and would make its planned VM later.</summary>
    private async Task SettleAsync(ICimSession session, CancellationToken cancellationToken)
    {
        var running = new List<CimPath>();
        await foreach (var instance in session.EnumerateAsync(CimPath.Virtualization, JobClass, cancellationToken))
        {
            if (instance.Number("JobType") == (long)HyperVJobType.Import && HyperVJob.Read(instance) is { Ended: false } job)
            {
                running.Add(job.Path);
            }
        }

        foreach (var job in running)
        {
            try
            {
                await connector.Jobs.FollowAsync(session, job, "wait for an import that runs", new HyperVJobOptions { Limit = Longest }, cancellationToken);
            }
            catch (HypervisorException error) when (IsOver(error.Error))
            {
                // That it ended is all that counts here.
            }
        }
    }

    private async Task<CimInstance?> SettingsAsync(ICimSession session, CimPath? system) =>
        Guid.TryParse(system?["Name"], out var id) ? await session.GetAsync(VmPaths.SettingsOf(new VmId(id)), CancellationToken.None) : null;

    private HypervisorException NotOurs(CimInstance planned) => new(HyperVErrors.Info(ErrorCategory.InvalidState, ForeignPlanned(planned), connector.Where) with
    {
        Kind = ErrorKind.Conflict,
        Code = "planned-vm-not-ours",
        Advice = Removal,
    });

    private string ForeignPlanned(CimInstance planned) =>
        $"Host {connector.Where} has a planned VM {planned.String("ElementName")} ({IdOf(planned)}) that nothing shows to be of this import; it is left as it is.";

    private HypervisorException NotImported(string message, ErrorInfo? cause) => new(HyperVErrors.Info(ErrorCategory.CheckpointNotFound, message, connector.Where) with
    {
        Code = "checkpoints-not-imported",
        NativeCode = cause?.NativeCode,
        NativeMessage = cause?.NativeMessage,
        Advice = "Copy the export with all its directories to where the host reads it, or export the VM again without its checkpoints (snapshots None).",
        Cause = cause,
    });

    /// <summary>Windows has no such file, or no such directory.</summary>
    private static bool IsNoSuchFolder(ErrorInfo error) =>
        error.NativeMessage is { } text && (text.Contains("0x80070002", StringComparison.OrdinalIgnoreCase) || text.Contains("0x80070003", StringComparison.OrdinalIgnoreCase));

    /// <summary>The folder of checkpoints beside the folder of the definition.</summary>
    private static string SnapshotFolder(string definition)
    {
        const string Machines = @"\Virtual Machines";
        var folder = definition[..definition.LastIndexOf('\\')];
        return (folder.EndsWith(Machines, StringComparison.OrdinalIgnoreCase) ? folder[..^Machines.Length] : folder) + @"\Snapshots";
    }

    private static string MarkOf(ImportRequest request) => $"{Mark}{request.Operation}";

    private static string NotesOf(CimInstance settings) => settings.Array<string>("Notes") is [{ } notes, ..] ? notes : "";
}
