using HvPlatform.ServiceKit;

namespace HvPlatform.Orchestrator.Webhooks;

/// <summary>Settings of the section <c>Orchestrator:Webhooks</c>.</summary>
internal sealed record WebhookOptions
{
    /// <summary>Whether endpoints may be on loopback, link-local and private addresses.</summary>
    public bool AllowPrivate { get; init; }

    /// <summary>How long an endpoint may take to answer.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The pause after a first failure; it doubles with each further one.</summary>
    public TimeSpan FirstRetry { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest pause.</summary>
    public TimeSpan LongestRetry { get; init; } = TimeSpan.FromHours(1);

    /// <summary>A delivery that has not succeeded after this long is dead; the time its endpoint was paused does not count.</summary>
    public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromHours(24);

    /// <summary>An endpoint is paused after this many dead deliveries with none delivered between them.</summary>
    public int PauseAfterDead { get; init; } = 20;

    /// <summary>How long a replaced secret signs too.</summary>
    public TimeSpan OldSecretFor { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How long delivered ones are kept.</summary>
    public TimeSpan KeepDelivered { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Most endpoints.</summary>
    public int Most { get; init; } = 100;

    /// <summary>Most deliveries that wait for one endpoint; further events wait in the history.</summary>
    public int MostWaiting { get; init; } = 10_000;

    /// <summary>Checks them.</summary>
    /// <exception cref="HvStartupException">A value cannot be used.</exception>
    public void Check()
    {
        if (Timeout <= TimeSpan.Zero || FirstRetry <= TimeSpan.Zero || LongestRetry < FirstRetry || GiveUpAfter <= TimeSpan.Zero || PauseAfterDead < 1 || OldSecretFor < TimeSpan.Zero
            || KeepDelivered <= TimeSpan.Zero || Most < 0 || MostWaiting < 1)
        {
            throw new HvStartupException("A setting cannot be used", "Orchestrator:Webhooks",
                "Timeout, FirstRetry, GiveUpAfter, KeepDelivered, PauseAfterDead and MostWaiting must be positive, OldSecretFor and Most not negative, LongestRetry not shorter than FirstRetry.", "Correct or remove it.");
        }
    }
}
