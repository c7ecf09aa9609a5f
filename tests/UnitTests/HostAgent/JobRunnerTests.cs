using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Vms;
using HvPlatform.HostAgent.Hosts;
using HvPlatform.HostAgent.Jobs;
using HvPlatform.HostAgent.Journal;
using HvPlatform.Hypervisors;
using HvPlatform.Hypervisors.Simulated;
using HvPlatform.TestKit;
using MassTransit;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace HvPlatform.UnitTests.HostAgent;

/// <summary>Jobs against a hypervisor and a broker that do not answer: each command still gets its one answer into the journal.</summary>
public sealed class JobRunnerTests : IAsyncDisposable
{
    static readonly NullLogger s_log = NullLogger.Instance;

    readonly SimulatedFleet _fleet = new(3, TimeProvider.System);
    readonly SimulatedDriver _driver;
    readonly HostIdentity _host;
    readonly JobJournal _journal;
    readonly VmId _vm = VmId.From(Guid.NewGuid());

    public JobRunnerTests()
    {
        var host = _fleet.AddHost();
        host.AddVm(SimulatedFleet.NewVm(_vm, "started", 1, 256, VmState.Off));
        _driver = new SimulatedDriver(_fleet, host.Id);
        _host = new HostIdentity(host.Id, host.Name);
        _journal = JobJournal.Open(TemporaryDirectory.Create("hv-journal-"), host.Id, TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        await _journal.DisposeAsync();
        await _driver.DisposeAsync();
    }

    [Fact]
    public async Task Native_call_that_ignores_its_token_is_answered_as_a_timeout()
    {
        var (intake, runner) = Agent(new DeafDriver(_driver), (_, _, _) => Task.CompletedTask);
        var command = Start();
        await intake.TakeAsync(HostJobs.Find(nameof(StartVmOnHost))!, command, default);
        var failed = (await EndOfAsync(command)).Body!.Value.Deserialize<VmCommandFailed>(HvJson.Options)!;
        Assert.Equal((ErrorKind.Timeout, "job-timeout"), (failed.Error.Kind, failed.Error.Code));
        await runner.StopAsync(TimeSpan.Zero);
    }

    [Fact]
    public async Task Next_job_of_the_vm_waits_for_a_native_call_that_was_answered_as_a_timeout()
    {
        var deaf = new DeafDriver(_driver);
        var (intake, runner) = Agent(deaf, (_, _, _) => Task.CompletedTask);
        var (first, next) = (Start(), Start());
        await intake.TakeAsync(HostJobs.Find(nameof(StartVmOnHost))!, first, default);
        await intake.TakeAsync(HostJobs.Find(nameof(StartVmOnHost))!, next, default);
        await EndOfAsync(first);

        // Longer than the second would take to be answered if it had begun.
        await Assert.ThrowsAsync<TimeoutException>(() => EndOfAsync(next).WaitAsync(TimeSpan.FromSeconds(1)));
        Assert.Equal(1, deaf.Starts);
        deaf.Started.SetResult();
        Assert.Equal(nameof(VmCommandCompleted), (await EndOfAsync(next)).Result);
        Assert.Equal(2, deaf.Starts);
        await runner.StopAsync(TimeSpan.Zero);
    }

    [Fact]
    public async Task Native_call_that_never_returns_holds_up_the_vm_for_a_bounded_time_and_no_stop()
    {
        var deaf = new DeafDriver(_driver);
        var (intake, runner) = Agent(deaf, (_, _, _) => Task.CompletedTask, laneHold: TimeSpan.FromSeconds(0.5));
        var (first, next) = (Start(), Start());
        await intake.TakeAsync(HostJobs.Find(nameof(StartVmOnHost))!, first, default);
        await intake.TakeAsync(HostJobs.Find(nameof(StartVmOnHost))!, next, default);
        await EndOfAsync(next);
        Assert.Equal(2, deaf.Starts);
        var (another, runnerOfAnother) = Agent(deaf, (_, _, _) => Task.CompletedTask);
        await another.TakeAsync(HostJobs.Find(nameof(StartVmOnHost))!, first = Start(), default);
        await EndOfAsync(first);
        await runnerOfAnother.StopAsync(TimeSpan.FromMinutes(5)).WaitAsync(TimeSpan.FromSeconds(10));
        await runner.StopAsync(TimeSpan.Zero);
    }

    [Fact]
    public async Task Closed_operation_begins_no_transfer_but_one_that_has_switched_over_may_be_taken_up()
    {
        var (intake, runner) = Agent(_driver, (_, _, _) => Task.CompletedTask);
        var abort = new AbortVmTransfer { OperationId = OperationId.New(), HostId = _host.Id, VmId = _vm, Epoch = 1 };
        await intake.TakeAsync(HostJobs.Find(nameof(AbortVmTransfer))!, abort, default);
        await EndOfAsync(abort);
        var resume = new TransferVm
        {
            OperationId = abort.OperationId,
            Step = "resume-transfer#1",
            HostId = _host.Id,
            VmId = _vm,
            Epoch = 1,
            DestinationHostId = _host.Id,
            MigrationUri = "simulated://elsewhere",
            Policy = new MigrationPolicy(),
            Resume = true,
        };
        await intake.TakeAsync(HostJobs.Find(nameof(TransferVm))!, resume, default);
        var ended = (await EndOfAsync(resume)).Body!.Value.Deserialize<VmTransferEnded>(HvJson.Options)!;

        // It was looked at, and nothing was begun.
        Assert.Equal((VmTransferOutcome.Indeterminate, "transfer-lost"), (ended.Outcome, ended.Error?.Code));
        await runner.StopAsync(TimeSpan.Zero);
    }

    [Fact]
    public async Task Broker_that_does_not_take_the_acceptance_holds_up_no_job()
    {
        var (intake, runner) = Agent(_driver, (_, _, stop) => Task.Delay(Timeout.InfiniteTimeSpan, stop));
        var command = Start();
        using var delivery = new CancellationTokenSource();
        var taking = intake.TakeAsync(HostJobs.Find(nameof(StartVmOnHost))!, command, delivery.Token);
        Assert.Equal(nameof(VmCommandCompleted), (await EndOfAsync(command)).Result);
        Assert.False(taking.IsCompleted);
        await delivery.CancelAsync();
        await taking;
        await runner.StopAsync(TimeSpan.Zero);
    }

    [Fact]
    public async Task Answers_are_published_once_past_one_that_is_unknown_even_if_that_cannot_be_noted()
    {
        foreach (var (result, step) in new[] { ("AnswerOfALaterVersion", "first"), (nameof(VmCommandCompleted), "second") })
        {
            var key = new JobKey(OperationId.New(), step);
            var body = JsonSerializer.SerializeToElement(
                new VmCommandCompleted { OperationId = key.OperationId, Step = step, HostId = _host.Id, VmId = _vm, Kind = OperationKind.StartVm, State = VmState.Running, At = TimeProvider.System.GetUtcNow() }, HvJson.Options);
            await _journal.AppendAsync(
                new JobReceived(key, _vm, 1, nameof(StartVmOnHost), body, TimeProvider.System.GetUtcNow(), null),
                new JobEnded(key, TimeProvider.System.GetUtcNow(), result, body, Guid.NewGuid()));
        }

        // A closed journal takes nothing, as one whose disk refused a write.
        await _journal.DisposeAsync();
        var bus = Bus.Factory.CreateUsingInMemory(_ => { });
        var published = new Published();
        bus.ConnectPublishObserver(published);
        await bus.StartAsync();
        try
        {
            var results = new ResultPublisher(_host.Name, _journal, new AgentBus(bus), Guid.NewGuid, TimeProvider.System, s_log);
            results.Start();
            await results.StopAsync(TimeSpan.FromSeconds(5));
            Assert.Equal(1, published.Count);
        }
        finally
        {
            await bus.StopAsync();
        }
    }

    StartVmOnHost Start() => new() { OperationId = OperationId.New(), HostId = _host.Id, VmId = _vm, Epoch = 1 };

    (JobIntake Intake, JobRunner Runner) Agent(IHypervisorDriver driver, Func<object, Guid, CancellationToken, Task> publish, TimeSpan? laneHold = null)
    {
        var bus = new Saying(publish);
        var context = new HostJobContext(_host, driver, TimeProvider.System, _journal, new Transfers(), bus);

        // Not started, so that what ends stays in the journal and no bus is asked.
        var results = new ResultPublisher(_host.Name, _journal, bus, Guid.NewGuid, TimeProvider.System, s_log);
        var runner = new JobRunner(context, results, new AgentTimings { JobTimeout = TimeSpan.FromSeconds(0.3), LaneHold = laneHold ?? TimeSpan.FromMinutes(15) }, s_log);
        return (new JobIntake(context, runner, results, s_log), runner);
    }

    async Task<JobEnded> EndOfAsync(IHostCommand command)
    {
        var key = new JobKey(command.OperationId, command.Step);
        await Eventually.Until(() => _journal.Find(key)?.Ended is not null, "the job has ended", 3);
        return _journal.Find(key)!.Ended!;
    }

    sealed class Saying(Func<object, Guid, CancellationToken, Task> publish) : IAgentBus
    {
        public Task PublishAsync(object message, Guid key, Guid? messageId, CancellationToken cancellationToken) => publish(message, key, cancellationToken);

        public Task PublishTransientAsync(object message, CancellationToken cancellationToken) => publish(message, default, cancellationToken);
    }

    sealed class Published : IPublishObserver
    {
        int _count;

        public int Count => Volatile.Read(ref _count);

        public Task PrePublish<T>(PublishContext<T> context) where T : class => Task.CompletedTask;

        public Task PostPublish<T>(PublishContext<T> context) where T : class
        {
            Interlocked.Increment(ref _count);
            return Task.CompletedTask;
        }

        public Task PublishFault<T>(PublishContext<T> context, Exception exception) where T : class => Task.CompletedTask;
    }

    /// <summary>Its start blocks in native code, which no token reaches.</summary>
    sealed class DeafDriver(IHypervisorDriver inner) : IHypervisorDriver
    {
        public TaskCompletionSource Started { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Starts { get; private set; }

        public HypervisorKind Kind => inner.Kind;

        public IPowerDriver? Power => inner.Power;

        public IDefinitionDriver? Definition => inner.Definition;

        public IMigrationDriver? Migration => inner.Migration;

        public IStatsDriver? Stats => inner.Stats;

        public Task<HostIdentity> GetHostAsync(CancellationToken cancellationToken) => inner.GetHostAsync(cancellationToken);

        public Task<HostCapabilities> GetCapabilitiesAsync(CancellationToken cancellationToken) => inner.GetCapabilitiesAsync(cancellationToken);

        public Task<long?> GetFreeMemoryMiBAsync(CancellationToken cancellationToken) => inner.GetFreeMemoryMiBAsync(cancellationToken);

        public Task<HostScan> ListAsync(CancellationToken cancellationToken) => inner.ListAsync(cancellationToken);

        public Task<VmInfo?> GetAsync(VmId vm, CancellationToken cancellationToken) => inner.GetAsync(vm, cancellationToken);

        public Task StartAsync(VmId vm, CancellationToken cancellationToken)
        {
            Starts++;
            return Started.Task;
        }

        public Task ForceOffAsync(VmId vm, CancellationToken cancellationToken) => inner.ForceOffAsync(vm, cancellationToken);

        public IAsyncEnumerable<DriverEvent> WatchAsync(CancellationToken cancellationToken) => inner.WatchAsync(cancellationToken);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
