using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Vms;
using HvPlatform.HostAgent.Jobs;
using HvPlatform.HostAgent.Journal;
using HvPlatform.Hypervisors;
using HvPlatform.ServiceKit;
using HvPlatform.ServiceKit.Bus;
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
    readonly TimeProvider _time;
    readonly ILogger _logger;
    readonly CancellationTokenSource _stop = new();
    readonly List<Task> _loops = [];
    IAsyncDisposable? _endpoint;

    HostAgent(HostIdentity host, IHypervisorDriver driver, JobJournal journal, AgentTimings timings, IBus bus, TimeProvider time, ILogger logger)
    {
        (Host, _driver, _journal, _timings, _time, _logger) = (host, driver, journal, timings, time, logger);
        var generations = new Generations(journal, time);
        _facts = new FactPublisher(host.Name, bus, logger);
        var context = new HostJobContext(host, driver, time, journal, new Transfers(), (m, key, ct) => PublishAsync(bus, m, key, ct));
        _results = new ResultPublisher(host.Name, journal, bus, time, logger);
        _runner = new JobRunner(context, _results, timings, logger);
        _intake = new JobIntake(context, _runner, _results, logger);
        _reporter = new HostReporter(host, driver, generations, _facts, timings, time.GetUtcNow(), WithEpoch, time, logger);
        _watcher = new ChangeWatcher(host, driver, generations, _facts, _reporter, WithEpoch, time, logger);
    }

    public HostIdentity Host { get; }

    /// <summary>Asks the driver who it is, opens the journal, goes on with what that holds, reads the host's queue, and says that the host is managed.</summary>
    public static async Task<HostAgent> StartAsync(
        IHypervisorDriver driver, string journalDirectory, AgentTimings timings, IBus bus, IHvEndpointConnector connector, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        var host = await driver.GetHostAsync(cancellationToken);
        var agent = new HostAgent(host, driver, JobJournal.Open(journalDirectory, host.Id, time), timings, bus, time, logger);
        try
        {
            agent._results.Start();
            agent._runner.Resume();
            agent._endpoint = await connector.ConnectAsync(new HvEndpoint(Queues.HostAgent(host.Id), agent.Configure) { Transactional = false }, cancellationToken);
            await agent._reporter.RegisterAsync(cancellationToken);
            agent.StartLoop("heartbeat", agent._reporter.HeartbeatAsync);
            agent.StartLoop("report", agent._reporter.ReportAsync);
            agent.StartLoop("watch", agent._watcher.WatchAsync);
            Log.HostServed(logger, host.Name, host.Id, driver.Kind, journalDirectory);
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

        await _stop.CancelAsync();
        var transfers = await _runner.StopAsync(_timings.Stop);
        await Task.WhenAll(_loops).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _results.StopAsync(s_publishPatience);
        if (_endpoint is not null)
        {
            using var patience = new CancellationTokenSource(s_publishPatience);
            Task stopping = _facts.PublishAsync(new HostAgentStopping { HostId = Host.Id, At = _time.GetUtcNow() }, Host.Id.Value, patience.Token);
            await stopping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Log.HostStopped(_logger, Host.Name, transfers);
        }

        await _journal.DisposeAsync();
        await _driver.DisposeAsync();
    }

    void Configure(IBusRegistrationContext context, IReceiveEndpointConfigurator endpoint)
    {
        // Commands come to this queue only; bound to the commands' exchanges, every host would get every host's.
        endpoint.ConfigureConsumeTopology = false;
        foreach (var job in HostJobs.All)
        {
            job.Connect(endpoint, _intake.TakeAsync);
        }

        endpoint.Handler<ReportHostNow>(_ =>
        {
            _reporter.RequestReport();
            return Task.CompletedTask;
        });
    }

    /// <summary>What this agent fences by, not only what is stored beside the VM: whoever grants epochs has to go above it, also one that has lost its own memory.</summary>
    VmInfo WithEpoch(VmInfo vm) => vm with { Epoch = Math.Max(vm.Epoch, _journal.EpochOf(vm.Id)) };

    void StartLoop(string name, Func<CancellationToken, Task> loop) => _loops.Add(Task.Run(async () =>
    {
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
                await Task.Delay(_timings.Heartbeat, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }));

    static Task PublishAsync(IBus bus, object message, Guid key, CancellationToken cancellationToken) => message switch
    {
        HostJobAccepted m => bus.PublishKeyedAsync(m, key, cancellationToken),
        Contracts.Migrations.MigrationProgressed m => bus.PublishKeyedAsync(m, key, cancellationToken),
        _ => throw new ArgumentException($"{message.GetType().Name} is published through the journal.", nameof(message)),
    };
}
