using HvPlatform.ServiceKit;
using HvPlatform.TestKit;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Xunit;

namespace HvPlatform.IntegrationTests.ServiceKit;

/// <summary>Something dies between two steps; every entry and every fact is there once, in order.</summary>
public sealed class CrashTests
{
    [Theory]
    [InlineData("inmemory")]
    [InlineData("rabbitmq")]
    public async Task Connections_killed_at_any_step_neither_lose_nor_double_anything(string transport)
    {
        const int Accounts = 6, Each = 50;
        var database = await Ledger.NewDatabaseAsync();
        var ledger = new Ledger();
        await using var host = await TestHost.StartAsync(database, await Ledger.NewBusAsync(transport), [ledger.Module()]);
        var accounts = Enumerable.Range(0, Accounts).Select(_ => Guid.NewGuid()).ToArray();
        foreach (var account in accounts)
        {
            await Ledger.SendAsync(host, [.. Enumerable.Range(0, Each).Select(n => new WriteEntry(account, n))]);
        }

        // Relay, consumers in the middle of a transaction, consumers in their commit: whatever holds a connection at that moment.
        await using var killer = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database) { Pooling = false }.ConnectionString);
        for (var round = 0; round < 6; round++)
        {
            await Ledger.ScalarAsync<long>(killer, "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()");
            await Task.Delay(150 + (round * 37));
        }

        await AssertAllOnceAsync(host, accounts, Each);
    }

    [Fact]
    public async Task A_consumer_whose_connection_dies_before_the_commit_starts_over()
    {
        var database = await Ledger.NewDatabaseAsync();
        var attempts = 0;
        var ledger = new Ledger
        {
            BeforeCommit = async (_, tx) =>
            {
                if (Interlocked.Increment(ref attempts) == 1)
                {
                    await using var killer = NpgsqlDataSource.Create(database);
                    await Ledger.ScalarAsync<bool>(killer, "select pg_terminate_backend($1)", tx.Connection.ProcessID);
                }
            },
        };
        await using var host = await TestHost.StartAsync(database, "inmemory", [ledger.Module()]);
        var account = Guid.NewGuid();

        await Ledger.SendAsync(host, new WriteEntry(account, 0));

        await AssertAllOnceAsync(host, [account], 1);
        Assert.Equal(2, attempts);
    }

    [Fact]
    public async Task A_commit_whose_answer_is_lost_is_not_done_twice()
    {
        var attempts = 0;
        var ledger = new Ledger();
        ledger.OnFact = c =>
        {
            // Commits, then fails: what the consumer sees is a failed commit of a transaction that happened.
            if (Interlocked.Increment(ref attempts) == 1)
            {
                c.Transaction().Enlist(new NpgsqlBatchCommand("commit"));
                c.Transaction().Enlist(new NpgsqlBatchCommand("select pg_terminate_backend(pg_backend_pid())"));
            }

            return Task.CompletedTask;
        };
        await using var host = await TestHost.StartAsync(await Ledger.NewDatabaseAsync(), "inmemory", [ledger.Module()]);
        var account = Guid.NewGuid();

        await Ledger.SendAsync(host, new WriteEntry(account, 0), new WriteEntry(account, 1));

        await AssertAllOnceAsync(host, [account], 2);
        Assert.Equal(2, attempts);
    }

    [Fact]
    public async Task What_a_dead_process_had_not_sent_the_next_one_sends()
    {
        var (database, account) = (await Ledger.NewDatabaseAsync(), Guid.NewGuid());
        var first = new Ledger { BeforeCommit = (_, _) => Task.Delay(Timeout.Infinite) };
        await using (var host = await TestHost.StartAsync(database, "inmemory", [first.Module()],
            b => b.Services.PostConfigure<MassTransitHostOptions>(o => o.ConsumerStopTimeout = TimeSpan.FromMilliseconds(100))))
        {
            await Ledger.SendAsync(host, new WriteEntry(account, 0), new WriteEntry(account, 1));
            await Eventually.Until(async () => await Ledger.ScalarAsync<long>(host, "select count(*) from pg_stat_activity where datname = current_database() and state = 'idle in transaction'") > 0, "the consumer is at work");
        }

        await using var second = await TestHost.StartAsync(database, "inmemory", [new Ledger().Module()]);
        await AssertAllOnceAsync(second, [account], 2);
    }

    [Fact]
    public async Task A_broker_that_dies_and_comes_back_only_costs_time()
    {
        var broker = await RabbitServer.StartAsync();
        var bus = (await broker.CreateVirtualHostAsync()).ToString();
        await using var host = await TestHost.StartAsync(await Ledger.NewDatabaseAsync(), bus, [new Ledger().Module()]);
        var account = Guid.NewGuid();
        await Ledger.SendAsync(host, new WriteEntry(account, 0));
        await Eventually.Until(async () => (await Ledger.NumbersAsync(host, "facts", account)).Count == 1, "the first fact is noted");

        // RabbitMQ 3.10 writes the table of its quorum queues' logs to disk every three minutes only. Killed before that, it finds a new queue without its log and
        // without a leader, for ever. What is tested is our side, so the table is written now.
        await broker.ControlAsync("eval", "[dets:sync(T) || T <- dets:all()].");
        await broker.KillAsync();
        await Ledger.SendAsync(host, [.. Enumerable.Range(1, 20).Select(n => new WriteEntry(account, n))]);
        await Task.Delay(500);
        Assert.Single(await Ledger.NumbersAsync(host, "entries", account));
        await broker.StartAgainAsync();

        await AssertAllOnceAsync(host, [account], 21);
        Assert.Equal(0, await Ledger.ScalarAsync<long>(host, "select count(*) from outbox_parked"));
    }

    static async Task AssertAllOnceAsync(TestHost host, Guid[] accounts, int each)
    {
        await Eventually.Until(async () =>
        {
            try
            {
                return await Ledger.ScalarAsync<long>(host, "select count(*) from facts") >= accounts.Length * each
                    && await Ledger.ScalarAsync<long>(host, "select count(*) from outbox") == 0;
            }
            catch (NpgsqlException)
            {
                return false;
            }
        }, "all facts are noted and the outbox is empty", 240);
        foreach (var account in accounts)
        {
            Assert.Equal(Enumerable.Range(0, each), await Ledger.NumbersAsync(host, "entries", account));
            Assert.Equal(Enumerable.Range(0, each), await Ledger.NumbersAsync(host, "facts", account));
        }
    }
}
