using System.CommandLine;
using HvPlatform.ApiClient;
using HvPlatform.Cli.Client.Following;
using HvPlatform.Cli.Client.Output;

namespace HvPlatform.Cli.Client.Verbs;

/// <summary><c>hv vm checkpoint</c>.</summary>
internal static class CheckpointVerbs
{
    public static Command Create(Cli cli)
    {
        var subtree = new Option<bool>("--subtree") { Description = "Also all that were made from it." };
        return Cli.Group("checkpoint", "Checkpoints of a VM.",
        [
            List(cli),
            Change(cli, "create", "Keeps a VM's state and disks as they are now.", "NAME", "Its name.", [],
                (run, vm, name) => run.Api.CreateVmCheckpointAsync(vm, new() { Name = name }, cancellationToken: run.Cancelled)),
            Change(cli, "apply", "Brings a stopped VM back to a checkpoint; what came after it is lost.", "CHECKPOINT", "Its id.", [],
                (run, vm, id) => run.Api.ApplyVmCheckpointAsync(vm, new() { CheckpointId = id }, cancellationToken: run.Cancelled)),
            Change(cli, "delete", "Deletes a checkpoint; the VM stays as it is.", "CHECKPOINT", "Its id.", [subtree],
                (run, vm, id) => run.Api.DeleteVmCheckpointAsync(vm, new() { CheckpointId = id, Subtree = run.Get(subtree) }, cancellationToken: run.Cancelled)),
        ], "snapshot");
    }

    static Command List(Cli cli)
    {
        var vm = Find.VmArgument();
        return cli.Verb("list", "Lists a VM's checkpoints as a tree.", [vm], async run =>
        {
            var answer = await run.Api.ListVmCheckpointsAsync(await Find.VmAsync(run, run.Get(vm)), cancellationToken: run.Cancelled);
            var ordered = CheckpointTree.Order(answer.Value.Checkpoints);
            var depths = ordered.ToDictionary(o => o.Checkpoint.Id, o => o.Depth);
            var table = new Table<VmCheckpoint>(
                c => c.Id,
                new("NAME", c => $"{new string(' ', 2 * depths[c.Id])}{c.Name}"), new("ID", c => c.Id), new("CREATED", c => Words.At(c.CreatedAt)), new("", c => c.Current == true ? "current" : ""));
            var raw = answer.Json.GetProperty("checkpoints").EnumerateArray().ToLookup(c => c.GetProperty("id").GetString());
            run.Print.List(new Listing<VmCheckpoint>([.. ordered.Select(o => o.Checkpoint)], [.. ordered.Select(o => raw[o.Checkpoint.Id].First())]), table, "The VM has no checkpoints.");
            return ExitCodes.Done;
        });
    }

    static Command Change(Cli cli, string verb, string what, string argument, string description, IEnumerable<Symbol> more, Func<Run, Guid, string, Task<Answer<OperationView>>> send)
    {
        var vm = Find.VmArgument();
        var which = new Argument<string>(argument) { Description = description };
        return cli.Do(verb, what, [vm, which, .. more], async run => await Follow.OperationAsync(run, await send(run, await Find.VmAsync(run, run.Get(vm)), run.Get(which))));
    }
}
