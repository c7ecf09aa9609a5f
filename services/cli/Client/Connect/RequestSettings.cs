namespace HvPlatform.Cli.Client.Connect;

/// <summary>What a verb's options say about the requests it sends.</summary>
internal sealed record RequestSettings
{
    /// <summary><c>-v</c>: every request on standard error.</summary>
    public bool Verbose { get; init; }

    /// <summary>Nothing is to be changed: commands are shown instead of sent.</summary>
    public bool DryRun { get; init; }

    /// <summary>The platform does this command's dry run: it is sent.</summary>
    public bool SendsInDryRun { get; init; }

    /// <summary>Kept in the history.</summary>
    public string? Reason { get; init; }

    /// <summary>Makes a repeat of a command harmless; made up if null.</summary>
    public string? IdempotencyKey { get; init; }
}

/// <summary>A command was shown instead of sent.</summary>
internal sealed class DryRunException() : Exception("Nothing was sent.");
