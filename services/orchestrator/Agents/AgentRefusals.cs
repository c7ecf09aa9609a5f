using System.Globalization;
using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;

namespace HvPlatform.Orchestrator.Agents;

/// <summary>Every reason to refuse an agent, or something about one.</summary>
internal static class AgentRefusals
{
    public static Refusal AgentNotFound(AgentId id) => Refusals.Of(ErrorKind.NotFound, "agent-not-found", $"No agent has the id {id}.", "List the agents with GET /v1/agents.");

    public static Refusal JoinTokenNotFound(JoinTokenId id) => Refusals.Of(ErrorKind.NotFound, "join-token-not-found", $"No join token has the id {id}.", "List them with GET /v1/join-tokens.");

    /// <summary>The same words for a token that never was and for one whose secret is wrong: whoever guesses learns nothing.</summary>
    public static Refusal TokenUnknown() => Token("is not one that this platform gave out", null);

    public static Refusal TokenUsed(DateTimeOffset at) => Token(string.Create(CultureInfo.InvariantCulture, $"was used at {at.UtcDateTime:u}; each is good for one agent"), "Used");

    public static Refusal TokenExpired(DateTimeOffset at) => Token(string.Create(CultureInfo.InvariantCulture, $"has expired at {at.UtcDateTime:u}"), "Expired");

    public static Refusal TooManyAttempts(int seconds) => Refusals.Of(ErrorKind.Transient, "too-many-attempts", "Too many joins were refused in the last minute.",
        "Wait, then try again with the right token.") with
    { RetryAfterSeconds = seconds };

    public static Refusal NameTaken(string name) => Refusals.Of(ErrorKind.Conflict, "agent-name-taken", $"'{name}' is the name of another agent or of the broker.",
        "If that agent is gone for good, revoke it with DELETE /v1/agents/{id}; else join under another name.") with
    { Fields = Refusals.Field("hostName", $"'{name}' is taken") };

    /// <summary>An agent that is not who it says, or not any more.</summary>
    public static Refusal Agent(string why) => Refusals.Of(ErrorKind.Denied, "agent-refused", $"The agent is refused: {why}",
        "Let it join again: make a token with POST /v1/join-tokens and run host-agent join with it on the host.");

    public static Refusal HostClaimed(HostId host, string name, AgentId holder) => Refusals.Of(ErrorKind.Conflict, "host-claimed",
        $"Host '{name}' ({host}) belongs to another agent, {holder}.",
        "If that agent is gone for good, revoke it with DELETE /v1/agents/{id}; else look why two agents manage one host.") with
    { Found = holder.ToString() };

    /// <summary>A host that the platform knows without a certificate, and an agent that nobody has named for it.</summary>
    public static Refusal HostNeedsApproval(HostId host, string name, AgentId agent) => Refusals.Of(ErrorKind.Denied, "host-needs-approval",
        $"Host '{name}' ({host}) is known to this platform already and bound to no agent: only an administrator can give it to agent {agent}.",
        $"If this agent is to have it, approve it with PUT /v1/agents/{agent}/hosts/{host} (hv agent approve {agent} {host}); the agent's next start goes on then. A join token that names the host does the same beforehand.");

    /// <summary>One answer for all hosts of a claim that are refused, in the words of the first; which ones, and by which code, is in its fields.</summary>
    public static Refusal Hosts(IReadOnlyList<(int Index, ClaimedHost Host, Refusal Refusal)> refused)
    {
        var first = refused[0].Refusal;
        return first with
        {
            Error = refused.Count == 1 ? first.Error : first.Error with
            {
                Message = string.Create(CultureInfo.InvariantCulture, $"{refused.Count} of the hosts are refused. {first.Error.Message}"),
                Advice = $"{first.Error.Advice} Do the same for the others.",
            },
            Fields = refused.ToDictionary(r => string.Create(CultureInfo.InvariantCulture, $"hosts[{r.Index}]"), r => (string[])[$"'{r.Host.Name}' ({r.Host.Id}) is refused: {r.Refusal.Error.Code}"]),
        };
    }

    public static Refusal AgentRevoked(AgentId id, DateTimeOffset at) => Refusals.Of(ErrorKind.Conflict, "agent-revoked",
        string.Create(CultureInfo.InvariantCulture, $"Agent {id} was revoked at {at.UtcDateTime:u}."), "Let the machine join again with a token that names its hosts: POST /v1/join-tokens.");

    static Refusal Token(string why, string? found) => Refusals.Of(ErrorKind.Denied, "join-token-refused", $"The join token {why}.",
        "Make a new one with POST /v1/join-tokens; it is good for one join and at most 60 minutes.") with
    { Found = found };
}
