using System.Text.Json.Nodes;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Hypervisors.Simulated;
using HvPlatform.Simulation.Agents;
using HvPlatform.Simulation.Bus;
using HvPlatform.Simulation.Kernel;

namespace HvPlatform.Simulation.Worlds;

/// <summary>A host's agent between the broker and its host: the real one, in a process that can die at any moment; its journal and its host outlive it.</summary>
sealed class AgentNode : ISimConsumer
{
    static readonly TimeSpan s_again = TimeSpan.FromSeconds(1);

    readonly World _world;
    readonly SimAgent _agent;
    int _boots;

    public AgentNode(World world, SimulatedHost host, string name)
    {
        (_world, Host) = (world, host);
        _agent = new SimAgent(world.Scheduler, name, world.Fleet, host.Id) { Publish = (p, token) => PublishAsync(p, token) };
        Name = name;
        QueueName = Queues.HostAgent(host.Id);
        var queue = world.Broker.Declare(QueueName, []);
        _agent.Reading += reads =>
        {
            if (reads)
            {
                queue.Attach(this);
            }
            else
            {
                queue.Detach();
            }
        };
    }

    public SimulatedHost Host { get; }

    public string Name { get; }

    public string QueueName { get; }

    public SimProcess Process => _agent.Process;

    public bool IsRunning => _agent.IsRunning;

    public void Boot()
    {
        if (_agent.IsRunning)
        {
            return;
        }

        if (_boots++ > 0 && _world.Options.Without(Safeguard.Journal))
        {
            _agent.Disk.Lose();
        }

        _world.Trace(Name, () => "starts");
        _agent.Start();
    }

    /// <summary>kill -9, and started again after a while.</summary>
    public void Crash(TimeSpan down)
    {
        if (!_agent.IsRunning)
        {
            return;
        }

        _world.Trace(Name, () => $"dies for {down.TotalSeconds:F1} s");
        _agent.Kill();
        _world.Scheduler.After(down, null, "restart", Boot);
    }

    public void Deliver(Delivery delivery) => _ = DeliverAsync(delivery, delivery.Turn);

    async Task DeliverAsync(Delivery delivery, int turn)
    {
        if (!_world.Adversary.OnAgentTake(Name, delivery.Message))
        {
            return;
        }

        while (delivery.Turn == turn)
        {
            try
            {
                switch (Open(delivery.Message))
                {
                    case IHostCommand command:
                        await _agent.TakeAsync(command);
                        break;
                    case ReportHostNow:
                        _agent.RequestReport();
                        break;
                }

                delivery.Acknowledge(turn);
                return;
            }
            catch (SimAgentDiedException)
            {
                return;
            }
            catch (Exception e) when (e is not SimulationDefectException and not ViolationException)
            {
                _world.Trace(Name, () => $"does not take {delivery.Message.Type.Name}: {e.Message}");
                await Task.Delay(s_again, Process.Time);
            }
        }
    }

    object Open(Envelope message)
    {
        if (_world.Options.Without(Safeguard.Closing))
        {
            _agent.ForgetClosed();
        }

        if (!_world.Options.Without(Safeguard.EpochCheck) || !message.Type.IsAssignableTo(typeof(IHostCommand)))
        {
            return message.Open();
        }

        // An agent that compares no epochs: every command looks as if the newest operation had sent it.
        var body = JsonNode.Parse(message.Body)!;
        body["epoch"] = _world.Orchestrator.Tables.Epochs.GetValueOrDefault(VmId.Parse(body["vmId"]!.GetValue<string>()));
        return (message with { Body = body.ToJsonString() }).Open();
    }

    async Task PublishAsync(SimPublication publication, CancellationToken cancellationToken)
    {
        await Task.Delay(_world.Latency(), Process.Time, cancellationToken);
        while (!_world.Broker.IsUp)
        {
            await Task.Delay(s_again, Process.Time, cancellationToken);
        }

        var message = Envelope.Of(publication.MessageId, publication.Message, publication.Key, Name);
        if (!_world.Adversary.OnLeave(message))
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, Process.Time, CancellationToken.None);
        }

        _world.Trace(Name, () => $"publishes {_world.Describe(message)}");
        _world.Sent(message);
        _world.Broker.Take(null, message);
    }
}
