using System.Runtime.CompilerServices;
using Npgsql;

namespace HvPlatform.Events;

public sealed partial class EventStore
{
    /// <summary>How long a tail waits for a notification before it looks by itself: the bound on its delay if notifications do not come through.</summary>
    static readonly TimeSpan TailPoll = TimeSpan.FromSeconds(1);

    const int TailPage = 1000;

    /// <summary>
    /// All events after a position, then every new one as it is committed, in commit order and none skipped; ends only by cancellation or an error (resume with the
    /// last <see cref="StoredEvent.Seq"/>). Holds one connection: share one tail among the readers of a process.
    /// </summary>
    public async IAsyncEnumerable<StoredEvent> TailAsync(long afterSeq, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await using var connection = await _source.OpenConnectionAsync(cancellationToken);
        var channel = await ListenAsync(connection, cancellationToken);
        var notified = false;
        connection.Notification += Notified;
        try
        {
            while (true)
            {
                notified = false;
                var page = await ReadAllAsync(connection, afterSeq, TailPage, types: null, cancellationToken);
                foreach (var e in page)
                {
                    yield return e;
                    afterSeq = e.Seq;
                }

                // What is committed while the page is read is told at the end of the reading, when nobody waits yet.
                if (page.Count < TailPage && !notified)
                {
                    await connection.WaitAsync(TailPoll, cancellationToken);
                }
            }
        }
        finally
        {
            connection.Notification -= Notified;
            await UnlistenAsync(connection, channel);
        }

        void Notified(object sender, NpgsqlNotificationEventArgs e) => notified = true;
    }

    /// <summary>Listens before the first read, so that a commit between the two is not slept through.</summary>
    static async Task<string> ListenAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var find = new NpgsqlCommand("SELECT hv_events_channel()", connection);
        var channel = (string)(await find.ExecuteScalarAsync(cancellationToken))!;
        await using var listen = new NpgsqlCommand($"LISTEN {channel}", connection);
        await listen.ExecuteNonQueryAsync(cancellationToken);
        return channel;
    }

    static async Task UnlistenAsync(NpgsqlConnection connection, string channel)
    {
        if (connection.FullState != System.Data.ConnectionState.Open)
        {
            return;
        }

        await using var command = new NpgsqlCommand($"UNLISTEN {channel}", connection);
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }
}
