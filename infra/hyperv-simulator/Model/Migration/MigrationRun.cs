using HvPlatform.HyperVSimulator.Model.Storage;

namespace HvPlatform.HyperVSimulator.Model.Migration;

/// <summary>
/// Carries a migration out. Everything runs under the source's lock when something due there happens. The destination's lock is taken only in addition, only at once or not at
/// all (a step that does not get it is tried again), so that two hosts that send each other machines never wait for each other. The machine changes hosts in one step under
/// both locks: before it, it is whole on the source; after it, whole on the destination; whatever fails or breaks.
/// </summary>
internal sealed class MigrationRun(Migration migration)
{
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(2);
    private readonly SimulatedHyperVHost source = migration.Source;
    private readonly SimulatedVm vm = migration.Vm;
    private readonly MigrationRequest request = migration.Request;

    /// <summary>How long it takes altogether, beginning and end included.</summary>
    public static TimeSpan DurationOf(Migration migration)
    {
        var copying = migration.Request.Type is MigrationType.StorageDeepCheck ? 0 : migration.Storage.Bytes / Math.Min(migration.Source.Options.DiskBytesPerSecond, migration.Source.Options.NetworkBytesPerSecond);
        return (migration.Source.Options.JobDuration * 2) + TimeSpan.FromSeconds(copying) + migration.Memory.Copying + migration.Memory.Blackout;
    }

    /// <summary>Lays out what happens when.</summary>
    public void Begin()
    {
        var job = migration.Job!;
        var whole = DurationOf(migration);
        var edge = whole > TimeSpan.Zero ? source.Options.JobDuration / whole : 0;
        At(job, edge, Prepare);
        for (var tenth = 1; tenth < 10; tenth++)
        {
            At(job, edge + ((1 - (2 * edge)) * tenth / 10), CheckLink);
        }

        At(job, 1 - edge, SwitchOver);
    }

    /// <summary>The job was cancelled, or fails: nothing is left on the destination, unless the machine is there already.</summary>
    public void GiveUp()
    {
        if (!migration.IsActive)
        {
            return;
        }

        var reserved = migration.State == MigrationState.Copying && request.MovesStorage;
        migration.State = MigrationState.GivenUp;
        if (reserved)
        {
            migration.Storage.Undo((migration.Destination ?? source).Files);
        }
    }

    private void At(HostJob job, double part, Action step) => source.Timeline.At(job.StartedAt + (job.Duration * part), () => Do(job, step));

    private void Do(HostJob job, Action step)
    {
        if (job.State != JobState.Running || !migration.IsActive)
        {
            return;
        }

        try
        {
            CheckSource();
            step();
        }
        catch (StorageFault fault)
        {
            source.Jobs.Fail(job, Failed(fault.Code, [fault.Message]));
        }
        catch (JobFailed failed)
        {
            source.Jobs.Fail(job, failed);
        }
    }

    private void Prepare()
    {
        if (request.Type != MigrationType.Storage)
        {
            migration.Destination = source.Fleet?.Find(request.DestinationHost);
            if (MigrationChecks.Connection(source, migration.Destination, request) is { } problem)
            {
                throw Failed(ReturnCode.Failed, [problem]);
            }

            IReadOnlyList<string> problems = [];
            if (!Together(() =>
            {
                problems = MigrationChecks.Destination(migration, migration.Destination!);
                if (problems.Count == 0)
                {
                    migration.Destination!.Migrations.Expect(migration);
                    migration.DestinationBootedAt = migration.Destination.BootedAt;
                }
            }))
            {
                Later(Prepare);
                return;
            }

            if (problems.Count > 0)
            {
                throw Failed(ReturnCode.Failed, problems);
            }
        }

        if (request.MovesStorage)
        {
            migration.Storage.Reserve((migration.Destination ?? source).Files, request.Overwrite);
        }

        migration.State = MigrationState.Copying;
    }

    private void CheckLink()
    {
        if (migration.Destination is { } destination && MigrationChecks.Connection(source, destination, request) is { } problem)
        {
            throw Failed(ReturnCode.Failed, [problem]);
        }

        if (migration.DestinationBootedAt is { } booted && booted != migration.Destination!.BootedAt)
        {
            throw Failed(ReturnCode.Failed, [$"The connection to host '{request.DestinationHost}' for the Virtual Machine migration was lost: An existing connection was forcibly closed by the remote host. (0x80072746)."]);
        }
    }

    private void SwitchOver()
    {
        CheckLink();
        if (migration.State == MigrationState.Preparing)
        {
            // The destination's lock was busy all the time until now.
            Later(SwitchOver);
            return;
        }

        if (request.CancelIfBlackoutExceeded && migration.Memory.Blackout > source.Options.BlackoutThreshold)
        {
            throw Failed(ReturnCode.Failed, [
                $"The migration of '{vm.Name}' was cancelled since its black-out of {migration.Memory.Blackout.TotalMilliseconds:F0} ms would exceed the threshold of {source.Options.BlackoutThreshold.TotalMilliseconds:F0} ms. (0x800704C7)."]);
        }

        var job = migration.Job!;
        if (migration.Destination is not { } destination)
        {
            MoveStorage();
        }
        else if (request.Type == MigrationType.StorageDeepCheck)
        {
            migration.State = MigrationState.SwitchedOver;
        }
        else if (!Together(() => Transfer(destination)))
        {
            Later(SwitchOver);
            return;
        }

        job.IsPastReturn = true;
        var rest = job.StartedAt + job.Duration - source.Timeline.Now;
        source.Timeline.After(rest > TimeSpan.Zero ? rest : TimeSpan.Zero, () => source.Jobs.Finish(job));
    }

    private void MoveStorage()
    {
        migration.Storage.Fill(source.Files, source.Files);
        Redirect(vm);
        migration.State = MigrationState.SwitchedOver;
        RemoveSourceDisks();
    }

    /// <summary>The one step in which the machine changes hosts; under both hosts' locks.</summary>
    private void Transfer(SimulatedHyperVHost destination)
    {
        var problems = MigrationChecks.Destination(migration, destination);
        if (problems.Count > 0)
        {
            throw Failed(ReturnCode.Failed, problems);
        }

        if (request.MovesStorage)
        {
            migration.Storage.Fill(source.Files, destination.Files);
        }

        var arrived = MovedVm.On(destination, migration);
        if (request.Type == MigrationType.Staged)
        {
            destination.Place(arrived, planned: true);
        }
        else
        {
            source.Remove(vm);
            if (request.PlannedId is { } planned)
            {
                destination.RemovePlanned(planned);
            }

            destination.Place(arrived, planned: false);
        }

        if (request.MovesStorage)
        {
            RemoveSourceDisks();
        }

        migration.State = MigrationState.SwitchedOver;
    }

    private void Redirect(SimulatedVm moved)
    {
        var paths = migration.Storage.Paths;
        moved.Configuration.Redirect(paths);
        moved.Snapshots.ForEach(snapshot => snapshot.Redirect(paths));
        if (request.NewSystem is { } wanted)
        {
            moved.Configuration.Settings = MovedVm.WithDirectories(moved.Configuration.Settings, wanted);
        }
    }

    private void RemoveSourceDisks()
    {
        if (!request.KeepSourceDisks)
        {
            foreach (var (from, _, _) in migration.Storage.Copies)
            {
                source.Files.TryDelete(from);
            }
        }
    }

    private void CheckSource()
    {
        if (!source.Vms.TryGetValue(vm.Key, out var there) || there != vm || vm.State != migration.StateAtStart)
        {
            throw Failed(ReturnCode.InvalidState, [$"The virtual machine '{vm.Name}' is no longer in the state in which the migration began. (0x8007139F)."]);
        }
    }

    /// <summary>Does something under both locks, if the other is free.</summary>
    private bool Together(Action what)
    {
        var gate = migration.Destination!.Gate;
        if (!gate.TryEnter())
        {
            return false;
        }

        try
        {
            what();
            return true;
        }
        finally
        {
            gate.Exit();
        }
    }

    private void Later(Action step) => source.Timeline.At(source.Clock.GetUtcNow() + Retry, () => Do(migration.Job!, step));

    private JobFailed Failed(uint code, IReadOnlyList<string> problems)
    {
        var what = request.Type switch
        {
            MigrationType.Storage => "Storage migration",
            MigrationType.StorageDeepCheck => "Storage migration check",
            MigrationType.Staged => "Planned virtual machine creation",
            _ => "Virtual machine migration operation",
        };
        return new JobFailed(
            (ushort)code,
            $"{what} for '{vm.Name}' failed at migration source '{source.Name}'. (Virtual machine ID {vm.Key})\n\n{string.Join("\n\n", problems)}",
            [.. problems]);
    }
}
