using HvPlatform.ServiceKit.Outbox;
using HvPlatform.TestKit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HvPlatform.IntegrationTests.ServiceKit;

public sealed class RelayTests
{
    [Fact]
    public async Task Of_two_processes_one_sends_and_when_it_stops_the_other_takes_over()
    {
        var (database, bus) = (await Ledger.NewDatabaseAsync(), await Ledger.NewBusAsync("rabbitmq"));
        var first = await TestHost.StartAsync(database, bus, [new Ledger().Module()]);
        await Eventually.Until(() => Relay(first).State.Active, "the first process sends");
        await using var second = await TestHost.StartAsync(database, bus, [new Ledger().Module()]);
        Assert.False(Relay(second).State.Active);

        var account = Guid.NewGuid();
        await Ledger.SendAsync(second, new WriteEntry(account, 0));
        await Eventually.Until(async () => (await Ledger.NumbersAsync(second, "facts", account)).Count == 1, "the first process sends what the second wrote");

        await first.DisposeAsync();
        await Ledger.SendAsync(second, new WriteEntry(account, 1));
        await Eventually.Until(async () => (await Ledger.NumbersAsync(second, "facts", account)).Count == 2, "the second process sends");
        Assert.True(Relay(second).State.Active);
    }

    [Fact]
    public async Task A_relay_that_stops_in_a_process_that_goes_on_gives_the_lock_up()
    {
        var database = await Ledger.NewDatabaseAsync();
        await using var first = await TestHost.StartAsync(database, "inmemory", [new Ledger().Module()]);
        await Eventually.Until(() => Relay(first).State.Active, "the first process sends");
        await using var second = await TestHost.StartAsync(database, "inmemory", [new Ledger().Module()]);

        await Relay(first).StopAsync(default);

        await Eventually.Until(() => Relay(second).State.Active, "the second process sends");
    }

    [Fact]
    public async Task A_failure_is_forgotten_with_the_timer_it_belongs_to()
    {
        await using var host = await TestHost.StartAsync(await Ledger.NewDatabaseAsync(), "inmemory", [new Ledger().Module()]);
        var (account, token) = (Guid.NewGuid(), Guid.NewGuid());
        await using (var tx = await host.Database(Ledger.Schema).BeginAsync(default))
        {
            tx.SendAt("nobody-reads-this", new WriteEntry(account, 1), account, TimeProvider.System.GetUtcNow(), token);
            await tx.CommitAsync(default);
        }

        await Eventually.Until(() => Relay(host).State.Failure is not null, "the timer cannot be sent");
        await using (var tx = await host.Database(Ledger.Schema).BeginAsync(default))
        {
            tx.CancelScheduled(token);
            await tx.CommitAsync(default);
        }

        await Eventually.Until(() => Relay(host).State.Failure is null, "nothing is wrong any more");
    }

    [Fact]
    public void A_row_is_not_blamed_for_a_broker_that_does_not_confirm()
    {
        Assert.False(OutboxRelay.IsTheRowsOwn(new TimeoutException(), busIsHealthy: true));
        Assert.False(OutboxRelay.IsTheRowsOwn(new InvalidOperationException(), busIsHealthy: false));
        Assert.True(OutboxRelay.IsTheRowsOwn(new InvalidOperationException(), busIsHealthy: true));
        Assert.True(OutboxRelay.IsTheRowsOwn(new UnknownMessageTypeException("x"), busIsHealthy: false));
    }

    [Fact]
    public async Task A_row_that_cannot_be_sent_is_parked_with_its_reason_and_holds_up_no_other_key()
    {
        await using var host = await TestHost.StartAsync(await Ledger.NewDatabaseAsync(), "inmemory", [new Ledger().Module()],
            b => b.Configuration.AddInMemoryCollection([new("Hv:OutboxAttempts", "4")]));
        var (stuck, free) = (Guid.NewGuid(), Guid.NewGuid());
        await Ledger.ScalarAsync<Guid>(host,
            "insert into outbox (message_id, key, queue, type, body) values (gen_random_uuid(), $1, $2, 'HvPlatform.Gone', '{}') returning key", stuck, Ledger.Queue);

        await Ledger.SendAsync(host, new WriteEntry(stuck, 1), new WriteEntry(free, 1));

        await Eventually.Until(async () => (await Ledger.NumbersAsync(host, "facts", free)).Count == 1, "the other key goes on");
        Assert.Empty(await Ledger.NumbersAsync(host, "entries", stuck));
        await Eventually.Until(async () => (await Ledger.NumbersAsync(host, "facts", stuck)).Count == 1, "the key goes on once the row is parked");
        Assert.Contains("HvPlatform.Gone", await Ledger.ScalarAsync<string>(host, "select reason from outbox_parked"));
    }

    [Fact]
    public async Task A_message_id_forgotten_by_the_inbox_is_one_older_than_the_retention()
    {
        await using var host = await TestHost.StartAsync(await Ledger.NewDatabaseAsync(), "inmemory", [new Ledger().Module()]);
        await Ledger.ScalarAsync<string>(host,
            "insert into inbox (queue, message_id, received_at) select 'q', gen_random_uuid(), now() - h * interval '1 hour' from generate_series(1, 48) h returning queue");

        await using var connection = await host.Database(Ledger.Schema).DataSource.OpenConnectionAsync();
        var forgotten = await OutboxSql.PruneInboxAsync(connection, TimeSpan.FromHours(24), 1000, default);

        Assert.Equal(25, forgotten);
        Assert.Equal(23, await Ledger.ScalarAsync<long>(host, "select count(*) from inbox where received_at > now() - interval '24 hours'"));
    }

    static OutboxRelay Relay(TestHost host) => host.Services.GetServices<OutboxRelay>().Single();
}
