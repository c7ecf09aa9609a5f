using System.Diagnostics;
using HvPlatform.Chaos.World;
using HvPlatform.Contracts.Migrations;

namespace HvPlatform.Chaos.Rounds;

/// <summary>
/// Brings a migration to a phase and holds it there: most phases last milliseconds. A phase lasts as long as the process that owes its answer is frozen
/// (SIGSTOP); that process can still be killed. The transfer is held by nothing: it is long enough by itself.
/// </summary>
sealed class PhaseHold(ChaosWorld world, int source, int destination)
{
    /// <summary>The guest rewrites its memory so that at this speed a transfer takes some seconds.</summary>
    public const int BandwidthMiBps = 48;

    readonly HashSet<ServiceProcess> _frozen = [];
    int? _frozenDaemon;

    /// <summary>Starts the migration and returns its id when the phase is reached.</summary>
    public async Task<Guid> ReachAsync(MigrationPhase phase, bool insideTheCall, CancellationToken cancellationToken)
    {
        var (from, to) = (world.Agent(source), world.Agent(destination));
        if (phase < MigrationPhase.Transferring)
        {
            Freeze(from);
        }

        var id = await world.Api.AcceptAsync($"/v1/vms/{world.Vm}/migrations", new { destinationHostId = world.Id(destination), policy = new { bandwidthMiBps = BandwidthMiBps, storage = world.CopiesDisks ? "CopyFull" : "Shared" } }, cancellationToken);
        if (phase < MigrationPhase.Transferring)
        {
            await UntilAsync(id, MigrationPhase.Preflight, cancellationToken);
        }

        if (phase is MigrationPhase.Reserving or MigrationPhase.PreparingDestination)
        {
            Freeze(world.Orchestrator);
            Thaw(from);
            await UntilAsync(id, MigrationPhase.Reserving, cancellationToken);
        }

        if (phase == MigrationPhase.PreparingDestination)
        {
            Freeze(to);
            Thaw(world.Orchestrator);
            await UntilAsync(id, phase, cancellationToken);
        }

        if (phase == MigrationPhase.Transferring)
        {
            await UntilAsync(id, phase, cancellationToken);
            while (world.Host[destination - 1].Qemu(world.Vm).Count == 0)
            {
                await Task.Delay(5, cancellationToken);
            }
        }

        if (phase > MigrationPhase.Transferring)
        {
            await UntilAsync(id, MigrationPhase.Transferring, cancellationToken);
            Freeze(to);
            await UntilAsync(id, MigrationPhase.Finishing, cancellationToken);
        }

        if (phase == MigrationPhase.Confirming)
        {
            Freeze(from);
            Thaw(to);
            await UntilAsync(id, phase, cancellationToken);
        }

        if (insideTheCall)
        {
            await MoveIntoTheCallAsync(phase, cancellationToken);
        }

        return id;
    }

    /// <summary>Lets everything run on that still lives.</summary>
    public void Release()
    {
        foreach (var service in _frozen.ToList())
        {
            Thaw(service);
        }

        if (_frozenDaemon is { } daemon)
        {
            Signals.Thaw(daemon);
        }
    }

    /// <summary>The agent goes to work, and libvirtd does not answer it.</summary>
    async Task MoveIntoTheCallAsync(MigrationPhase phase, CancellationToken cancellationToken)
    {
        var host = phase is MigrationPhase.Preflight or MigrationPhase.Confirming ? source : destination;
        if (phase is MigrationPhase.Reserving or MigrationPhase.Transferring || world.Host[host - 1].Daemon is not { } daemon)
        {
            return;
        }

        _frozenDaemon = daemon;
        Signals.Freeze(daemon);
        Thaw(world.Agent(host));
        await Task.Delay(300, cancellationToken);
    }

    void Freeze(ServiceProcess service)
    {
        service.Freeze();
        _frozen.Add(service);
    }

    void Thaw(ServiceProcess service)
    {
        service.Thaw();
        _frozen.Remove(service);
    }

    /// <summary>The saga's own row says it first.</summary>
    async Task UntilAsync(Guid id, MigrationPhase phase, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var state = await world.QueryAsync($"select current_state from migration_saga.sagas_migrate_vm where correlation_id = '{id}'") as string;
            if (state == $"{phase}")
            {
                return;
            }

            if (clock.Elapsed > TimeSpan.FromSeconds(30) || (Enum.TryParse<MigrationPhase>(state, out var reached) && reached > phase))
            {
                throw new MissedPhaseException($"The migration {id} is in '{state}' when {phase} was waited for.");
            }

            await Task.Delay(2, cancellationToken);
        }
    }
}

/// <summary>The migration was not caught in the phase wanted, so the round proves nothing.</summary>
sealed class MissedPhaseException(string message) : Exception(message);
