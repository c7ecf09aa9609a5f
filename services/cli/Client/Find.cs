using System.CommandLine;
using HvPlatform.Cli.Client.Completion;

namespace HvPlatform.Cli.Client;

/// <summary>Arguments that name a resource, and what they name.</summary>
internal static class Find
{
    public static Argument<string> VmArgument(string description = "The VM's id or name.") => Completions.Dynamic(new Argument<string>("VM") { Description = description }, Completions.Vms);

    public static Argument<string> HostArgument(string description = "The host's id or name.") => Completions.Dynamic(new Argument<string>("HOST") { Description = description }, Completions.Hosts);

    /// <summary>An id of something that has no name.</summary>
    /// <param name="what">For messages: migration, operation, ….</param>
    /// <param name="names">What it is completed with; null for nothing.</param>
    public static Argument<Guid> IdArgument(string what, string? names = null)
    {
        var argument = new Argument<Guid>("ID")
        {
            Description = $"The {what}'s id.",
            CustomParser = result =>
            {
                if (Guid.TryParse(result.Tokens[0].Value, out var id))
                {
                    return id;
                }

                result.AddError($"'{result.Tokens[0].Value}' is no id of {(what[0] is 'a' or 'e' or 'o' ? "an" : "a")} {what} (hv {what} list).");
                return default;
            },
        };
        return names is null ? argument : Completions.Dynamic(argument, names);
    }

    /// <summary>A VM's id. In a dry run it is made sure that the id exists, too.</summary>
    public static async Task<Guid> VmAsync(Run run, string text)
    {
        if (Guid.TryParse(text, out var id))
        {
            return run.IsDryRun ? (await run.Api.GetVmAsync(id, cancellationToken: run.Cancelled)).Value.Id : id;
        }

        var found = (await run.Api.ListVmsAsync(name: text, limit: 2, cancellationToken: run.Cancelled)).Value.Items;
        return found.Count switch
        {
            1 => found[0].Id,
            0 => throw new CliException($"There is no VM with the id or name '{text}'.\n  next: `hv vm list --search {text}`", ExitCodes.NotFound),
            _ => throw new CliException($"Several VMs are called '{text}': give the id of one.\n  next: `hv vm list --search {text}`", ExitCodes.Refused),
        };
    }

    /// <summary>A host's id. In a dry run it is made sure that the id exists, too.</summary>
    public static async Task<Guid> HostAsync(Run run, string text)
    {
        if (Guid.TryParse(text, out var id))
        {
            return run.IsDryRun ? (await run.Api.GetHostAsync(id, cancellationToken: run.Cancelled)).Value.Id : id;
        }

        var found = (await run.Api.ListHostsAsync(name: text, limit: 2, cancellationToken: run.Cancelled)).Value.Items;
        return found.Count switch
        {
            1 => found[0].Id,
            0 => throw new CliException($"There is no host with the id or name '{text}'.\n  next: `hv host list`", ExitCodes.NotFound),
            _ => throw new CliException($"Several hosts are called '{text}': give the id of one.\n  next: `hv host list`", ExitCodes.Refused),
        };
    }
}
