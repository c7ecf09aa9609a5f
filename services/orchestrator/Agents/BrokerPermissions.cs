using System.Text.RegularExpressions;
using HvPlatform.Contracts;

namespace HvPlatform.Orchestrator.Agents;

/// <summary>
/// What an agent's user may do in the virtual host, as RabbitMQ's three patterns over the names of exchanges and queues. Found by taking rights away until an agent no
/// longer worked; docs/decisions/0017 says what each is for and what is left.
/// </summary>
/// <param name="Configure">Make and delete: its own queues, and the exchange of whoever asked it something.</param>
/// <param name="Write">Publish to exchanges and bind queues: its facts, its answers, what it gave up.</param>
/// <param name="Read">Consume from queues and bind from exchanges: its own.</param>
internal sealed record BrokerPermissions(string Configure, string Write, string Read)
{
    const string Nothing = "^$";
    const string DeadLetter = "hv.dead-letter";
    static readonly string s_answers = $"{Regex.Escape(AgentMessages.AnswerQueues)}[0-9a-f]{{32}}";
    static readonly string s_facts = string.Join('|', AgentMessages.Published
        .GroupBy(m => m.Namespace!, m => m.Name)
        .Select(g => $"{Regex.Escape(g.Key)}:({string.Join('|', g)})"));

    /// <summary>The rights over the queues of these hosts.</summary>
    public static BrokerPermissions Of(IReadOnlyList<HostId> hosts)
    {
        if (hosts.Count == 0)
        {
            return new(Nothing, Nothing, Nothing);
        }

        // Beside each queue those where MassTransit puts what could not be worked on.
        var own = $"host-agent\\.({string.Join('|', hosts.Select(h => h.Value.ToString("D")))})(_error|_skipped)?";
        return new($"^({own}|{s_answers})$", $"^({own}|{s_answers}|{Regex.Escape(DeadLetter)}|{s_facts})$", $"^({own})$");
    }
}
