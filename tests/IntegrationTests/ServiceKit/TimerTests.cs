using HvPlatform.ServiceKit;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.IntegrationTests.ServiceKit;

public sealed class TimerTests
{
    [Fact]
    public async Task A_timer_fires_once_and_not_before_it_is_due()
    {
        var fired = new List<DateTimeOffset>();
        var ledger = Recording(fired);
        await using var host = await TestHost.StartAsync(await Ledger.NewDatabaseAsync(), "inmemory", [ledger.Module()]);
        var (account, due) = (Guid.NewGuid(), TimeProvider.System.GetUtcNow().AddSeconds(1));

        await ArmAsync(host, account, 1, due, Guid.NewGuid());

        await Eventually.Until(() => fired.Count == 1, "the timer fired");
        Assert.True(fired[0] >= due, $"due {due:O}, fired {fired[0]:O}");
        await Eventually.Until(async () => await Ledger.ScalarAsync<long>(host, "select count(*) from outbox") == 0, "the outbox is empty");
    }

    [Fact]
    public async Task A_timer_survives_a_restart()
    {
        var (database, account, fired) = (await Ledger.NewDatabaseAsync(), Guid.NewGuid(), new List<DateTimeOffset>());
        var due = TimeProvider.System.GetUtcNow().AddSeconds(2);
        await using (var first = await TestHost.StartAsync(database, "inmemory", [Recording(fired).Module()]))
        {
            await ArmAsync(first, account, 1, due, Guid.NewGuid());
        }

        Assert.Empty(fired);
        await using var second = await TestHost.StartAsync(database, "inmemory", [Recording(fired).Module()]);

        await Eventually.Until(() => fired.Count == 1, "the timer fired");
        Assert.True(fired[0] >= due);
    }

    [Fact]
    public async Task A_timer_that_is_cancelled_or_replaced_does_not_fire()
    {
        var fired = new List<DateTimeOffset>();
        await using var host = await TestHost.StartAsync(await Ledger.NewDatabaseAsync(), "inmemory", [Recording(fired).Module()]);
        var (account, now) = (Guid.NewGuid(), TimeProvider.System.GetUtcNow());
        var (cancelled, replaced) = (Guid.NewGuid(), Guid.NewGuid());
        await ArmAsync(host, account, 1, now.AddSeconds(1), cancelled);
        await ArmAsync(host, account, 2, now.AddSeconds(1), replaced);

        await using (var tx = await host.Database(Ledger.Schema).BeginAsync(default))
        {
            tx.CancelScheduled(cancelled);
            tx.SendAt(Ledger.Queue, new WriteEntry(account, 3), account, now.AddSeconds(30), replaced);
            tx.SendAt(Ledger.Queue, new WriteEntry(account, 4), account, now.AddSeconds(1.5), replaced);
            await tx.CommitAsync(default);
        }

        await Eventually.Until(async () => (await Ledger.NumbersAsync(host, "entries", account)).Count > 0, "a timer fired");
        Assert.Equal([4], (IEnumerable<int>)await Ledger.NumbersAsync(host, "entries", account));
        await Eventually.Until(async () => await Ledger.ScalarAsync<long>(host, "select count(*) from outbox") == 0, "no timer is left");
    }

    static Ledger Recording(List<DateTimeOffset> fired) => new()
    {
        BeforeCommit = (_, _) =>
        {
            lock (fired)
            {
                fired.Add(TimeProvider.System.GetUtcNow());
            }

            return Task.CompletedTask;
        },
    };

    static async Task ArmAsync(TestHost host, Guid account, int number, DateTimeOffset due, Guid token)
    {
        await using HvTransaction tx = await host.Database(Ledger.Schema).BeginAsync(default);
        tx.SendAt(Ledger.Queue, new WriteEntry(account, number), account, due, token);
        await tx.CommitAsync(default);
    }
}
