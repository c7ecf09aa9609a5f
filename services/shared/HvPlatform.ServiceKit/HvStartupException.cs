namespace HvPlatform.ServiceKit;

/// <summary>The process cannot start: what failed, where, why, and what to do next, in one message for a person.</summary>
public sealed class HvStartupException(string what, string where, string why, string next, Exception? inner = null)
    : Exception($"{what} ({where}): {why} {next}", inner);
