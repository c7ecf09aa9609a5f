using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.Simulated;
using HvPlatform.Simulation.Agents;
using HvPlatform.Simulation.Kernel;

namespace HvPlatform.SimulationTests.Agents;

/// <summary>
/// Two simulated hosts with their agents, and somebody who wants a VM moved and is as stubborn as the saga: each command is sent again until it is answered, and a
/// transfer that stayed is tried again.
/// </summary>
sealed class TwoHosts
{
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);
    static readonly TimeSpan s_limit = TimeSpan.FromMinutes(10);

    readonly Dictionary<string, object> _answers = [];
    readonly SimProcess _asking;

    public TwoHosts(int seed)
    {
        Scheduler = new SimScheduler(seed);
        var hypervisors = new SimProcess(Scheduler, "hypervisors");
        Fleet = new SimulatedFleet(seed, hypervisors.Time);
        var latency = new SimulatedHostOptions { MemoryMiB = 8192, CallLatency = () => TimeSpan.FromTicks(Scheduler.Random.NextInt64(TimeSpan.TicksPerMillisecond * 20)) };
        Source = Add("source", Fleet.AddHost(latency));
        Destination = Add("destination", Fleet.AddHost(latency));
        Fleet[Source.HostId].AddVm(SimulatedFleet.NewVm(Vm, "moved", 1, 64, VmState.Running));
        Fleet.Changed += e => Effects.Add(e);
        _asking = new SimProcess(Scheduler, "asking");
    }

    public OperationId Operation { get; init; } = OperationId.From(new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));

    public SimScheduler Scheduler { get; }

    public SimulatedFleet Fleet { get; }

    public SimAgent Source { get; }

    public SimAgent Destination { get; }

    public VmId Vm { get; } = VmId.From(new Guid(11, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));

    public List<SimulatedEffect> Effects { get; } = [];

    public List<SimPublication> Said { get; } = [];

    /// <summary>Which agent dies, and at which step of the run; null for none.</summary>
    public (SimAgent Agent, long Step)? KillAt { get; set; }

    /// <summary>The agent that dies loses its journal too.</summary>
    public bool LoseJournal { get; set; }

    /// <summary>Runs a whole migration. False if it did not end.</summary>
    public bool Migrate() => RunToEnd(MigrateAsync);

    /// <summary>Reboots the VM where it is. False if that was not answered.</summary>
    public bool Reboot() => RunToEnd(() => AskAsync<object>(Source, new RebootVmOnHost { OperationId = Operation, HostId = Source.HostId, VmId = Vm, Epoch = 1 }));

    public TimeProvider Time => _asking.Time;

    /// <summary>Lets things happen until they are as wanted, or time is up.</summary>
    public void Run(Func<bool> wanted)
    {
        var end = Scheduler.Now + s_limit;
        while (!wanted() && Scheduler.Step(end))
        {
            if (KillAt is { } kill && Scheduler.Steps == kill.Step)
            {
                kill.Agent.Kill();
                if (LoseJournal)
                {
                    kill.Agent.Disk.Lose();
                }

                Scheduler.After(TimeSpan.FromMilliseconds(300), null, "restart", kill.Agent.Start);
            }
        }
    }

    /// <summary>Sends a command again and again until it is answered.</summary>
    public async Task<T> AskAsync<T>(SimAgent agent, IHostCommand command) where T : class
    {
        while (true)
        {
            await SendAsync(agent, command);
            for (var until = Scheduler.Now + s_patience; Scheduler.Now < until; await Task.Delay(TimeSpan.FromMilliseconds(20), _asking.Time))
            {
                if (_answers.TryGetValue(command.Step, out var answer))
                {
                    return answer as T ?? throw new InvalidOperationException($"{command.Step}: {answer}");
                }
            }
        }
    }

    /// <summary>Delivers a command until it is acknowledged.</summary>
    public async Task SendAsync(SimAgent agent, IHostCommand command)
    {
        while (true)
        {
            try
            {
                await agent.TakeAsync(command);
                return;
            }
            catch (SimAgentDiedException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), _asking.Time);
            }
        }
    }

    public CheckMigrationSource CheckSource() => new() { OperationId = Operation, HostId = Source.HostId, VmId = Vm, Epoch = 1, Policy = new() };

    public PrepareMigrationDestination Prepare(MigrationSourceFacts facts) => new() { OperationId = Operation, HostId = Destination.HostId, VmId = Vm, Epoch = 1, Source = facts };

    public CleanUpMigrationDestination CleanUp() => new() { OperationId = Operation, HostId = Destination.HostId, VmId = Vm, Epoch = 1 };

    public TransferVm Transfer(string step = "transfer") => new()
    {
        OperationId = Operation,
        Step = step,
        HostId = Source.HostId,
        VmId = Vm,
        Epoch = 1,
        DestinationHostId = Destination.HostId,
        MigrationUri = $"simulated://{Destination.HostId}",
        Policy = new(),
    };

    public AbortVmTransfer Abort(string step = "abort") => new() { OperationId = Operation, Step = step, HostId = Source.HostId, VmId = Vm, Epoch = 1 };

    public RestoreMigrationSource Restore() => new() { OperationId = Operation, HostId = Source.HostId, VmId = Vm, Epoch = 1, WasRunning = true };

    /// <summary>Does the work with both agents running. False if it did not end.</summary>
    public bool RunToEnd(Func<Task> work)
    {
        var ended = false;
        Source.Start();
        Destination.Start();
        _asking.Start("work", async () =>
        {
            await work();
            ended = true;
        });
        Run(() => ended);
        return ended;
    }

    SimAgent Add(string name, SimulatedHost host)
    {
        var agent = new SimAgent(Scheduler, name, Fleet, host.Id);
        agent.Publish = (_, stop) => Task.Delay(TimeSpan.FromTicks(Scheduler.Random.NextInt64(TimeSpan.TicksPerMillisecond * 5)), agent.Process.Time, stop);
        agent.Published += p =>
        {
            Said.Add(p);
            Scheduler.Note($"{name} {p.Message.GetType().Name} {p.MessageId}");
            if (p.Message.GetType().GetProperty("Step")?.GetValue(p.Message) is string step && p.Message is not (HostJobAccepted or HostCommandRefused))
            {
                _answers[step] = p.Message;
            }
        };
        return agent;
    }

    async Task MigrateAsync()
    {
        var facts = (await AskAsync<MigrationSourceChecked>(Source, CheckSource())).Source!;
        await AskAsync<MigrationDestinationChecked>(
            Destination, new CheckMigrationDestination { OperationId = Operation, HostId = Destination.HostId, VmId = Vm, Epoch = 1, Source = facts, Policy = new() });
        await AskAsync<MigrationDestinationPrepared>(Destination, Prepare(facts));
        await TransferAsync();
        await AskAsync<MigrationFinishedOnDestination>(
            Destination, new FinishMigrationOnDestination { OperationId = Operation, HostId = Destination.HostId, VmId = Vm, Epoch = 1, Source = facts });
        await AskAsync<MigrationConfirmedOnSource>(Source, new ConfirmMigrationOnSource { OperationId = Operation, HostId = Source.HostId, VmId = Vm, Epoch = 1 });
    }

    async Task TransferAsync()
    {
        for (var attempt = 1; ; attempt++)
        {
            var ended = await AskAsync<VmTransferEnded>(Source, Transfer($"transfer-{attempt}"));
            if (ended.Outcome == VmTransferOutcome.Completed)
            {
                return;
            }

            var there = await AskAsync<MigratingVmInspected>(
                Destination, new InspectMigratingVm { OperationId = Operation, Step = $"inspect-{attempt}", HostId = Destination.HostId, VmId = Vm, Epoch = 1 });
            if (there is { Exists: true, Incoming: false })
            {
                return;
            }
        }
    }
}
