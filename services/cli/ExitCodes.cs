namespace HvPlatform.Cli;

/// <summary>What the command line ends with; part of its contract with scripts.</summary>
internal static class ExitCodes
{
    public const int Done = 0;

    /// <summary>The operation ended otherwise than was asked for, or this program failed.</summary>
    public const int Failed = 1;

    public const int Usage = 2;
    public const int NotFound = 3;

    /// <summary>The platform refused the request; nothing was changed.</summary>
    public const int Refused = 4;

    /// <summary>The platform cannot be reached or is in trouble.</summary>
    public const int Unreachable = 5;

    /// <summary>Not signed in, or not allowed.</summary>
    public const int Forbidden = 6;

    /// <summary>As of timeout(1): the wait ended, the operation goes on.</summary>
    public const int TimedOut = 124;

    /// <summary>Ended by Ctrl-C.</summary>
    public const int Interrupted = 130;
}
