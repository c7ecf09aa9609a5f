using System.Diagnostics;
using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.HostAgent.Journal;

namespace HvPlatform.HostAgent.Jobs;

/// <summary>
/// Takes commands off the host's queue. When <see cref="TakeAsync"/> returns, the delivery is acknowledged: by then the command is in the journal, or it was
/// refused, or it is a repeat of one that is. It runs later, outside the delivery.
/// </summary>
sealed class JobIntake(HostJobContext context, JobRunner runner, ResultPublisher results, ILogger logger)
{
    static readonly TimeSpan s_acceptedPatience = TimeSpan.FromSeconds(5);

    readonly Lock _gate = new();
    readonly HashSet<JobKey> _taking = [];
    readonly Dictionary<VmId, long> _epochs = [];

    public async Task TakeAsync(HostJob job, IHostCommand command, CancellationToken cancellationToken)
    {
        var key = new JobKey(command.OperationId, command.Step);
        if (context.Journal.Find(key) is { } known)
        {
            await RepeatAsync(job, known, command, cancellationToken);
            return;
        }

        if (Refusal(job, command) is { } refusal)
        {
            Log.CommandRefused(logger, context.Host.Name, job.Name, key, refusal.Error.Code, refusal.Error.Message);
            if (refusal.Said is { } said)
            {
                await context.PublishAsync(said, command.VmId.Value, cancellationToken);
            }

            await results.PublishNowAsync(job.Fail(context, command, refusal.Error), command.VmId, cancellationToken);
            return;
        }

        var received = new JobReceived(
            key,
            command.VmId,
            command.Epoch,
            job.Name,
            JsonSerializer.SerializeToElement(command, command.GetType(), HvJson.Options),
            context.Now,
            Activity.Current?.Id)
        { ClosesOperation = job.Closes };
        if (!job.Journaled)
        {
            runner.Enqueue(job, received, command, recover: false);
            return;
        }

        lock (_gate)
        {
            if (!_taking.Add(key))
            {
                // The delivery that is being taken is acknowledged, or comes again, for both.
                Log.JobComesTwice(logger, context.Host.Name, job.Name, key);
                return;
            }
        }

        try
        {
            await context.Journal.AppendAsync(received);
        }
        finally
        {
            lock (_gate)
            {
                _taking.Remove(key);
            }
        }

        Log.JobTaken(logger, context.Host.Name, job.Name, key, command.VmId);
        job.Taken(context, command);
        runner.Enqueue(job, received, command, recover: false);
        await PublishAcceptedAsync(job, command, cancellationToken);
    }

    async Task RepeatAsync(HostJob job, JournaledJob known, IHostCommand command, CancellationToken cancellationToken)
    {
        if (known.Ended is null)
        {
            Log.JobStillRuns(logger, context.Host.Name, known.Received.Command, known.Received.Key);
            await PublishAcceptedAsync(job, command, cancellationToken);
        }
        else
        {
            Log.JobRepeated(logger, context.Host.Name, known.Received.Command, known.Received.Key);
            results.EnqueueAgain(known.Received.Key);
        }
    }

    Refusal? Refusal(HostJob job, IHostCommand command)
    {
        if (command.HostId != context.Host.Id)
        {
            return Plain(ErrorKind.Validation, "wrong-host", $"The command is for host {command.HostId}; this is {context.Host.Name} ({context.Host.Id}).", null);
        }

        if (job.MissingFacet(context.Driver) is { } facet)
        {
            return Plain(
                ErrorKind.Unsupported, "facet-missing", $"The {context.Driver.Kind} driver of {context.Host.Name} has no '{facet}'.", "See the host's capabilities for what it offers.");
        }

        if (context.Journal.Broken is { } broken)
        {
            return Plain(ErrorKind.Fatal, "journal-broken", broken.Message, "Mend the disk and restart the agent.");
        }

        if (runner.IsFull && job.Journaled && job.Lane != JobLane.Immediate)
        {
            return Plain(ErrorKind.Transient, "agent-busy", $"The agent of {context.Host.Name} has {JobRunner.MostWaiting} jobs waiting.", "Try again later.");
        }

        lock (_gate)
        {
            var highest = Math.Max(_epochs.GetValueOrDefault(command.VmId), context.Journal.EpochOf(command.VmId));
            if (command.Epoch < highest)
            {
                return context.StaleEpoch(command, highest);
            }

            if (job.Journaled)
            {
                _epochs[command.VmId] = command.Epoch;
            }
        }

        return job.Begins(command) && context.Journal.IsClosed(command.OperationId) ? context.OperationClosed(command) : null;

        Refusal Plain(ErrorKind kind, string code, string message, string? advice) => new(context.Error(kind, code, message, advice), null);
    }

    /// <summary>A courtesy: the answer itself is what counts, so a broker that is slow now does not hold up the job.</summary>
    async Task PublishAcceptedAsync(HostJob job, IHostCommand command, CancellationToken cancellationToken)
    {
        if (!job.AnnouncesTaking)
        {
            return;
        }

        var accepted = new HostJobAccepted
        {
            OperationId = command.OperationId,
            Step = command.Step,
            HostId = command.HostId,
            VmId = command.VmId,
            At = context.Now,
        };
        using var timeout = new CancellationTokenSource(s_acceptedPatience, context.Time);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            await context.PublishAsync(accepted, command.VmId.Value, patience.Token);
        }
        catch (Exception e)
        {
            Log.AcceptedNotPublished(logger, e, context.Host.Name, command.OperationId, command.Step);
        }
    }
}
