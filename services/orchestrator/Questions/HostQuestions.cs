using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.ReadModels;
using HvPlatform.ServiceKit;
using MassTransit;

namespace HvPlatform.Orchestrator.Questions;

/// <summary>
/// Asks a host what is true there now, for what no report carries: the question goes to its agent's queue, the answer comes back to this process. Nothing is
/// kept of either, and a question that gets no answer in time has none: the caller asks again. Not for decisions, which are made by what is recorded.
/// </summary>
internal sealed class HostQuestions([FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database, IBus bus, OrchestratorOptions options)
{
    /// <summary>Finds the VM's host and asks it.</summary>
    /// <param name="vm">The VM.</param>
    /// <param name="facet">The driver facet the answer needs.</param>
    /// <param name="what">What is asked for, in a sentence.</param>
    /// <param name="question">Makes the question for the host.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Outcome<TAnswer>> AskAsync<TQuestion, TAnswer>(VmId vm, string facet, string what, Func<HostId, TQuestion> question, CancellationToken cancellationToken)
        where TQuestion : class, IHostQuestion
        where TAnswer : class
    {
        HostState? host;
        await using (var tx = await database.BeginAsync(cancellationToken))
        {
            if (await Placements.FindVmAsync(tx, vm, cancellationToken) is not { } placement)
            {
                return Refusals.VmNotFound(vm);
            }

            if (placement.DeletedAt is not null || placement.MissingSince is not null)
            {
                return Refusals.VmGone(placement);
            }

            host = await Placements.FindHostAsync(tx, placement.HostId, cancellationToken);
            if (host is null)
            {
                return Refusals.HostNotRegistered(placement, options.RetryAfterSeconds);
            }
        }

        return await AskAsync<TQuestion, TAnswer>(host, facet, what, question(host.Id), cancellationToken);
    }

    /// <summary>Asks a host about itself.</summary>
    public async Task<Outcome<TAnswer>> AskAsync<TQuestion, TAnswer>(HostId hostId, string facet, string what, TQuestion question, CancellationToken cancellationToken)
        where TQuestion : class, IHostQuestion
        where TAnswer : class
    {
        HostState? host;
        await using (var tx = await database.BeginAsync(cancellationToken))
        {
            host = await Placements.FindHostAsync(tx, hostId, cancellationToken);
        }

        return host is null ? Refusals.HostNotFound(hostId) : await AskAsync<TQuestion, TAnswer>(host, facet, what, question, cancellationToken);
    }

    async Task<Outcome<TAnswer>> AskAsync<TQuestion, TAnswer>(HostState host, string facet, string what, TQuestion question, CancellationToken cancellationToken)
        where TQuestion : class, IHostQuestion
        where TAnswer : class
    {
        if (OperationAcceptor.CheckHost(host, facet, $"give {what}", null, options) is { } refusal)
        {
            return refusal;
        }

        try
        {
            // The exchange, not the queue: declaring a queue is its reader's right.
            var client = bus.CreateRequestClient<TQuestion>(new Uri($"exchange:{Queues.HostAgent(host.Id)}"), RequestTimeout.After(ms: (int)options.QuestionTimeout.TotalMilliseconds));
            var answer = await client.GetResponse<TAnswer, HostQuestionFailed>(question, cancellationToken);
            return answer.Is(out Response<TAnswer>? given) ? given.Message : Refusals.HostAnswered(host, what, ((HostQuestionFailed)answer.Message).Error);
        }
        catch (RequestTimeoutException)
        {
            return Refusals.HostSilent(host, what, options.QuestionTimeout);
        }
    }
}
