using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Hypervisors;
using MassTransit;

namespace HvPlatform.HostAgent.Questions;

/// <summary>One question type and how the agent answers it. All of them are listed in <see cref="HostQuestions"/>.</summary>
abstract class HostQuestion
{
    /// <summary>Makes a queue's questions of this type this host's. Nothing is journaled, nothing waits for jobs, nobody is fenced: a question changes nothing.</summary>
    public abstract void Connect(IReceiveEndpointConfigurator endpoint, HostIdentity host, IHypervisorDriver driver, QuestionPlaces places, TimeSpan patience, TimeProvider time);
}

/// <summary>A <see cref="HostQuestion"/> with its types.</summary>
/// <param name="facet">The driver facet it needs.</param>
/// <param name="offers">Whether this driver has it.</param>
/// <param name="ask">The one native call.</param>
sealed class HostQuestion<TQuestion, TAnswer>(string facet, Func<IHypervisorDriver, bool> offers, Func<IHypervisorDriver, TQuestion, CancellationToken, Task<TAnswer>> ask) : HostQuestion
    where TQuestion : class, IHostQuestion
    where TAnswer : class
{
    public override void Connect(IReceiveEndpointConfigurator endpoint, HostIdentity host, IHypervisorDriver driver, QuestionPlaces places, TimeSpan patience, TimeProvider time) =>
        endpoint.Handler<TQuestion>(async context =>
        {
            // Who asked has given up by then.
            if (context.ExpirationTime is { } until && time.GetUtcNow().UtcDateTime > until)
            {
                return;
            }

            try
            {
                await context.RespondAsync(await AnswerAsync(host, driver, context.Message, places, patience, time, context.CancellationToken));
            }
            catch (HypervisorException e)
            {
                await context.RespondAsync(new HostQuestionFailed { HostId = host.Id, Question = typeof(TQuestion).Name, Error = e.Error with { Where = e.Error.Where ?? host.Name } });
            }
        });

    /// <summary>Asks the hypervisor; everything that goes wrong is a <see cref="HypervisorException"/>.</summary>
    public async Task<TAnswer> AnswerAsync(HostIdentity host, IHypervisorDriver driver, TQuestion question, QuestionPlaces places, TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        if (question.HostId != host.Id)
        {
            throw Failed(host, ErrorKind.Validation, "wrong-host", $"{typeof(TQuestion).Name} for host {question.HostId} came to {host.Name} ({host.Id}).");
        }

        if (!offers(driver))
        {
            throw Failed(host, ErrorKind.Unsupported, "facet-unsupported", $"The driver of {host.Name} ({driver.Kind}) does not offer the facet '{facet}', which {typeof(TQuestion).Name} needs.");
        }

        if (!places.TryTake())
        {
            throw Failed(host, ErrorKind.Transient, "questions-busy", $"The hypervisor of {host.Name} is still answering {places.Count} questions; {typeof(TQuestion).Name} was not asked. Ask again in a few seconds.");
        }

        using var timeout = new CancellationTokenSource(patience, time);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await ask(driver, question, over.Token).WaitAsync(over.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failed(host, ErrorKind.Timeout, "hypervisor-timeout", $"The hypervisor of {host.Name} did not answer {typeof(TQuestion).Name} within {patience.TotalSeconds} s.");
        }
        catch (Exception e) when (e is not HypervisorException and not OperationCanceledException)
        {
            throw Failed(host, ErrorKind.Fatal, "agent-defect", $"{typeof(TQuestion).Name} failed in the agent of {host.Name}: {e.GetType().Name}: {e.Message}");
        }
        finally
        {
            places.Leave();
        }
    }

    static HypervisorException Failed(HostIdentity host, ErrorKind kind, string code, string message) =>
        new(new ErrorInfo { Kind = kind, Code = code, Message = message, Where = host.Name });
}
