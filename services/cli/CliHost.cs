namespace HvPlatform.Cli;

/// <summary>What surrounds one run of the command line; tests give their own.</summary>
internal sealed record CliHost
{
    public required TextWriter Out { get; init; }

    public required TextWriter Error { get; init; }

    public TextReader In { get; init; } = TextReader.Null;

    /// <summary>Whether standard output is a terminal: then lists refresh in place.</summary>
    public bool IsTerminal { get; init; }

    /// <summary>Whether standard error is a terminal: then progress is drawn in one line.</summary>
    public bool IsErrorTerminal { get; init; }

    /// <summary>Whether a person can be asked.</summary>
    public bool IsInteractive { get; init; }

    /// <summary>An environment variable; null if it is not set or empty.</summary>
    public required Func<string, string?> Variable { get; init; }

    /// <summary>What requests go through instead of the network; null for the network.</summary>
    public HttpMessageHandler? Network { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>This process's streams and environment.</summary>
    public static CliHost OfProcess() => new()
    {
        Out = Console.Out,
        Error = Console.Error,
        In = Console.In,
        IsTerminal = !Console.IsOutputRedirected,
        IsErrorTerminal = !Console.IsErrorRedirected,
        IsInteractive = !Console.IsInputRedirected,
        Variable = name => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null,
    };
}
