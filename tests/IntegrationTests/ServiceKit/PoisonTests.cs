using System.Text;
using HvPlatform.ServiceKit.Bus;
using HvPlatform.ServiceKit.Tls;
using HvPlatform.TestKit;
using Microsoft.Extensions.Configuration;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using Xunit;

namespace HvPlatform.IntegrationTests.ServiceKit;

/// <summary>Messages that cannot be worked on end up where a person finds them, with the reason, and hold nobody up.</summary>
public sealed class PoisonTests
{
    [Fact]
    public async Task A_body_that_is_no_message_is_parked_with_its_reason()
    {
        var bus = await Ledger.NewBusAsync("rabbitmq");
        await using var host = await TestHost.StartAsync(await Ledger.NewDatabaseAsync(), bus, [new Ledger().Module()]);
        await using var connection = await new ConnectionFactory { Uri = new Uri(bus) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();

        await channel.BasicPublishAsync(Ledger.Queue, "", mandatory: true, new BasicProperties { ContentType = "application/vnd.masstransit+json" }, "this is not JSON"u8.ToArray());

        var parked = await GetAsync(connection, $"{Ledger.Queue}_error");
        Assert.Equal("this is not JSON", Encoding.UTF8.GetString(parked.Body.Span));
        Assert.Contains("JSON", Header(parked, "MT-Fault-Message"), StringComparison.OrdinalIgnoreCase);
        var account = Guid.NewGuid();
        await Ledger.SendAsync(host, new WriteEntry(account, 1));
        await Eventually.Until(async () => (await Ledger.NumbersAsync(host, "facts", account)).Count == 1, "the queue goes on");
    }

    [Fact]
    public async Task A_message_whose_consumer_always_throws_is_tried_a_bounded_number_of_times_and_parked_with_the_reason()
    {
        var bus = await Ledger.NewBusAsync("rabbitmq");
        var attempts = 0;
        var ledger = new Ledger
        {
            BeforeCommit = (entry, _) => entry.Number == 1 && Interlocked.Increment(ref attempts) > 0 ? throw new InvalidOperationException("the ledger is closed") : Task.CompletedTask,
        };
        await using var host = await TestHost.StartAsync(await Ledger.NewDatabaseAsync(), bus, [ledger.Module()]);
        await using var connection = await new ConnectionFactory { Uri = new Uri(bus) }.CreateConnectionAsync();
        var account = Guid.NewGuid();

        await Ledger.SendAsync(host, new WriteEntry(account, 1), new WriteEntry(account, 2));

        var parked = await GetAsync(connection, $"{Ledger.Queue}_error");
        Assert.Equal("the ledger is closed", Header(parked, "MT-Fault-Message"));
        Assert.Equal(EndpointConfiguration.RetryIntervals.Length + 1, attempts);
        await Eventually.Until(async () => (await Ledger.NumbersAsync(host, "facts", account)).Count == 1, "the later message is through");
        Assert.Equal([2], (IEnumerable<int>)await Ledger.NumbersAsync(host, "entries", account));
    }

    [Fact]
    public async Task A_message_that_nobody_ever_answers_is_dead_lettered_by_the_broker()
    {
        var bus = await Ledger.NewBusAsync("rabbitmq");
        await using var topology = new RabbitTopology(new Uri(bus), BusTls.Read(new ConfigurationBuilder().Build()));
        await topology.StartAsync("test", default);
        await topology.EnsureQueueAsync("deserted", default);
        await using var connection = await new ConnectionFactory { Uri = new Uri(bus) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        await channel.BasicPublishAsync("deserted", "", "hello"u8.ToArray());

        for (var delivery = 0; delivery <= RabbitTopology.DeliveryLimit; delivery++)
        {
            BasicGetResult? message = null;
            await Eventually.Until(async () => (message = await channel.BasicGetAsync("deserted", autoAck: false)) is not null, "the message is delivered again");
            await channel.BasicNackAsync(message!.DeliveryTag, false, requeue: true);
        }

        Assert.Equal("hello", Encoding.UTF8.GetString((await GetAsync(connection, RabbitTopology.DeadLetter)).Body.Span));
    }

    [Fact]
    public async Task In_memory_a_message_that_its_consumer_gives_up_is_parked_with_the_reason()
    {
        var ledger = new Ledger { BeforeCommit = (entry, _) => entry.Number == 1 ? throw new InvalidOperationException("the ledger is closed") : Task.CompletedTask };
        await using var host = await TestHost.StartAsync(await Ledger.NewDatabaseAsync(), "inmemory", [ledger.Module()]);
        var account = Guid.NewGuid();

        await Ledger.SendAsync(host, new WriteEntry(account, 1), new WriteEntry(account, 2));

        await Eventually.Until(async () => (await Ledger.NumbersAsync(host, "facts", account)).Count == 1, "the later message is through");
        Assert.Equal([2], (IEnumerable<int>)await Ledger.NumbersAsync(host, "entries", account));
        Assert.Contains("the ledger is closed", await Ledger.ScalarAsync<string>(host, "select reason from outbox_parked"));
    }

    static async Task<BasicGetResult> GetAsync(IConnection connection, string queue)
    {
        BasicGetResult? got = null;
        await Eventually.Until(async () =>
        {
            // The broker closes a channel that asks for a queue that is not there yet.
            await using var channel = await connection.CreateChannelAsync();
            try
            {
                return (got = await channel.BasicGetAsync(queue, autoAck: true)) is not null;
            }
            catch (OperationInterruptedException)
            {
                return false;
            }
        }, $"a message is in '{queue}'", 30);
        return got!;
    }

    static string Header(BasicGetResult message, string name) => Encoding.UTF8.GetString((byte[])message.BasicProperties.Headers![name]!);
}
