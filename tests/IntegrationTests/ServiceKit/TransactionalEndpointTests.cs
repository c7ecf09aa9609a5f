using HvPlatform.Contracts;
using HvPlatform.TestKit;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HvPlatform.IntegrationTests.ServiceKit;

public sealed class TransactionalEndpointTests
{
    public static TheoryData<string> Transports => ["inmemory", "rabbitmq"];

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task A_command_becomes_one_row_and_one_fact_and_the_outbox_is_empty_again(string transport)
    {
        var ledger = new Ledger();
        EntryWritten? seen = null;
        ledger.OnFact = c =>
        {
            seen = c.Message;
            return Task.CompletedTask;
        };
        await using var host = await TestHost.StartAsync(await Ledger.NewDatabaseAsync(), await Ledger.NewBusAsync(transport), [ledger.Module()]);
        var entry = new WriteEntry(Guid.NewGuid(), 1, HypervisorKind.HyperV, new VmId(Guid.NewGuid()));

        await Ledger.SendAsync(host, entry);

        await Eventually.Until(async () => (await Ledger.NumbersAsync(host, "facts", entry.Account)).Count == 1, "the fact is noted");
        Assert.Equal([1], await Ledger.NumbersAsync(host, "entries", entry.Account));
        Assert.Equal(new EntryWritten(entry.Account, 1, HypervisorKind.HyperV, entry.Vm), seen);
        await Eventually.Until(async () => await Ledger.ScalarAsync<long>(host, "select count(*) from outbox") == 0, "the outbox is empty");
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task A_consumer_that_throws_leaves_nothing_of_its_failed_attempts(string transport)
    {
        var ledger = new Ledger();
        var attempts = 0;
        ledger.BeforeCommit = (_, _) => Interlocked.Increment(ref attempts) < 3 ? throw new InvalidOperationException("broken on purpose") : Task.CompletedTask;
        await using var host = await TestHost.StartAsync(await Ledger.NewDatabaseAsync(), await Ledger.NewBusAsync(transport), [ledger.Module()]);
        var account = Guid.NewGuid();

        await Ledger.SendAsync(host, new WriteEntry(account, 1));

        await Eventually.Until(async () => (await Ledger.NumbersAsync(host, "facts", account)).Count == 1, "the fact is noted");
        Assert.Equal([1], await Ledger.NumbersAsync(host, "entries", account));
        Assert.Equal(3, attempts);
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task A_second_delivery_of_a_message_is_acknowledged_without_effect(string transport)
    {
        var ledger = new Ledger();
        await using var host = await TestHost.StartAsync(await Ledger.NewDatabaseAsync(), await Ledger.NewBusAsync(transport), [ledger.Module()]);
        var (account, messageId) = (Guid.NewGuid(), Guid.NewGuid());
        var endpoint = await host.Services.GetRequiredService<IBus>().GetSendEndpoint(new Uri($"exchange:{Ledger.Queue}"));

        for (var i = 0; i < 5; i++)
        {
            await endpoint.Send(new WriteEntry(account, 1), c => c.MessageId = messageId);
        }

        await endpoint.Send(new WriteEntry(account, 2));
        await Eventually.Until(async () => (await Ledger.NumbersAsync(host, "facts", account)).Contains(2), "the later message is through");
        await Eventually.Until(async () => (await Ledger.NumbersAsync(host, "facts", account)).Count == 2, "both facts are noted");
        Assert.Equal([1, 2], (await Ledger.NumbersAsync(host, "entries", account)).Order());
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Messages_of_one_key_are_worked_on_in_order_under_load(string transport)
    {
        const int Accounts = 8, Each = 60;
        var ledger = new Ledger { BeforeCommit = async (entry, _) => await Task.Delay(entry.Number % 3) };
        await using var host = await TestHost.StartAsync(await Ledger.NewDatabaseAsync(), await Ledger.NewBusAsync(transport), [ledger.Module()]);
        var accounts = Enumerable.Range(0, Accounts).Select(_ => Guid.NewGuid()).ToArray();

        await Task.WhenAll(accounts.Select(async account =>
        {
            for (var n = 0; n < Each; n += 3)
            {
                await Ledger.SendAsync(host, new(account, n), new(account, n + 1), new(account, n + 2));
            }
        }));

        await Eventually.Until(async () => await Ledger.ScalarAsync<long>(host, "select count(*) from facts") == Accounts * Each, "all facts are noted", 60);
        foreach (var account in accounts)
        {
            Assert.Equal(Enumerable.Range(0, Each), await Ledger.NumbersAsync(host, "entries", account));
            Assert.Equal(Enumerable.Range(0, Each), await Ledger.NumbersAsync(host, "facts", account));
        }
    }

    [Fact]
    public async Task MassTransits_own_publish_is_refused_inside_a_transaction()
    {
        var ledger = new Ledger();
        string? refusal = null;
        ledger.OnFact = async c =>
        {
            refusal = (await Record.ExceptionAsync(() => c.Publish(new WriteEntry(Guid.NewGuid(), 9))))?.Message;
            await Assert.ThrowsAsync<InvalidOperationException>(() => c.Send(new Uri($"exchange:{Ledger.Queue}"), new WriteEntry(Guid.NewGuid(), 9)));
        };
        await using var host = await TestHost.StartAsync(await Ledger.NewDatabaseAsync(), "inmemory", [ledger.Module()]);
        var account = Guid.NewGuid();

        await Ledger.SendAsync(host, new WriteEntry(account, 1));

        await Eventually.Until(async () => (await Ledger.NumbersAsync(host, "facts", account)).Count == 1, "the fact is noted");
        Assert.Contains("context.Transaction()", refusal);
    }
}
