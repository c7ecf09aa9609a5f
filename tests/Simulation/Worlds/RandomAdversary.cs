using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Vms;
using HvPlatform.Simulation.Bus;

namespace HvPlatform.Simulation.Worlds;

/// <summary>
/// Chance plants what goes wrong with messages and transactions. Each seed has its own temper: some worlds mostly lose messages, others mostly crash. What is
/// lost is what the real system may lose or the design claims to survive: commands to hosts, their answers, facts; never what an outbox has
/// and a confirming broker holds.
/// </summary>
sealed class RandomAdversary : IAdversary
{
    static readonly HashSet<Type> s_losable =
    [
        .. typeof(IHostCommand).Assembly.GetTypes().Where(t => t.IsAssignableTo(typeof(IHostCommand)) && t.IsClass),
        typeof(HostJobAccepted), typeof(VmCommandCompleted), typeof(VmCommandFailed), typeof(VmObserved), typeof(VmGone), typeof(HostReported), typeof(HostHeartbeat),
        typeof(MigrationSourceChecked), typeof(MigrationDestinationChecked), typeof(MigrationDestinationPrepared), typeof(VmTransferEnded), typeof(MigratingVmInspected),
        typeof(MigrationFinishedOnDestination), typeof(MigrationConfirmedOnSource), typeof(MigrationDestinationCleanedUp), typeof(MigrationSourceRestored),
        typeof(MigrationStepFailed), typeof(MigrationProgressed), typeof(ReserveMigrationCapacity), typeof(MigrationCapacityReserved), typeof(MigrationCapacityRefused),
        typeof(MigrationCapacityDeferred), typeof(HostCommandRefused), typeof(MigrationForecasted),
    ];

    readonly World _world;
    readonly double _lose;
    readonly double _late;
    readonly double _overtake;
    readonly double _twice;
    readonly double _crash;
    readonly double _commit;
    readonly KeptCommands _kept;

    public RandomAdversary(World world)
    {
        _world = world;
        (_lose, _late, _overtake, _twice, _crash, _commit) = (Temper(0.06), Temper(0.06), Temper(0.06), Temper(0.1), Temper(0.02), Temper(0.03));
        _kept = new KeptCommands(world);
    }

    /// <summary>While false nothing goes wrong.</summary>
    public bool IsActive { get; set; } = true;

    public Fate OnEnqueue(string queue, Envelope message)
    {
        if (!IsActive)
        {
            return default;
        }

        if (_kept.Keeps(queue, message))
        {
            return new Fate(Kept: true);
        }

        if (message.Type == typeof(MigrationTimerElapsed) && _world.Has(Breadth.LostTimers) && _world.Wide.NextDouble() < 0.03)
        {
            _world.Reach("lost timer");
            return new Fate(Lost: true);
        }

        var losable = s_losable.Contains(message.Type);
        var twice = _world.Chance(_twice) ? _world.Chance(0.7) ? _world.Between(0, 3) : _world.Between(3, 300) : (TimeSpan?)null;
        if (losable && _world.Chance(_lose))
        {
            return new Fate(Lost: true, CopyAfter: twice);
        }

        if (losable && _world.Chance(_overtake))
        {
            return new Fate(Delay: _world.Chance(0.6) ? _world.Between(0, 5) : _world.Between(5, 400), Overtaken: true, CopyAfter: twice);
        }

        return new Fate(Delay: _world.Chance(_late) ? _world.Between(0, 12) : default, CopyAfter: twice);
    }

    public WorkFault OnWork(string service, Envelope message)
    {
        if (!IsActive)
        {
            return WorkFault.None;
        }

        if (_world.Chance(_crash))
        {
            return _world.Chance(0.5) ? WorkFault.CrashBeforeCommit : WorkFault.CrashAfterCommit;
        }

        return _world.Chance(_commit) ? _world.Chance(0.5) ? WorkFault.CommitFails : WorkFault.CommitAnswerLost : WorkFault.None;
    }

    public bool OnAgentTake(string agent, Envelope message)
    {
        if (!IsActive || !_world.Chance(_crash))
        {
            return true;
        }

        _world.Agents.First(a => a.Name == agent).Crash(_world.DownTime());
        return false;
    }

    public bool OnLeave(Envelope message)
    {
        if (!IsActive || !_world.Chance(_crash / 2) || _world.Agents.Find(a => a.Name == message.Sender) is not { } agent)
        {
            return true;
        }

        // After the work, before its answer left.
        agent.Crash(_world.DownTime());
        return false;
    }

    double Temper(double most) => _world.Chance(0.3) ? 0 : _world.Random.NextDouble() * _world.Random.NextDouble() * most * 2;
}
