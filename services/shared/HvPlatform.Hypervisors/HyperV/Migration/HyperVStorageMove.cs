using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>
/// The storage move facet: <c>MigrateVirtualSystemToHost</c> of the migration service without a destination host. The host's job copies, switches over and removes the old files;
/// it outlives this process and is found again by its VM. A call whose answer was lost is never made again: a job that runs is followed, and without one the disks tell what came of it.
/// </summary>
internal sealed class HyperVStorageMove(HyperVConnector connector, Func<VmId, CancellationToken, Task<VmInfo?>> find) : IStorageDriver
{
    private const string Method = "MigrateVirtualSystemToHost";
    private const string JobClass = "Msvm_MigrationJob";
    private const string ExportJobClass = "Msvm_ConcreteJob";
    private static readonly TimeSpan Longest = TimeSpan.FromDays(8);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);
    private static readonly string[] States = ["Running", "Paused", "Saved", "Off"];

    public async Task MoveStorageAsync(VmId vm, VmStorageMove move, CancellationToken cancellationToken)
    {
        var info = await find(vm, cancellationToken) ?? throw HyperVErrors.VmNotFound(vm, connector.Where);
        var what = $"move the storage of VM {info.Name}";
        CimPath? job;
        try
        {
            job = await connector.RunAsync($"Cannot {what}", session => BeginAsync(session, info, move, what, cancellationToken), cancellationToken);
        }
        catch (HypervisorException error) when (error.Error.Code is "reply-lost" or "host-silent")
        {
            if (!await SettleAsync(vm, move, what, cancellationToken))
            {
                throw;
            }

            return;
        }

        if (job is not null)
        {
            await FollowAsync(job, vm, move, what, cancellationToken);
        }
    }

    public async Task<bool> ResumeStorageMoveAsync(VmId vm, VmStorageMove move, CancellationToken cancellationToken)
    {
        var what = $"move the storage of VM {vm}";
        if (await RunningAsync(vm, what, cancellationToken) is { } job)
        {
            await FollowAsync(job.Path, vm, move, what, cancellationToken);
            return true;
        }

        return await PlacedAsync(vm, move, cancellationToken);
    }

    /// <summary>The job that the host has begun; null if there was nothing to do or it was done at once.</summary>
    private async Task<CimPath?> BeginAsync(ICimSession session, VmInfo vm, VmStorageMove move, string what, CancellationToken cancellationToken)
    {
        Check(move);
        if (!States.Contains(vm.State.ToString()))
        {
            throw HyperVErrors.InvalidState(what, vm.Name, vm.State.ToString(), connector.Where, States);
        }

        foreach (var jobs in (string[])[JobClass, ExportJobClass])
        {
            if (await connector.Jobs.FindRunningAsync(session, VmPaths.Of(vm.Id), jobs, cancellationToken) is { } other)
            {
                throw HyperVErrors.TransitionalState(what, vm.Name, $"being worked on by job {other.Id} ({other.Instance.String("Caption") ?? other.Path.ClassName}, {other.Percent} %)", connector.Where);
            }
        }

        var service = await HyperVMigrationService.ReadAsync(session, cancellationToken)
            ?? throw new HypervisorException(HyperVErrors.Info(ErrorCategory.MigrationFailed, $"Host {connector.Where} has no migration service.", connector.Where) with { Kind = ErrorKind.Unsupported });
        var parts = await HyperVParts.ReadAsync(session, vm.Id, cancellationToken) ?? throw HyperVErrors.VmNotFound(vm.Id, connector.Where);
        var places = Places(vm, parts, move);
        return places.Count == 0 && IsHome(parts, move) ? null : (await connector.Jobs.StartAsync(session, service.Path, Method, Arguments(vm.Id, parts, move, places), what, cancellationToken)).Job;
    }

    private static CimInstance Arguments(VmId vm, HyperVParts parts, VmStorageMove move, IReadOnlyList<(string From, string To)> places)
    {
        var settings = new CimInstance("Msvm_VirtualSystemMigrationSettingData") { ["MigrationType"] = (ushort)HyperVMigrationType.Storage };
        if (move.RetainSource)
        {
            settings["RetainVhdCopiesOnSource"] = true;
        }

        var arguments = new CimInstance(Method) { ["ComputerSystem"] = VmPaths.Of(vm), ["MigrationSettingData"] = CimXml.Write(settings) };
        if (move.Directory is { } directory)
        {
            arguments["NewSystemSettingData"] = CimXml.Write(new CimInstance("Msvm_VirtualSystemSettingData")
            {
                ["InstanceID"] = parts.Settings.String("InstanceID"),
                ["ConfigurationDataRoot"] = directory,
                ["SnapshotDataRoot"] = directory,
                ["SwapFileDataRoot"] = directory,
            });
        }

        var to = places.ToDictionary(p => p.From, p => p.To, StringComparer.OrdinalIgnoreCase);
        string[] disks = [.. parts.Disks.Where(d => to.ContainsKey(HyperVParts.FileOf(d)!)).Select(d => CimXml.Write(HyperVParts.WithFile(d, to[HyperVParts.FileOf(d)!])))];
        if (disks.Length > 0)
        {
            arguments["NewResourceSettingData"] = disks;
        }

        return arguments;
    }

    private async Task FollowAsync(CimPath job, VmId vm, VmStorageMove move, string what, CancellationToken cancellationToken)
    {
        var options = new HyperVJobOptions { Limit = Longest, Patience = Patience };
        try
        {
            await connector.RunAsync($"Cannot {what}", session => connector.Jobs.FollowAsync(session, job, what, options, cancellationToken), cancellationToken);
        }
        catch (HypervisorException error) when (error.Error.Category is ErrorCategory.JobNotFound)
        {
            // Forgotten, or the host was restarted: the disks tell.
            if (!await PlacedAsync(vm, move, cancellationToken))
            {
                throw new HypervisorException(
                    error.Error with { Kind = ErrorKind.Unknown, Code = "storage-move-lost", Advice = "The VM's disks are not all where they were to go. Look at the VM, and move its storage again if that is still wanted." }, error);
            }
        }
    }

    /// <summary>The call may have reached the host: asks it, as soon as it answers, what came of it.</summary>
    private async Task<bool> SettleAsync(VmId vm, VmStorageMove move, string what, CancellationToken cancellationToken)
    {
        var since = connector.Time.GetTimestamp();
        while (true)
        {
            HyperVJob? job;
            bool placed;
            try
            {
                job = await RunningAsync(vm, what, cancellationToken);
                placed = job is null && await PlacedAsync(vm, move, cancellationToken);
            }
            catch (HypervisorException error) when (error.Kind is ErrorKind.Transient or ErrorKind.Timeout && connector.Time.GetElapsedTime(since) < Patience)
            {
                await Task.Delay(Retry, connector.Time, cancellationToken);
                continue;
            }

            if (job is not null)
            {
                await FollowAsync(job.Path, vm, move, what, cancellationToken);
            }

            return job is not null || placed;
        }
    }

    private Task<HyperVJob?> RunningAsync(VmId vm, string what, CancellationToken cancellationToken) => connector.RunAsync(
        $"Cannot {what}",
        async session => await connector.Jobs.FindRunningAsync(session, VmPaths.Of(vm), JobClass, cancellationToken) is { } job && job.Instance.Number("MigrationType") is null or (long)HyperVMigrationType.Storage ? job : null,
        cancellationToken);

    private async Task<bool> PlacedAsync(VmId vm, VmStorageMove move, CancellationToken cancellationToken)
    {
        if (await find(vm, cancellationToken) is not { } info)
        {
            throw HyperVErrors.VmNotFound(vm, connector.Where);
        }

        var parts = await connector.RunAsync($"Cannot read the disks of VM {info.Name}", session => HyperVParts.ReadAsync(session, vm, cancellationToken), cancellationToken)
            ?? throw HyperVErrors.VmNotFound(vm, connector.Where);
        return Places(info, parts, move).Count == 0 && IsHome(parts, move);
    }

    private static bool IsHome(HyperVParts parts, VmStorageMove move) =>
        move.Directory is not { } directory || string.Equals(parts.Settings.String("ConfigurationDataRoot")?.TrimEnd('\\'), directory.TrimEnd('\\'), StringComparison.OrdinalIgnoreCase);

    private IReadOnlyList<(string From, string To)> Places(VmInfo vm, HyperVParts parts, VmStorageMove move) => StoragePlacement.Of(
        move,
        [.. parts.Disks.Select(d => HyperVParts.FileOf(d)!).Select(f => (vm.Disks.FirstOrDefault(d => string.Equals(d.Source, f, StringComparison.OrdinalIgnoreCase))?.Target ?? f, f))],
        HyperVParts.Below,
        StringComparer.OrdinalIgnoreCase,
        (member, wrong) => HyperVErrors.Validation(member, wrong, connector.Where));

    private void Check(VmStorageMove move)
    {
        if (move.Directory is { } directory && !IsWhole(directory))
        {
            throw HyperVErrors.Validation("directory", $"'{directory}' is no whole path of a Windows host, such as D:\\VMs.", connector.Where);
        }

        if (move.Directory is null && move.Disks.Count == 0)
        {
            throw HyperVErrors.MissingRequired("directory", connector.Where);
        }

        if (move.Disks.FirstOrDefault(d => !IsWhole(d.Destination) || d.Destination.EndsWith('\\')) is { } wrong)
        {
            throw HyperVErrors.Validation("disks", $"'{wrong.Destination}' is no whole path of a file on a Windows host.", connector.Where);
        }
    }

    private static bool IsWhole(string path) => path.StartsWith(@"\\", StringComparison.Ordinal) ? path.Length > 2 : path.Length > 3 && char.IsAsciiLetter(path[0]) && path[1] == ':' && path[2] == '\\';
}
