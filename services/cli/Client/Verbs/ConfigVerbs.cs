using System.CommandLine;
using System.Text;
using System.Text.Json;
using HvPlatform.Cli.Client.Completion;
using HvPlatform.Cli.Client.Connect;
using HvPlatform.Cli.Client.Output;

namespace HvPlatform.Cli.Client.Verbs;

/// <summary><c>hv config</c> and <c>hv login</c>: the profiles of the configuration file.</summary>
internal static class ConfigVerbs
{
    sealed record Row(string Name, Profile Profile, bool IsCurrent);

    static readonly Table<Row> s_table = new(
        r => r.Name,
        new("CURRENT", r => r.IsCurrent ? "*" : ""), new("NAME", r => r.Name), new("URL", r => r.Profile.Url ?? ""),
        new("TOKEN", r => r.Profile.Token is not null ? "in the file" : r.Profile.TokenFile ?? "none"), new("CA", r => r.Profile.Ca ?? ""));

    public static Command Create(Cli cli) => Cli.Group("config", "Profiles: which platforms there are and which one is used.", [View(cli), Use(cli), Set(cli), Delete(cli)]);

    /// <summary><c>hv login</c>.</summary>
    public static Command Login(Cli cli)
    {
        var stdin = new Option<bool>("--token-stdin") { Description = "Read the token from standard input." };
        var ca = new Option<string?>("--ca") { Description = "A PEM file with the authority that signed the platform's certificate.", HelpName = "FILE" };
        return cli.Verb("login", "Keeps a platform's address and token in a profile and uses it from now on. The token is read from the terminal, or with --token-stdin from standard input.", [stdin, ca], async run =>
        {
            var config = HvConfig.Load(cli.Host);
            var name = run.Get(cli.Profile) ?? (run.Get(cli.Url) is { } asked && Uri.TryCreate(asked, UriKind.Absolute, out var parsed) ? parsed.Host : config.Current)
                ?? throw new CliException("--url is needed: the platform's address.", ExitCodes.Usage);
            var known = config.Profiles.GetValueOrDefault(name);
            var url = run.Get(cli.Url) ?? known?.Url ?? throw new CliException("--url is needed: the platform's address.", ExitCodes.Usage);
            if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            {
                throw new CliException($"--url is '{url}', which is no http:// or https:// address.", ExitCodes.Usage);
            }

            var token = run.Get(cli.Token) ?? await ReadTokenAsync(cli.Host, run.Get(stdin), address);
            var authority = run.Get(ca) is { } file ? Path.GetFullPath(file) : known?.Ca;
            var me = (await run.Connect(new(address, token, authority, "--url")).GetMeAsync(cancellationToken: run.Cancelled)).Value;
            config.Profiles[name] = new(address.GetLeftPart(UriPartial.Authority), token, null, authority);
            config.Current = name;
            config.Save();
            run.Print.Note($"Signed in as {me.Name} at {address.GetLeftPart(UriPartial.Authority)}. Profile '{name}' of {config.Path} is used from now on.");
            return ExitCodes.Done;
        });
    }

    static Command View(Cli cli) => cli.Verb("view", "Shows the profiles, without their tokens.", [], run =>
    {
        var config = HvConfig.Load(cli.Host);
        var rows = config.Profiles.Select(p => new Row(p.Key, p.Value, p.Key == config.Current)).ToList();
        run.Print.List(new Listing<Row>(rows, [.. rows.Select(Json)]), s_table, $"{config.Path} has no profiles. Make one: hv login --url URL");
        return Task.FromResult(ExitCodes.Done);
    });

    static Command Use(Cli cli)
    {
        var name = Name();
        return cli.Verb("use", "Uses a profile from now on.", [name], run =>
        {
            var config = HvConfig.Load(cli.Host);
            config.Current = Known(config, run.Get(name));
            config.Save();
            run.Print.Note($"Profile '{config.Current}' is used from now on.");
            return Task.FromResult(ExitCodes.Done);
        });
    }

    static Command Set(Cli cli)
    {
        var name = Name();
        var file = new Option<string?>("--token-file") { Description = "A file that holds the token; only its owner should be able to read it.", HelpName = "FILE" };
        var ca = new Option<string?>("--ca") { Description = "A PEM file with the authority that signed the platform's certificate; empty for the system's.", HelpName = "FILE" };
        return cli.Verb("set", "Makes a profile or changes it: what is given. A token is kept with hv login.", [name, file, ca], run =>
        {
            var config = HvConfig.Load(cli.Host);
            var old = config.Profiles.GetValueOrDefault(run.Get(name)) ?? new(null, null, null, null);
            var url = run.Get(cli.Url) ?? old.Url;
            if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            {
                throw new CliException(url is null ? "--url is needed: the platform's address." : $"--url is '{url}', which is no http:// or https:// address.", ExitCodes.Usage);
            }

            // A token was given for the old address.
            var kept = url == old.Url ? old.Token : null;
            config.Profiles[run.Get(name)] = new(
                url, run.Get(file) is null ? kept : null, run.Get(file) is { } given ? Path.GetFullPath(given) : kept is null && url != old.Url ? null : old.TokenFile,
                run.Get(ca) is { } authority ? (authority.Length == 0 ? null : Path.GetFullPath(authority)) : old.Ca);
            config.Current ??= run.Get(name);
            config.Save();
            return Task.FromResult(ExitCodes.Done);
        });
    }

    static Command Delete(Cli cli)
    {
        var name = Name();
        return cli.Verb("delete", "Forgets a profile and its token.", [name], run =>
        {
            var config = HvConfig.Load(cli.Host);
            var known = Known(config, run.Get(name));
            config.Profiles.Remove(known);
            config.Current = config.Current == known ? null : config.Current;
            config.Save();
            return Task.FromResult(ExitCodes.Done);
        });
    }

    static Argument<string> Name() => Completions.Dynamic(new Argument<string>("NAME") { Description = "The profile's name." }, Completions.Profiles);

    static string Known(HvConfig config, string name) => config.Profiles.ContainsKey(name)
        ? name
        : throw new CliException($"{config.Path} has no profile '{name}'{(config.Profiles.Count == 0 ? "" : $"; it has {string.Join(", ", config.Profiles.Keys)}")}.", ExitCodes.NotFound);

    static JsonElement Json(Row row)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteString("name", row.Name);
            writer.WriteString("url", row.Profile.Url);
            writer.WriteBoolean("current", row.IsCurrent);
            writer.WriteBoolean("hasToken", row.Profile.Token is not null);
            foreach (var (member, value) in new[] { ("tokenFile", row.Profile.TokenFile), ("ca", row.Profile.Ca) }.Where(m => m.Item2 is not null))
            {
                writer.WriteString(member, value);
            }

            writer.WriteEndObject();
        }

        return JsonElement.Parse(stream.ToArray());
    }

    static async Task<string> ReadTokenAsync(CliHost host, bool fromStandardInput, Uri address)
    {
        string? token;
        if (fromStandardInput || !host.IsInteractive)
        {
            token = await host.In.ReadLineAsync();
        }
        else
        {
            await host.Error.WriteAsync($"Token for {address.GetLeftPart(UriPartial.Authority)} (not shown): ");
            token = ReadHidden();
            await host.Error.WriteLineAsync();
        }

        return token?.Trim() is { Length: > 0 } given ? given : throw new CliException("No token was given. For example: hv login --url URL --token-stdin < FILE", ExitCodes.Usage);
    }

    static string ReadHidden()
    {
        var text = new StringBuilder();
        while (Console.ReadKey(intercept: true) is var key && key.Key != ConsoleKey.Enter)
        {
            if (key.Key == ConsoleKey.Backspace)
            {
                text.Length = Math.Max(0, text.Length - 1);
            }
            else if (!char.IsControl(key.KeyChar))
            {
                text.Append(key.KeyChar);
            }
        }

        return text.ToString();
    }
}
