namespace HvPlatform.ServiceKit;

/// <summary>Runs one or many services in this process: configuration, logs, telemetry, database, bus, health, HTTP.</summary>
public static class HvHost
{
    /// <summary>Runs until stopped (Ctrl-C, SIGTERM). Returns the process's exit code; a start-up error is printed as one clear message and returns 1.</summary>
    public static Task<int> RunAsync(string[] args, params HvModule[] modules) => throw new NotImplementedException();
}
