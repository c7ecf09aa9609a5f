using System.CommandLine;
using HvPlatform.ApiClient;
using HvPlatform.Cli.Client.Output;

namespace HvPlatform.Cli.Client.Verbs;

/// <summary><c>hv host</c>.</summary>
internal static class HostVerbs
{
    public static Command Create(Cli cli) => Cli.Group("host", "Hosts: list, look at, take out of service.",
        [List(cli), Get(cli), HistoryVerbs.OfHost(cli), MetricVerbs.OfHost(cli), Switches(cli), Maintenance(cli), EvacuationVerbs.Evacuate(cli)], "hosts");

    static Command List(Cli cli)
    {
        var search = new Option<string?>("--search") { Description = "Text found in the name or an id.", HelpName = "TEXT" };
        var status = new Option<string?>("--status") { Description = "Online, AgentStopped, AgentSilent or HypervisorUnreachable." };
        var kind = new Option<string?>("--kind") { Description = "HyperV, Libvirt or Simulated." };
        var maintenance = new Option<bool?>("--maintenance") { Description = "Only hosts in maintenance, or with false only others." };
        var asOf = Instants.AsOf();
        return cli.List("list", "Lists the hosts.", [search, status, kind, maintenance, asOf], Tables.Hosts, "There are no such hosts.", (run, limit) => Listing<HostView>.ReadAsync(
            (count, cursor) => run.Api.ListHostsAsync(
                search: run.Get(search), status: run.Get(status), kind: run.Get(kind), maintenance: run.Get(maintenance), asOf: run.Get(asOf), limit: count, cursor: cursor, cancellationToken: run.Cancelled),
            limit));
    }

    static Command Get(Cli cli)
    {
        var (host, asOf) = (Find.HostArgument(), Instants.AsOf());
        return cli.Verb("get", "Shows one host.", [host, asOf], async run =>
        {
            var answer = await run.Api.GetHostAsync(await Find.HostAsync(run, run.Get(host)), asOf: run.Get(asOf), cancellationToken: run.Cancelled);
            run.Print.One(answer.Json, answer.Value.Name, () => Details.Of(answer.Json));
            return ExitCodes.Done;
        });
    }

    static Command Switches(Cli cli)
    {
        var host = Find.HostArgument();
        return cli.Verb("switches", "Lists a host's virtual switches, as it has them now.", [host], async run =>
        {
            var answer = await run.Api.ListHostSwitchesAsync(await Find.HostAsync(run, run.Get(host)), cancellationToken: run.Cancelled);
            run.Print.List(Listing<HostSwitch>.Of(answer.Value.Switches, answer.Json.GetProperty("switches")), Tables.Switches, "The host has no switches.");
            return ExitCodes.Done;
        });
    }

    static Command Maintenance(Cli cli)
    {
        var host = Find.HostArgument();
        var end = new Option<bool>("--end") { Description = "End the maintenance: VMs may be placed on the host again." };
        return cli.Do("maintenance", "Puts a host into maintenance: no VM is placed on it. Its VMs stay; see evacuate.", [host, end], async run =>
        {
            var id = await Find.HostAsync(run, run.Get(host));
            var answer = run.Get(end) ? await run.Api.LeaveMaintenanceAsync(id, cancellationToken: run.Cancelled) : await run.Api.EnterMaintenanceAsync(id, cancellationToken: run.Cancelled);
            run.Print.One(answer.Json, answer.Value.Name, () =>
                [$"{answer.Value.Id}  {answer.Value.Name}  {(answer.Value.Maintenance is { } m ? $"in maintenance since {Words.At(m.Since)}" : "takes VMs")}"]);
            return ExitCodes.Done;
        });
    }
}
