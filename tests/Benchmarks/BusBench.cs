using System.Diagnostics;
using HvPlatform.ServiceKit;
using HvPlatform.TestKit;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;

namespace HvPlatform.Benchmarks;

/// <summary>The bus on real servers: raw publish→consume, the outbox relay, and a burst of sagas beside MassTransit's in-memory repository.</summary>
static class BusBench
{
    const int Publishers = 64;
    const int RawMessages = 20_000;
    const int RelayMessages = 20_000;
    const int Sagas = 500;

    public static async Task RunAsync(BenchReport report)
    {
        var postgres = await PostgresServer.SharedAsync();
        var rabbit = await RabbitServer.SharedAsync();

        // Once unmeasured: the just-in-time compiler, the pools, the prepared statements.
        await SagasAsync(await StartAsync(rabbit, BusBenchSaga.InMemory()), durable: false);
        var inMemory = Sagas / await SagasAsync(await StartAsync(rabbit, BusBenchSaga.InMemory()), durable: false);
        var ours = Sagas / await SagasAsync(await StartAsync(rabbit, BusBenchSaga.Durable(), await postgres.CreateDatabaseAsync()), durable: true);
        report.Line($"{Sagas} sagas over RabbitMQ, PostgreSQL repository + inbox + outbox", ours, "sagas/s", "MassTransit in-memory repository, nothing durable", inMemory, "300");

        var raw = await RawAsync(rabbit);
        report.Line($"publish -> consume over RabbitMQ, quorum, confirms, {Publishers} publishers", raw, "msgs/s");
        var (spread, oneKey) = (await RelayAsync(rabbit, postgres, 1000), await RelayAsync(rabbit, postgres, 1));
        report.Line("outbox relay, 1000 keys", spread, "msgs/s", "raw publish -> consume", raw, "3000");
        report.Line("outbox relay, one key (each confirmed before the next)", oneKey, "msgs/s", "raw publish -> consume", raw);
    }

    static async Task<TestHost> StartAsync(RabbitServer rabbit, HvModule module, string? database = null) =>
        await TestHost.StartAsync(database, (await rabbit.CreateVirtualHostAsync()).ToString(), [module]);

    /// <summary>Seconds from the first start to the last completion.</summary>
    static async Task<double> SagasAsync(TestHost host, bool durable)
    {
        await using var _ = host;
        var done = host.Services.GetRequiredService<BusBenchSaga.Counter>();
        var ids = Enumerable.Range(0, Sagas).Select(_ => Guid.CreateVersion7()).ToArray();
        var round = 0;

        // The first half warms up and is not measured.
        foreach (var half in (Guid[][])[[.. ids.Select(_ => Guid.CreateVersion7())], ids])
        {
            round++;
            done.Expect(half.Length);
            var clock = Stopwatch.StartNew();
            if (durable)
            {
                await using var tx = await host.Database(BusBenchSaga.Schema).BeginAsync(default);
                foreach (var id in half)
                {
                    tx.Send(BusBenchSaga.SagaQueue, new BusBenchStart(id), id);
                }

                await tx.CommitAsync(default);
            }
            else
            {
                var endpoint = await host.Services.GetRequiredService<IBus>().GetSendEndpoint(new Uri($"exchange:{BusBenchSaga.SagaQueue}"));
                await Task.WhenAll(half.Select(id => endpoint.Send(new BusBenchStart(id))));
            }

            await done.ReachedAsync();
            if (round == 2)
            {
                return clock.Elapsed.TotalSeconds;
            }
        }

        throw new UnreachableException();
    }

    static async Task<double> RawAsync(RabbitServer rabbit)
    {
        await using var host = await StartAsync(rabbit, BusBenchSaga.Sink());
        var (bus, done) = (host.Services.GetRequiredService<IBus>(), host.Services.GetRequiredService<BusBenchSaga.Counter>());
        var perSecond = 0.0;
        foreach (var count in (int[])[RawMessages / 10, RawMessages])
        {
            done.Expect(count);
            var clock = Stopwatch.StartNew();
            await Task.WhenAll(Enumerable.Range(0, Publishers).Select(async p =>
            {
                for (var i = p; i < count; i += Publishers)
                {
                    await bus.Publish(new BusBenchDone(Guid.Empty));
                }
            }));
            await done.ReachedAsync();
            perSecond = count / clock.Elapsed.TotalSeconds;
        }

        return perSecond;
    }

    /// <summary>Rows that are in the outbox already, until the last one is confirmed and deleted.</summary>
    static async Task<double> RelayAsync(RabbitServer rabbit, PostgresServer postgres, int keys)
    {
        await using var host = await StartAsync(rabbit, BusBenchSaga.Durable(), await postgres.CreateDatabaseAsync());
        var database = host.Database(BusBenchSaga.Schema);
        var ids = Enumerable.Range(0, keys).Select(_ => Guid.CreateVersion7()).ToArray();
        var perSecond = 0.0;
        foreach (var count in (int[])[2_000, keys == 1 ? RelayMessages / 10 : RelayMessages])
        {
            await using var tx = await database.BeginAsync(default);
            for (var i = 0; i < count; i++)
            {
                tx.Send("bench-unread", new BusBenchStart(Guid.Empty), ids[i % keys]);
            }

            await tx.CommitAsync(default);
            var clock = Stopwatch.StartNew();
            await using var left = database.DataSource.CreateCommand("select exists(select from outbox)");
            await Eventually.Until(async () => await left.ExecuteScalarAsync() is false, "the outbox is empty", 120);
            perSecond = count / clock.Elapsed.TotalSeconds;
        }

        return perSecond;
    }
}
