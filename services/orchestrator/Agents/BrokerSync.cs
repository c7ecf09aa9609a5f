using HvPlatform.Contracts;
using Npgsql;

namespace HvPlatform.Orchestrator.Agents;

/// <summary>
/// Keeps the broker's users as the agents' table says. A change is told at once by whoever made it; what could not be told, or what the broker has lost, is made up for
/// here. Agents whose certificate has expired are cut off like revoked ones.
/// </summary>
internal sealed class BrokerSync(AgentStore store, AgentBroker broker, TimeProvider clock, ILogger<BrokerSync> log) : BackgroundService
{
    static readonly TimeSpan s_interval = TimeSpan.FromSeconds(5);
    const int PassesBetweenFull = 60;

    /// <summary>Tells the broker about one agent. Returns false, with the reason in the log, if that has to wait.</summary>
    public async Task<bool> TellAsync(AgentId agent, CancellationToken cancellationToken)
    {
        try
        {
            await store.TellAsync(agent, state => broker.ApplyAsync(state, cancellationToken), cancellationToken);
            return true;
        }
        catch (Exception e) when (e is HttpRequestException or NpgsqlException)
        {
            Log.BrokerNotTold(log, agent, e.Message);
            return false;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_interval, clock);
        for (var pass = 0; ; pass++)
        {
            try
            {
                foreach (var agent in await store.ForBrokerAsync(all: pass % PassesBetweenFull == 0, stoppingToken))
                {
                    await TellAsync(agent, stoppingToken);
                }
            }
            catch (NpgsqlException e)
            {
                Log.BrokerSyncFailed(log, e);
            }

            try
            {
                await timer.WaitForNextTickAsync(stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }
}
