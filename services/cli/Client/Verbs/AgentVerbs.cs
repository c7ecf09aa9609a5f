using System.CommandLine;
using HvPlatform.ApiClient;
using HvPlatform.Cli.Client.Output;

namespace HvPlatform.Cli.Client.Verbs;

/// <summary><c>hv join-token</c> and <c>hv agent</c>: how hosts come in, and how they are shut out.</summary>
internal static class AgentVerbs
{
    static readonly Table<JoinTokenView> s_tokens = new(
        t => $"{t.Id}",
        new("NAME", t => t.Name ?? ""), new("EXPIRES", t => Words.At(t.ExpiresAt)), new("USED", t => Words.At(t.UsedAt)), new("AGENT", t => $"{t.AgentId}"), new("ID", t => $"{t.Id}"), new("MADE BY", t => t.CreatedBy, Wide: true));

    static readonly Table<AgentView> s_agents = new(
        a => $"{a.Id}",
        new("HOST NAME", a => a.HostName), new("HOSTS", a => string.Join(',', a.Hosts.Select(h => h.Name))), new("CERTIFICATE UNTIL", a => Words.At(a.CertificateExpiresAt)), new("LAST SEEN", a => Words.At(a.LastSeenAt)),
        new("STATE", a => a.RevokedAt is null ? "" : "revoked"), new("ID", a => $"{a.Id}"), new("JOINED", a => Words.At(a.JoinedAt), Wide: true));

    public static Command JoinTokens(Cli cli)
    {
        var name = new Option<string?>("--name") { Description = "What the token is for.", HelpName = "NAME" };
        var valid = Durations.Option("--valid-for", "How long it is good: 30m if not given, at most 60m.");
        var hosts = new Option<string[]>("--host") { Description = "A host that the platform knows already and whose agent is to join; may be given several times. New hosts are not named.", HelpName = "HOST" };
        return Cli.Group("join-token", "One-use tokens with which hosts join.",
        [
            cli.List("list", "Lists the join tokens; without their secrets.", [], s_tokens, "There are no join tokens.", (run, limit) =>
                Listing<JoinTokenView>.ReadAsync((count, cursor) => run.Api.ListJoinTokensAsync(limit: count, cursor: cursor, cancellationToken: run.Cancelled), limit)),
            cli.Do("create", "Makes a join token. Standard output is the command to run on the new host; the token in it is told only now.", [name, valid, hosts], async run =>
            {
                var ids = new List<Guid>();
                foreach (var host in run.Get(hosts) ?? [])
                {
                    ids.Add(await Find.HostAsync(run, host));
                }

                var body = new CreateJoinTokenBody { Name = run.Get(name), ValidForMinutes = (int?)run.Get(valid)?.TotalMinutes, Hosts = ids };
                var made = await run.Api.CreateJoinTokenAsync(body, cancellationToken: run.Cancelled);
                run.Print.One(made.Json, $"{made.Value.Id}", () => [made.Value.Command]);
                run.Print.Note($"Good once, until {Words.At(made.Value.ExpiresAt)}.");
                return ExitCodes.Done;
            }),
            cli.Delete("Makes a join token worthless.", "join-token", (run, id) => run.Api.DeleteJoinTokenAsync(id, cancellationToken: run.Cancelled), "is worthless now."),
        ], "join-tokens");
    }

    public static Command Agents(Cli cli)
    {
        var revoked = new Option<bool?>("--revoked") { Description = "Only those that were revoked, or with false only others." };
        var (get, delete, approve, host) = (Find.IdArgument("agent"), Find.IdArgument("agent"), Find.IdArgument("agent"), Find.HostArgument());
        return Cli.Group("agent", "Agents that have joined.",
        [
            cli.List("list", "Lists the agents.", [revoked], s_agents, "No agent has joined.", (run, limit) =>
                Listing<AgentView>.ReadAsync((count, cursor) => run.Api.ListAgentsAsync(revoked: run.Get(revoked), limit: count, cursor: cursor, cancellationToken: run.Cancelled), limit)),
            cli.Verb("get", "Shows one agent.", [get], async run =>
            {
                var answer = await run.Api.GetAgentAsync(run.Get(get), cancellationToken: run.Cancelled);
                run.Print.One(answer.Json, $"{answer.Value.Id}", () => Details.Of(answer.Json));
                return ExitCodes.Done;
            }),
            cli.Do("approve", "Gives an agent a host that the platform knows already and that no other agent has; its refused claim said which.", [approve, host], async run =>
            {
                var answer = await run.Api.ApproveAgentHostAsync(run.Get(approve), await Find.HostAsync(run, run.Get(host)), cancellationToken: run.Cancelled);
                run.Print.One(answer.Json, $"{answer.Value.Id}", () => [$"{answer.Value.Id}  {answer.Value.HostName}  {string.Join(',', answer.Value.Hosts.Select(h => h.Name))}"]);
                return ExitCodes.Done;
            }),
            cli.Do("delete", "Revokes an agent: its certificate and its place at the broker are worth nothing from now on. Its VMs run on.", [delete], async run =>
            {
                var answer = await run.Api.RevokeAgentAsync(run.Get(delete), cancellationToken: run.Cancelled);
                run.Print.One(answer.Json, $"{answer.Value.Id}", () => [$"{answer.Value.Id}  {answer.Value.HostName}  revoked"]);
                return ExitCodes.Done;
            }),
        ], "agents");
    }
}
