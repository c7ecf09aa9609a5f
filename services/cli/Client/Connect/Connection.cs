namespace HvPlatform.Cli.Client.Connect;

/// <summary>Which platform to talk to, and as whom. A token goes only where its source says: a profile's to the profile's URL, the local platform's to this machine.</summary>
/// <param name="Url">The platform's address.</param>
/// <param name="Token">Never printed.</param>
/// <param name="CaFile">A PEM file with the authority that signed the platform's certificate; null for the system's.</param>
/// <param name="UrlFrom">Where the address comes from, for messages.</param>
internal sealed record Connection(Uri Url, string? Token, string? CaFile, string UrlFrom)
{
    /// <summary>Where <c>./hv up</c> listens.</summary>
    public const string DefaultUrl = "http://127.0.0.1:8080";

    /// <summary>Precedence: option, then environment, then the current profile, then the platform of <c>./hv up</c> on this machine. A profile named by option comes before the environment.</summary>
    /// <param name="host">The environment.</param>
    /// <param name="url"><c>--url</c>.</param>
    /// <param name="token"><c>--token</c>.</param>
    /// <param name="profileName"><c>--profile</c>.</param>
    /// <exception cref="CliException">No such profile, no such file, or no address.</exception>
    public static Connection Resolve(CliHost host, string? url, string? token, string? profileName)
    {
        var fromEnvironment = profileName is null;
        Profile? profile = null;
        var (text, source) = (url, "--url");
        if (text is null && fromEnvironment)
        {
            (text, source) = (host.Variable("HV_URL"), "HV_URL");
        }

        if (text is null)
        {
            var config = HvConfig.Load(host);
            if ((profileName ?? host.Variable("HV_PROFILE") ?? config.Current) is { } name)
            {
                profile = config.Profiles.GetValueOrDefault(name) ?? throw new CliException(
                    $"{config.Path} has no profile '{name}'{(config.Profiles.Count == 0 ? "" : $"; it has {string.Join(", ", config.Profiles.Keys)}")}.\nMake it: hv login --profile {name} --url URL", ExitCodes.Usage);
                (text, source) = (profile.Url, $"profile '{name}'");
            }
        }

        if (text is null)
        {
            (text, source) = (DefaultUrl, "the default");
        }

        if (!Uri.TryCreate(text, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            throw new CliException($"{source} is '{text}', which is no http:// or https:// address.", ExitCodes.Usage);
        }

        token ??= fromEnvironment ? host.Variable("HV_TOKEN") : null;
        token ??= profile is null ? null : profile.Token ?? ReadToken(profile.TokenFile);
        token ??= address.IsLoopback ? LocalToken(host) : null;
        return new(address, token?.Trim(), profile?.Ca, source);
    }

    static string? ReadToken(string? file)
    {
        try
        {
            return file is null ? null : File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"The profile's token cannot be read: {e.Message}", ExitCodes.Forbidden, e);
        }
    }

    /// <summary>The token that <c>./hv up</c> keeps beside its data; null if there is none or this user may not read it.</summary>
    static string? LocalToken(CliHost host)
    {
        // Of the two places only one is used; what the first start of another user left in the usual one cannot be told from the right one, so the other comes first.
        var root = host.Variable("HV_ROOT");
        foreach (var data in root is null ? [] : Platform.DataDirectory.Candidates(root).Reverse())
        {
            try
            {
                return File.ReadAllText(Platform.DataDirectory.TokenFile(data));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Not there, or not ours: without a token the platform says what is missing.
            }
        }

        return null;
    }
}
