using System.CommandLine;
using HvPlatform.ApiClient;
using HvPlatform.Cli.Client.Output;

namespace HvPlatform.Cli.Client.Verbs;

/// <summary><c>hv token</c>, <c>hv grant</c>, <c>hv group</c>, <c>hv audit</c>: who may do what.</summary>
internal static class AccessVerbs
{
    static readonly Table<ApiTokenView> s_tokens = new(
        t => $"{t.Id}",
        new("NAME", t => t.Name), new("ROLE", t => $"{t.Role}"), new("GROUPS", t => string.Join(',', t.Groups)), new("EXPIRES", t => Words.At(t.ExpiresAt)),
        new("LAST USED", t => Words.At(t.LastUsedAt)), new("STATE", t => t.RevokedAt is null ? "" : "revoked"), new("ID", t => $"{t.Id}"), new("MADE BY", t => t.CreatedBy, Wide: true), new("MADE", t => Words.At(t.CreatedAt), Wide: true));

    static readonly Table<GrantView> s_grants = new(
        g => $"{g.Id}",
        new("SUBJECT", g => g.Subject), new("ROLE", g => $"{g.Role}"), new("GROUP", g => g.Group), new("ID", g => $"{g.Id}"), new("GIVEN BY", g => g.CreatedBy, Wide: true), new("GIVEN", g => Words.At(g.CreatedAt), Wide: true));

    static readonly Table<ResourceGroupView> s_groups = new(
        g => g.Name ?? "", new("NAME", g => g.Name ?? ""), new("HOSTS", g => $"{g.Hosts?.Count ?? 0}"), new("VMS", g => $"{g.Vms?.Count ?? 0}"));

    public static Command Tokens(Cli cli)
    {
        var name = new Argument<string>("NAME") { Description = "What it is called in histories." };
        var role = Role();
        var groups = new Option<string[]>("--group") { Description = "In which resource groups; * is all. May be given several times.", Required = true, HelpName = "GROUP" };
        var valid = Durations.Option("--valid-for", "How long it is good (720h); 90 days if not given, at most 366 days.");
        return Cli.Group("token", "API tokens, for programs.",
        [
            cli.ListWhole<ApiTokenView, PageOfApiTokenView>("Lists the API tokens, newest first; without their secrets.", s_tokens, "There are no API tokens.", run => run.Api.ListApiTokensAsync(cancellationToken: run.Cancelled)),
            cli.Do("create", "Makes an API token. Standard output is its secret, which is told only now: hv token create ci --role Viewer --group '*' > FILE", [name, role, groups, valid], async run =>
            {
                var body = new CreateApiTokenRequest { Name = run.Get(name), Role = run.Get(role), Groups = run.Get(groups), ExpiresAt = run.Get(valid) is { } span ? run.Host.Time.GetUtcNow() + span : null };
                var made = await run.Api.CreateApiTokenAsync(body, cancellationToken: run.Cancelled);
                run.Print.One(made.Json, $"{made.Value.Id}", () => [made.Value.Token ?? ""]);
                run.Print.Note($"Token '{made.Value.Name}' ({made.Value.Id}), {made.Value.Role} in {string.Join(", ", made.Value.Groups)}, until {Words.At(made.Value.ExpiresAt)}. It is not shown again.");
                return ExitCodes.Done;
            }),
            cli.Delete("Revokes an API token at once.", "token", (run, id) => run.Api.RevokeApiTokenAsync(id, cancellationToken: run.Cancelled), "is revoked."),
        ], "tokens");
    }

    public static Command Grants(Cli cli)
    {
        var subject = new Argument<string>("SUBJECT") { Description = "user:SUBJECT or group:NAME, as the issuer of sign-ins calls them." };
        var group = new Option<string>("--group") { Description = "The resource group; * is all.", Required = true, HelpName = "GROUP" };
        var role = Role();
        return Cli.Group("grant", "Roles of people and of their groups.",
        [
            cli.ListWhole<GrantView, PageOfGrantView>("Lists the roles given.", s_grants, "No roles are given.", run => run.Api.ListGrantsAsync(cancellationToken: run.Cancelled)),
            cli.Do("create", "Gives a person, or a group of the issuer, a role in a resource group.", [subject, role, group], async run =>
            {
                var made = await run.Api.CreateGrantAsync(new() { Subject = run.Get(subject), Role = run.Get(role), Group = run.Get(group) }, cancellationToken: run.Cancelled);
                run.Print.One(made.Json, $"{made.Value.Id}", () => [$"{made.Value.Id}  {made.Value.Subject} is {made.Value.Role} in {made.Value.Group}"]);
                return ExitCodes.Done;
            }),
            cli.Delete("Takes a role away.", "grant", (run, id) => run.Api.RemoveGrantAsync(id, cancellationToken: run.Cancelled), "is taken away."),
        ], "grants");
    }

    public static Command Groups(Cli cli)
    {
        var name = new Argument<string>("NAME") { Description = "The group's name." };
        var hosts = new Option<string[]>("--host") { Description = "A host of the group; may be given several times. Those not given leave it.", HelpName = "HOST" };
        var vms = new Option<string[]>("--vm") { Description = "A VM of the group; may be given several times. Those not given leave it.", HelpName = "VM" };
        return Cli.Group("group", "Resource groups: hosts and VMs that roles are given for.",
        [
            cli.ListWhole<ResourceGroupView, PageOfResourceGroupView>("Lists the resource groups.", s_groups, "There are no resource groups.", run => run.Api.ListResourceGroupsAsync(cancellationToken: run.Cancelled)),
            cli.Verb("get", "Shows a resource group with its members.", [name], async run =>
            {
                var answer = await run.Api.GetResourceGroupAsync(run.Get(name), cancellationToken: run.Cancelled);
                run.Print.One(answer.Json, run.Get(name), () => Details.Of(answer.Json));
                return ExitCodes.Done;
            }),
            cli.Do("set", "Says which hosts and VMs a resource group has, and makes it if it is new.", [name, hosts, vms], async run =>
            {
                var (hostIds, vmIds) = (new List<Guid>(), new List<Guid>());
                foreach (var host in run.Get(hosts) ?? [])
                {
                    hostIds.Add(await Find.HostAsync(run, host));
                }

                foreach (var vm in run.Get(vms) ?? [])
                {
                    vmIds.Add(await Find.VmAsync(run, vm));
                }

                var answer = await run.Api.PutResourceGroupAsync(run.Get(name), new() { Hosts = hostIds, Vms = vmIds }, cancellationToken: run.Cancelled);
                run.Print.One(answer.Json, run.Get(name), () => Details.Of(answer.Json));
                return ExitCodes.Done;
            }),
            cli.Do("delete", "Removes a resource group; what was in it is in the group default.", [name], async run =>
            {
                await run.Api.RemoveResourceGroupAsync(run.Get(name), cancellationToken: run.Cancelled);
                run.Print.Note($"Group '{run.Get(name)}' is removed.");
                return ExitCodes.Done;
            }),
        ], "groups");
    }

    public static Command Audit(Cli cli)
    {
        var from = new Option<DateTimeOffset?>("--from") { Description = "Only from this instant on: 2026-05-04T03:02:01Z, or a time ago such as 10m.", HelpName = "INSTANT", CustomParser = Instants.Parse };
        var to = new Option<DateTimeOffset?>("--to") { Description = "Only before this instant.", HelpName = "INSTANT", CustomParser = Instants.Parse };
        return cli.List("audit", "What happened to access, newest first: sign-ins, refusals, tokens, grants, groups, joins and agents, webhooks.", [from, to], Tables.History, "Nothing is known of that time.", (run, limit) =>
            Listing<HistoryEvent>.ReadAsync((count, cursor) => run.Api.GetAuditAsync(from: run.Get(from), to: run.Get(to), limit: count, cursor: cursor, cancellationToken: run.Cancelled), limit));
    }

    static Option<AccessRole> Role() => new("--role") { Description = "Viewer, Operator or Admin.", Required = true, HelpName = "ROLE" };
}
