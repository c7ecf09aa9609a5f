using System.Runtime.CompilerServices;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.HostAgent.Hosts;
using HvPlatform.HostAgent.Journal;
using HvPlatform.Hypervisors;
using HvPlatform.Hypervisors.Simulated;
using HvPlatform.Simulation.Kernel;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace HvPlatform.Simulation.Agents;

/// <summary>Something an agent says.</summary>
/// <param name="Message">An answer, a fact, progress.</param>
/// <param name="Key">Messages of one key are kept in order.</param>
/// <param name="MessageId">The same when the same answer is said again after a death; a new one when a command came again.</param>
sealed record SimPublication(object Message, Guid Key, Guid MessageId);

/// <summary>The delivery was not taken: it has to come again.</summary>
sealed class SimAgentDiedException(string agent) : Exception($"{agent} died, or does not run.");

/// <summary>
/// The real agent of one simulated host, in a process of the simulation: it can be killed between any two of its steps and started again over the same journal.
/// Its hypervisor (with its transfers) and its journal's disk live on.
/// </summary>
sealed class SimAgent(SimScheduler scheduler, string name, SimulatedFleet fleet, HostId host, AgentTimings? timings = null)
{
    static readonly TimeSpan s_restart = TimeSpan.FromSeconds(1);

    readonly AgentTimings _timings = timings ?? new AgentTimings();
    readonly List<TaskCompletionSource> _taking = [];
    SimulatedDriver? _driver;
    HostAgent.Hosts.HostAgent? _agent;

    public HostId HostId => host;

    public SimProcess Process { get; } = new(scheduler, name);

    public MemoryJournalDisk Disk { get; } = new($"{name}.journal");

    public ILogger Logger { get; set; } = NullLogger.Instance;

    /// <summary>Wraps the driver of each life: a hypervisor that misbehaves in other ways than its planted faults.</summary>
    public Func<IHypervisorDriver, IHypervisorDriver> Wrap { get; set; } = d => d;

    /// <summary>
    /// The broker: the task ends when it has confirmed the message, and fails if it does not take it. Called in the agent's context. Without one every message
    /// is confirmed at once.
    /// </summary>
    public Func<SimPublication, CancellationToken, Task> Publish { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>What the broker has confirmed.</summary>
    public event Action<SimPublication>? Published;

    /// <summary>True when it begins to read the host's queue, false when it died or stopped.</summary>
    public event Action<bool>? Reading;

    /// <summary>The process exists; it may not read its queue yet.</summary>
    public bool IsRunning { get; private set; }

    /// <summary>It takes commands.</summary>
    public bool IsReading { get; private set; }

    /// <summary>Starts the process. A host that does not answer ends it, as in production; it is then started anew every second.</summary>
    public void Start()
    {
        if (IsRunning)
        {
            throw new SimulationDefectException($"{name} runs already.");
        }

        IsRunning = true;
        Process.Start("start", StartAsync);
    }

    /// <summary>kill -9, and what the system does after it: connections break, locks are let go of, deliveries in its hands are not acknowledged.</summary>
    public void Kill()
    {
        IsRunning = false;
        Process.Kill();
        Disk.HolderDied();
        _ = _driver?.DisposeAsync().AsTask();
        (_driver, _agent) = (null, null);
        StopReading();
    }

    /// <summary>Kills it if it runs, and starts it.</summary>
    public void Restart()
    {
        if (IsRunning)
        {
            Kill();
        }

        Start();
    }

    /// <summary>Stopped in good order.</summary>
    public void Stop() => Process.Start("stop", async () =>
    {
        if (_agent is { } agent)
        {
            await agent.DisposeAsync();
            Kill();
        }
    });

    /// <summary>
    /// A delivery. Ends when it may be acknowledged; fails with the agent's own exception if it was not taken, and with <see cref="SimAgentDiedException"/> if the agent
    /// is not there or dies before: then it has to come again. To be awaited in a context of the simulation.
    /// </summary>
    public Task TakeAsync(IHostCommand command)
    {
        if (_agent is not { } agent || !IsReading)
        {
            return Task.FromException(new SimAgentDiedException(name));
        }

        // Continuations run where they were awaited: on no thread but this one.
        var taken = new TaskCompletionSource();
        _taking.Add(taken);
        Process.Start($"take {command.GetType().Name} {command.Step}", async () =>
        {
            try
            {
                await agent.TakeAsync(command, CancellationToken.None);
                End(taken, null);
            }
            catch (Exception e)
            {
                End(taken, e);
            }
        });
        return taken.Task;
    }

    /// <summary>For a mutation: the agent does not know any more which operations were ended here.</summary>
    public void ForgetClosed()
    {
        if (_agent is { } agent)
        {
            StateOf(JournalOf(agent)).Closed.Clear();
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_journal")]
    static extern ref JobJournal JournalOf(HostAgent.Hosts.HostAgent agent);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_state")]
    static extern ref JournalState StateOf(JobJournal journal);

    /// <summary>Asks for a full report, as <see cref="ReportHostNow"/> does.</summary>
    public void RequestReport() => Process.Start("report", () =>
    {
        _agent?.RequestReport();
        return Task.CompletedTask;
    });

    async Task StartAsync()
    {
        while (true)
        {
            var driver = new SimulatedDriver(fleet, host);
            _driver = driver;
            try
            {
                _agent = await HostAgent.Hosts.HostAgent.StartAsync(
                    Wrap(driver), _ => Disk.Hold(), _timings, new Bus(this), ReadAsync, Process.Time, Logger, NewId, CancellationToken.None);
                return;
            }
            catch (Exception e) when (e is HypervisorException or IOException)
            {
                StopReading();
                await driver.DisposeAsync();
                await Task.Delay(s_restart, Process.Time);
            }
        }
    }

    Task<IAsyncDisposable> ReadAsync(HostAgent.Hosts.HostAgent agent, CancellationToken cancellationToken)
    {
        _agent = agent;
        IsReading = true;
        Reading?.Invoke(true);
        return Task.FromResult<IAsyncDisposable>(new Queue(this));
    }

    void StopReading()
    {
        if (IsReading)
        {
            IsReading = false;
            Reading?.Invoke(false);
        }

        foreach (var taking in _taking.ToArray())
        {
            End(taking, new SimAgentDiedException(name));
        }
    }

    void End(TaskCompletionSource taking, Exception? failed)
    {
        if (!_taking.Remove(taking))
        {
            return;
        }

        if (failed is null)
        {
            taking.SetResult();
        }
        else
        {
            taking.SetException(failed);
        }
    }

    Guid NewId()
    {
        Span<byte> bytes = stackalloc byte[16];
        scheduler.Random.NextBytes(bytes);
        return new Guid(bytes);
    }

    sealed class Bus(SimAgent agent) : IAgentBus
    {
        public async Task PublishAsync(object message, Guid key, Guid? messageId, CancellationToken cancellationToken)
        {
            var publication = new SimPublication(message, key, messageId ?? agent.NewId());
            await agent.Publish(publication, cancellationToken);
            agent.Published?.Invoke(publication);
        }

        // Figures decide nothing: what they would disturb is the order of everything else.
        public Task PublishTransientAsync(object message, CancellationToken cancellationToken) => Task.CompletedTask;
    }

    sealed class Queue(SimAgent agent) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            agent.StopReading();
            return ValueTask.CompletedTask;
        }
    }
}
