namespace HvPlatform.Telemetry;

static partial class Log
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} figures could not be written and are left out")]
    public static partial void FiguresLost(ILogger logger, int count, Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "The tables of figures could not be kept up; tried again in {Interval}")]
    public static partial void UpkeepFailed(ILogger logger, TimeSpan interval, Exception exception);

    [LoggerMessage(Level = LogLevel.Information, Message = "Alerts: {Raised} raised, {Cleared} cleared")]
    public static partial void AlertsChanged(ILogger logger, int raised, int cleared);

    [LoggerMessage(Level = LogLevel.Error, Message = "The alerts could not be reviewed; tried again in {Interval}")]
    public static partial void AlertsNotReviewed(ILogger logger, TimeSpan interval, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Not all alerts can be reviewed, and those that cannot stay as they are: {Missing}. The inventory and the orchestrator make their tables when they start: look whether both run, in this version, on this database")]
    public static partial void AlertsIncomplete(ILogger logger, string missing);

    [LoggerMessage(Level = LogLevel.Error, Message = "The error queues could not be counted; tried again in {Interval}")]
    public static partial void QueuesNotCounted(ILogger logger, TimeSpan interval, Exception exception);
}
