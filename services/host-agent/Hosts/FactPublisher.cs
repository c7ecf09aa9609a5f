namespace HvPlatform.HostAgent.Hosts;

/// <summary>Publishes what the agent sees. Facts are repeated by the periodic report, so one that the broker does not take in time is dropped and noted.</summary>
sealed class FactPublisher(string host, IAgentBus bus, TimeProvider time, ILogger logger)
{
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    int _missed;

    /// <summary>Whether a fact was dropped since this was last asked.</summary>
    public bool TakeMissed() => Interlocked.Exchange(ref _missed, 0) != 0;

    /// <summary>True if the broker has it.</summary>
    public async Task<bool> PublishAsync<T>(T fact, Guid key, CancellationToken cancellationToken) where T : class
    {
        using var timeout = new CancellationTokenSource(s_patience, time);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            await bus.PublishAsync(fact, key, null, patience.Token);
            return true;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Interlocked.Exchange(ref _missed, 1);
            Log.FactNotPublished(logger, e, host, typeof(T).Name);
            return false;
        }
    }
}
