using System.Text.Json;
using HvPlatform.Contracts;

namespace HvPlatform.Simulation.Bus;

/// <summary>A message on its way: JSON, as on the real broker, so that nothing is shared between two services but what the wire carries.</summary>
/// <param name="Id">The message id: equal for two copies of one message.</param>
/// <param name="Type">Its contract.</param>
/// <param name="Body">JSON.</param>
/// <param name="Key">The ordering key.</param>
/// <param name="Sender">The process that sent it.</param>
sealed record Envelope(Guid Id, Type Type, string Body, Guid Key, string Sender)
{
    public object Open() => JsonSerializer.Deserialize(Body, Type, HvJson.Options) ?? throw new InvalidOperationException($"{Type.Name} is empty.");

    public static Envelope Of(Guid id, object message, Guid key, string sender) =>
        new(id, message.GetType(), JsonSerializer.Serialize(message, message.GetType(), HvJson.Options), key, sender);
}

/// <summary>What the adversary does to a message that enters a queue.</summary>
/// <param name="Lost">It never comes.</param>
/// <param name="Delay">It comes this much later.</param>
/// <param name="Overtaken">While it is late, later messages of its key pass it.</param>
/// <param name="CopyAfter">It comes a second time, so much later; null for once.</param>
/// <param name="Kept">The adversary has it, and brings it when it does the most harm.</param>
readonly record struct Fate(bool Lost = false, TimeSpan Delay = default, bool Overtaken = false, TimeSpan? CopyAfter = null, bool Kept = false);

/// <summary>What goes wrong while a service works on a delivery.</summary>
enum WorkFault
{
    None = 0,

    /// <summary>The process dies before its transaction commits.</summary>
    CrashBeforeCommit = 1,

    /// <summary>The process dies after the commit, before the broker is told.</summary>
    CrashAfterCommit = 2,

    /// <summary>The commit fails; the message is worked on again.</summary>
    CommitFails = 3,

    /// <summary>The commit happens, but the service is told that it failed.</summary>
    CommitAnswerLost = 4,
}

/// <summary>Who plants what goes wrong: chance in a random world, one cell of the matrix in a directed one.</summary>
interface IAdversary
{
    Fate OnEnqueue(string queue, Envelope message);

    WorkFault OnWork(string service, Envelope message);

    /// <summary>An agent is about to be given a command. False if that was the end of it (the agent is dead now).</summary>
    bool OnAgentTake(string agent, Envelope message);

    /// <summary>A message is about to leave its sender. False if the sender died of it.</summary>
    bool OnLeave(Envelope message);
}
