using System.CommandLine;
using HvPlatform.ApiClient;
using HvPlatform.Cli.Client.Following;
using HvPlatform.Cli.Client.Output;

namespace HvPlatform.Cli.Client.Verbs;

/// <summary><c>hv vm kvp</c>.</summary>
internal static class KvpVerbs
{
    static readonly Table<(string Pool, VmKvpItem Item)> s_table = new(i => i.Item.Key, new("POOL", i => i.Pool), new("KEY", i => i.Item.Key), new("VALUE", i => i.Item.Value));

    public static Command Create(Cli cli) => Cli.Group("kvp", "Key-value pairs that host and guest exchange.",
        [List(cli), Write(cli, "set", "Adds or changes a pair of the host.", withValue: true), Write(cli, "remove", "Removes a pair of the host.", withValue: false)]);

    static Command List(Cli cli)
    {
        var vm = Find.VmArgument();
        return cli.Verb("list", "Lists a VM's key-value pairs, the guest's and the host's.", [vm], async run =>
        {
            var answer = await run.Api.GetVmKvpAsync(await Find.VmAsync(run, run.Get(vm)), cancellationToken: run.Cancelled);
            var kvp = answer.Value;
            (string, IReadOnlyList<VmKvpItem>?)[] pools = [("guest", kvp.Guest), ("guestIntrinsic", kvp.GuestIntrinsic), ("host", kvp.Host), ("hostOnly", kvp.HostOnly)];
            run.Print.One(answer.Json, $"{kvp.VmId}", () => s_table.Lines(pools.SelectMany(p => (p.Item2 ?? []).Select(i => (p.Item1, i))), run.Print.IsWide, run.Print.HasHeaders));
            return ExitCodes.Done;
        });
    }

    static Command Write(Cli cli, string verb, string what, bool withValue)
    {
        var vm = Find.VmArgument();
        var key = new Argument<string>("KEY") { Description = "The key." };
        var value = new Argument<string>("VALUE") { Description = "The value." };
        var hostOnly = new Option<bool>("--host-only") { Description = "A pair that the guest does not see." };
        return cli.Do(verb, what, [vm, key, .. withValue ? [value] : (Symbol[])[], hostOnly], async run =>
        {
            var change = new VmKvpChange { Key = run.Get(key), Value = withValue ? run.Get(value) : null, HostOnly = run.Get(hostOnly) };
            return await Follow.OperationAsync(run, await run.Api.WriteVmKvpAsync(await Find.VmAsync(run, run.Get(vm)), new() { Changes = [change] }, cancellationToken: run.Cancelled));
        });
    }
}
