using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Vms;
using HvPlatform.HostAgent.Jobs;
using HvPlatform.HostAgent.Journal;
using HvPlatform.HostAgent.Questions;
using HvPlatform.Hypervisors;
using MassTransit;

namespace HvPlatform.HostAgent.Hosts;

/// <summary>The agent of one host: its queue, its jobs, and what it says about the host.</summary>
sealed class HostAgent : IAsyncDisposable
{
    static readonly TimeSpan s_publishPatience = TimeSpan.FromSeconds(5);

    readonly IHypervisorDriver _driver;
    readonly JobJournal _journal;
    readonly AgentTimings _timings;
    readonly FactPublisher _facts;
    readonly ResultPublisher _results;
    readonly JobRunner _runner;
    readonly JobIntake _intake;
    readonly HostReporter _reporter;
    readonly ChangeWatcher _watcher;
    readonly HostSampler? _sampler;
    readonly TimeProvider _time;
    readonly ILogger _logger;
    readonly CancellationTokenSource _stop = new();
    readonly List<Task> _loops = [];
    IAsyncDisposable? _endpoint;

    HostAgent(HostIdentity host, IHypervisorDriver driver, JobJournal journal, AgentTimings timings, IAgentBus bus, Func<Guid> newId, TimeProvider time, ILogger logger)
    {
        (Host, _driver, _journal, _timings, _time, _logger, StartedAt) = (host, driver, journal, timings, time, logger, time.GetUtcNow());
        var generations = new Generations(journal, time);
        _facts = new FactPublisher(host.Name, bus, time, logger);
        var context = new HostJobContext(host, driver, time, journal, new Transfers(), bus) { NewId = newId, ExportRoots = timings.ExportRoots, DiskRoots = timings.DiskRoots };
        _results = new ResultPublisher(host.Name, journal, bus, newId, time, logger);
        _runner = new JobRunner(context, _results, timings, logger);
        _intake = new JobIntake(context, _runner, _results, logger);
        _reporter = new HostReporter(host, driver, generations, _facts, timings, StartedAt, WithEpoch, time, logger);
        _sampler = timings.Sample > TimeSpan.Zero ? new HostSampler(host, driver, bus, timings.Sample, _reporter, time) : null;
        _watcher = new ChangeWatcher(host, driver, generations, _facts, _reporter, WithEpoch, time, logger);
    }

    public HostIdentity Host { get; }

    /// <summary>The host, to be read. What changes it goes through <see cref="TakeAsync"/>.</summary>
    public IHypervisorDriver Driver => _driver;

    /// <summary>Whether the hypervisor answered when it was asked last.</summary>
    public bool Reachable => _reporter.Reachable;

    public DateTimeOffset StartedAt { get; }

    /// <summary>Whether a migration of the VM to or from this host runs, or ended after the given time.</summary>
    public bool HasMoved(VmId vm, DateTimeOffset since) => _journal.HasMoved(vm, since);

    /// <summary>
    /// Asks the driver who it is, opens the journal, goes on with what that holds, reads the host's queue, and says that the host is managed. Everything in here goes on in
    /// the context it is started in, if there is one.
    /// </summary>
    /// <param name="driver">The host; the agent disposes it.</param>
    /// <param name="openDisk">Opens and holds what the host's journal is kept on.</param>
    /// <param name="timings">Times and limits.</param>
    /// <param name="bus">Where it says things.</param>
    /// <param name="connect">Begins to read the host's queue into <see cref="TakeAsync"/>; disposing that stops it.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    /// <param name="newId">Ids of messages; null for ids from the clock and chance.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<HostAgent> StartAsync(
        IHypervisorDriver driver,
        Func<HostIdentity, IJournalDisk> openDisk,
        AgentTimings timings,
        IAgentBus bus,
        Func<HostAgent, CancellationToken, Task<IAsyncDisposable>> connect,
        TimeProvider time,
        ILogger logger,
        Func<Guid>? newId,
        CancellationToken cancellationToken)
    {
        var host = await driver.GetHostAsync(cancellationToken);
        var disk = openDisk(host);
        var journal = disk.Name;
        var agent = new HostAgent(host, driver, JobJournal.Open(disk, host.Id, time), timings, bus, newId ?? Guid.CreateVersion7, time, logger);
        try
        {
            agent._results.Start();
            agent._runner.Resume();
            agent._endpoint = await connect(agent, cancellationToken);
            await agent._reporter.RegisterAsync(cancellationToken);
            agent.StartLoop("heartbeat", agent._reporter.HeartbeatAsync);
            agent.StartLoop("report", agent._reporter.ReportAsync);
            agent.StartLoop("watch", agent._watcher.WatchAsync);
            if (agent._sampler is { } sampler)
            {
                agent.StartLoop("sample", sampler.SampleAsync);
            }

            Log.HostServed(logger, host.Name, host.Id, driver.Kind, journal);
            return agent;
        }
        catch
        {
            await agent.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// In good order: takes no more commands, lets short jobs end, publishes what it can, and says that the host is unmanaged, not down. Transfers go on in the
    /// hypervisor; the next agent attaches to them.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (_endpoint is { } endpoint)
        {
            await endpoint.DisposeAsync();
        }

        _stop.Cancel();
        var transfers = await _runner.StopAsync(_timings.Stop);
        await Task.WhenAll(_loops).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        await _results.StopAsync(s_publishPatience);
        if (_endpoint is not null)
        {
            using var patience = new CancellationTokenSource(s_publishPatience, _time);
            Task stopping = _facts.PublishAsync(new HostAgentStopping { HostId = Host.Id, At = _time.GetUtcNow() }, Host.Id.Value, patience.Token);
            await stopping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            Log.HostStopped(_logger, Host.Name, transfers);
        }

        await _journal.DisposeAsync();
        await _driver.DisposeAsync();
    }

    /// <summary>Takes a command. Returns when the delivery may be acknowledged; throws if it was not taken and has to come again.</summary>
    public Task TakeAsync(IHostCommand command, CancellationToken cancellationToken) =>
        _intake.TakeAsync(HostJobs.Find(command.GetType().Name) ?? throw new ArgumentException($"No job obeys {command.GetType().Name}.", nameof(command)), command, cancellationToken);

    /// <summary>Reports as soon as possible.</summary>
    public void RequestReport() => _reporter.RequestReport();

    /// <summary>Makes a queue's deliveries this agent's.</summary>
    public void Configure(IBusRegistrationContext context, IReceiveEndpointConfigurator endpoint)
    {
        // Commands come to this queue only; bound to the commands' exchanges, every host would get every host's.
        endpoint.ConfigureConsumeTopology = false;
        foreach (var job in HostJobs.All)
        {
            job.Connect(endpoint, _intake.TakeAsync);
        }

        var places = new QuestionPlaces(HostQuestions.AtATime);
        foreach (var question in HostQuestions.All)
        {
            question.Connect(endpoint, Host, _driver, places, HostQuestions.Patience, _time);
        }

        endpoint.Handler<ReportHostNow>(_ =>
        {
            RequestReport();
            return Task.CompletedTask;
        });
    }

    /// <summary>What this agent fences by, not only what is stored beside the VM: whoever grants epochs has to go above it, also one that has lost its own memory.</summary>
    VmInfo WithEpoch(VmInfo vm) => vm with { Epoch = Math.Max(vm.Epoch, _journal.EpochOf(vm.Id)) };

    void StartLoop(string name, Func<CancellationToken, Task> loop) => _loops.Add(LoopAsync(name, loop));

    async Task LoopAsync(string name, Func<CancellationToken, Task> loop)
    {
        await Task.Yield();
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await loop(_stop.Token);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                Log.LoopFailed(_logger, e, Host.Name, name);
                await Task.Delay(_timings.Heartbeat, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            }
        }
    }
}
