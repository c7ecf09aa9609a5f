using HvPlatform.Simulation.Bus;
using HvPlatform.Simulation.Kernel;
using Xunit;

namespace HvPlatform.SimulationTests.Bus;

public sealed class SimQueueTests
{
    [Fact]
    public void Messages_that_come_late_wake_the_queue_once_each()
    {
        const int Late = 30;
        var scheduler = new SimScheduler(1);
        var broker = new SimBroker(scheduler, () => new NothingHappens(), (_, _) => { });
        var queue = broker.Declare("q", []);
        var reader = new Reader(new SimProcess(scheduler, "reader"));
        queue.Attach(reader);
        for (var i = Late; i > 0; i--)
        {
            // Each earlier than all before it.
            queue.Add(new Envelope(Guid.NewGuid(), typeof(string), "\"\"", Guid.NewGuid(), "sender"), TimeSpan.FromSeconds(i));
        }

        while (scheduler.Step() && scheduler.Steps < 10_000)
        {
        }

        Assert.Equal(Late, reader.Delivered);
        Assert.InRange(scheduler.Steps, Late, 4 * Late);
    }

    sealed class Reader(SimProcess process) : ISimConsumer
    {
        public SimProcess Process => process;

        public int Delivered { get; private set; }

        public void Deliver(Delivery delivery)
        {
            Delivered++;
            delivery.Acknowledge(delivery.Turn);
        }
    }

    sealed class NothingHappens : IAdversary
    {
        public Fate OnEnqueue(string queue, Envelope message) => default;

        public WorkFault OnWork(string service, Envelope message) => WorkFault.None;

        public bool OnAgentTake(string agent, Envelope message) => true;

        public bool OnLeave(Envelope message) => true;
    }
}
