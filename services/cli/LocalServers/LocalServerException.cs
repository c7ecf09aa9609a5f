namespace HvPlatform.Cli.LocalServers;

/// <summary>A local server could not be started or used; the message says what to do.</summary>
internal sealed class LocalServerException(string message, Exception? inner = null) : Exception(message, inner);
