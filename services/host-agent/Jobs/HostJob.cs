using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.HostAgent.Hosts;
using HvPlatform.HostAgent.Journal;
using HvPlatform.HostAgent.Migrations;
using HvPlatform.Hypervisors;
using MassTransit;

namespace HvPlatform.HostAgent.Jobs;

/// <summary>Which queue inside the agent a job waits in.</summary>
enum JobLane
{
    /// <summary>One at a time per VM, a few at a time per host.</summary>
    Vm = 0,

    /// <summary>Long: waits for nothing and nothing waits for it.</summary>
    Transfer = 1,

    /// <summary>Short and urgent: waits for nothing.</summary>
    Immediate = 2,
}

/// <summary>One command type and what the agent does for it. All of them are listed in <see cref="HostJobs"/>.</summary>
abstract class HostJob
{
    /// <summary>The command's type name, as the journal keeps it.</summary>
    public abstract string Name { get; }

    public virtual JobLane Lane => JobLane.Vm;

    /// <summary>How long the hypervisor is waited for, where that is longer than <see cref="AgentTimings.JobTimeout"/>; null for that.</summary>
    public virtual TimeSpan? Patience => null;

    /// <summary>The patience of what moves a VM's memory or disks; less than the orchestrator waits for it.</summary>
    protected static TimeSpan LongPatience { get; } = TimeSpan.FromHours(1);

    /// <summary>False for a question whose answer is only good now: it is not journaled and asked anew each time.</summary>
    public virtual bool Journaled => true;

    /// <summary>Whether the taking itself is made known. A migration's saga has timers of its own and needs the answer only.</summary>
    public virtual bool AnnouncesTaking => true;

    /// <summary>Once it is taken, its operation begins nothing more on this host: what comes late must not start what nobody follows.</summary>
    public virtual bool Closes => false;

    /// <summary>What must not begin once its operation is closed here.</summary>
    public virtual bool Begins(IHostCommand command) => false;

    /// <summary>The facet the job needs, if this driver lacks it.</summary>
    public virtual string? MissingFacet(IHypervisorDriver driver) => null;

    public abstract IHostCommand Read(JobReceived received);

    public abstract void Connect(IReceiveEndpointConfigurator endpoint, Func<HostJob, IHostCommand, CancellationToken, Task> take);

    /// <summary>Called as soon as the job is taken, before it runs.</summary>
    public virtual void Taken(HostJobContext context, IHostCommand command)
    {
    }

    /// <summary>Does it; returns the answer to publish, or null if another job answers.</summary>
    public abstract Task<object?> RunAsync(HostJobContext context, JobReceived job, IHostCommand command, CancellationToken cancellationToken);

    /// <summary>The agent died after it had begun: finds out what came of it, and goes on from there.</summary>
    public abstract Task<object?> RecoverAsync(HostJobContext context, JobReceived job, IHostCommand command, CancellationToken cancellationToken);

    /// <summary>The answer that says it was not done.</summary>
    public abstract object Fail(HostJobContext context, IHostCommand command, ErrorInfo error);
}

/// <summary>A <see cref="HostJob"/> with its command's type.</summary>
abstract class HostJob<T> : HostJob where T : class, IHostCommand
{
    public sealed override string Name => typeof(T).Name;

    public sealed override IHostCommand Read(JobReceived received) =>
        System.Text.Json.JsonSerializer.Deserialize<T>(received.Body, HvJson.Options) ?? throw new InvalidDataException($"Journaled {Name} {received.Key} is empty.");

    public sealed override void Connect(IReceiveEndpointConfigurator endpoint, Func<HostJob, IHostCommand, CancellationToken, Task> take) =>
        endpoint.Handler<T>(context => take(this, context.Message, context.CancellationToken));

    public sealed override Task<object?> RunAsync(HostJobContext context, JobReceived job, IHostCommand command, CancellationToken cancellationToken) =>
        RunAsync(context, job, (T)command, cancellationToken);

    public sealed override Task<object?> RecoverAsync(HostJobContext context, JobReceived job, IHostCommand command, CancellationToken cancellationToken) =>
        RecoverAsync(context, job, (T)command, cancellationToken);

    public sealed override object Fail(HostJobContext context, IHostCommand command, ErrorInfo error) => Fail(context, (T)command, error);

    protected abstract Task<object?> RunAsync(HostJobContext context, JobReceived job, T command, CancellationToken cancellationToken);

    /// <summary>For a job that may be done twice, doing it again is the recovery.</summary>
    protected virtual Task<object?> RecoverAsync(HostJobContext context, JobReceived job, T command, CancellationToken cancellationToken) =>
        RunAsync(context, job, command, cancellationToken);

    protected abstract object Fail(HostJobContext context, T command, ErrorInfo error);
}

/// <summary>What jobs of one host work with.</summary>
sealed record HostJobContext(HostIdentity Host, IHypervisorDriver Driver, TimeProvider Time, JobJournal Journal, Transfers Transfers, IAgentBus Bus)
{
    public DateTimeOffset Now => Time.GetUtcNow();

    /// <summary>Ids of messages; a simulation gives its own.</summary>
    public Func<Guid> NewId { get; init; } = Guid.CreateVersion7;

    /// <summary>The directories below which this host's exports lie.</summary>
    public IReadOnlyList<string> ExportRoots { get; init; } = [];

    /// <summary>The directories below which the disks of VMs imported to this host lie.</summary>
    public IReadOnlyList<string> DiskRoots { get; init; } = [];

    /// <summary>Says something that is not journaled.</summary>
    public Task PublishAsync(object message, Guid key, CancellationToken cancellationToken) => Bus.PublishAsync(message, key, NewId(), cancellationToken);

    /// <summary>What is known of transfers since the agent started.</summary>
    public TransferMemory Memory { get; } = new();

    /// <summary>A native call as a span of the operation's trace.</summary>
    public async Task<T> CallAsync<T>(string call, VmId vm, Func<Task<T>> work)
    {
        using var activity = ServiceKit.Telemetry.HvTelemetry.Source.StartActivity($"driver {call}", System.Diagnostics.ActivityKind.Client);
        activity?.SetTag("hv.host", Host.Id.ToString()).SetTag("hv.vm", vm.ToString()).SetTag("hv.driver", Driver.Kind.ToString());
        try
        {
            return await work();
        }
        catch (HypervisorException e)
        {
            activity?.SetStatus(System.Diagnostics.ActivityStatusCode.Error, e.Message).SetTag("hv.error", e.Error.Code).SetTag("hv.native", e.Error.NativeCode);
            throw;
        }
    }

    public Task CallAsync(string call, VmId vm, Func<Task> work) => CallAsync(call, vm, async () =>
    {
        await work();
        return true;
    });

    /// <summary>A newer operation owns the VM.</summary>
    public Refusal StaleEpoch(IHostCommand command, long highest) => new(
        Error(
            ErrorKind.Conflict,
            "stale-epoch",
            $"The command has epoch {command.Epoch}; {Host.Name} has seen {highest} for this VM, so a newer operation owns it.",
            "Read the VM's newest operation; this one is over."),
        new HostCommandRefused
        {
            OperationId = command.OperationId,
            Step = command.Step,
            Command = command.GetType().Name,
            HostId = Host.Id,
            VmId = command.VmId,
            Epoch = command.Epoch,
            HighestEpoch = highest,
            At = Now,
        });

    /// <summary>The operation was ended on this host before this command came, or before it began.</summary>
    public Refusal OperationClosed(IHostCommand command) => new(
        Error(
            ErrorKind.Cancelled,
            "operation-closed",
            $"{Host.Name} was told that operation {command.OperationId} ends here; {command.GetType().Name} is not begun any more.",
            "Start a new operation if it is still wanted."),
        null);

    public ErrorInfo Error(ErrorKind kind, string code, string message, string? advice = null, ErrorInfo? cause = null) =>
        new() { Kind = kind, Code = code, Message = message, Where = Host.Name, Advice = advice, Cause = cause };
}

/// <summary>Why a command is not obeyed, and what is said about it beside the answer.</summary>
sealed record Refusal(ErrorInfo Error, HostCommandRefused? Said);
