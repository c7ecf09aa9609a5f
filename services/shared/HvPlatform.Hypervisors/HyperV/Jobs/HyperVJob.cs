using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>A job of a host at one moment.</summary>
/// <param name="Path">Where it is; its class tells which sort of job it is.</param>
/// <param name="State">What it is doing.</param>
/// <param name="Percent">How far it is, 0-100.</param>
/// <param name="Cancellable">Whether the host would end it now.</param>
/// <param name="Elapsed">How long it has run; null if not told.</param>
/// <param name="ErrorCode">Its error's number; 0 or null without one.</param>
/// <param name="Description">The host's text for its error; null without one.</param>
/// <param name="Instance">All of it, for what only its class has.</param>
internal sealed record HyperVJob(CimPath Path, HyperVJobState State, int Percent, bool Cancellable, TimeSpan? Elapsed, int? ErrorCode, string? Description, CimInstance Instance)
{
    /// <summary>Over, well or not.</summary>
    public bool Ended => State is HyperVJobState.Completed or HyperVJobState.CompletedWithWarnings or HyperVJobState.Terminated or HyperVJobState.Killed or HyperVJobState.Exception;

    /// <summary>Over and well.</summary>
    public bool Succeeded => State is HyperVJobState.Completed or HyperVJobState.CompletedWithWarnings;

    /// <summary>Its identifier on the host.</summary>
    public string Id => Path["InstanceID"] ?? Path.ToString();

    /// <summary>Reads an instance of a job class.</summary>
    public static HyperVJob Read(CimInstance instance) => Read(new CimPath(instance.ClassName, ("InstanceID", instance.String("InstanceID") ?? "")), instance);

    /// <summary>Reads an instance of a job class that was fetched by its path.</summary>
    public static HyperVJob Read(CimPath path, CimInstance instance) => new(
        path,
        (HyperVJobState)(instance.Number("JobState") ?? 0),
        (int)Math.Clamp(instance.Number("PercentComplete") ?? 0, 0, 100),
        instance.Boolean("Cancellable") ?? false,
        instance.Interval("ElapsedTime"),
        (int?)instance.Number("ErrorCode"),
        First(instance.String("ErrorDescription"), instance.String("ErrorSummaryDescription")),
        instance);

    private static string? First(params ReadOnlySpan<string?> texts)
    {
        foreach (var text in texts)
        {
            if (!string.IsNullOrWhiteSpace(text))
            {
                return text;
            }
        }

        return null;
    }
}
