using HvPlatform.Contracts;
using HvPlatform.ServiceKit;
using HvPlatform.TestKit;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace HvPlatform.IntegrationTests.ServiceKit;

/// <summary>What the tests send: an entry for a ledger. Its effect is one row and one <see cref="EntryWritten"/>.</summary>
public sealed record WriteEntry(Guid Account, int Number, HypervisorKind Kind = HypervisorKind.Libvirt, VmId? Vm = null);

/// <summary>The fact that follows.</summary>
public sealed record EntryWritten(Guid Account, int Number, HypervisorKind Kind, VmId? Vm);

/// <summary>A small service made of the kit alone: a queue of entries, a table of them, and a second queue that notes the facts.</summary>
public sealed class Ledger
{
    public const string Schema = "ledger";
    public const string Queue = "ledger-entries";
    public const string FactQueue = "ledger-facts";

    /// <summary>Runs in the consumer after its row is written and before the commit: where a test breaks it.</summary>
    public Func<WriteEntry, HvTransaction, Task> BeforeCommit { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>Runs in the consumer of facts.</summary>
    public Func<ConsumeContext<EntryWritten>, Task> OnFact { get; set; } = _ => Task.CompletedTask;

    /// <summary>Deliveries at a time on both queues.</summary>
    public int Concurrency { get; init; } = 16;

    public HvModule Module(params HvEndpoint[] more) => new()
    {
        Name = "ledger",
        Schema = Schema,
        SqlAssembly = typeof(Ledger).Assembly,
        Messages = [typeof(WriteEntry), typeof(EntryWritten)],
        AddServices = b => b.Services.AddSingleton(this),
        AddConsumers = x =>
        {
            x.AddConsumer<EntryConsumer>();
            x.AddConsumer<FactConsumer>();
        },
        Endpoints =
        [
            new HvEndpoint(Queue, (c, e) => e.ConfigureConsumer<EntryConsumer>(c)) { Concurrency = Concurrency },
            new HvEndpoint(FactQueue, (c, e) => e.ConfigureConsumer<FactConsumer>(c)) { Concurrency = Concurrency },
            .. more,
        ],
    };

    public static async Task<string> NewBusAsync(string transport) =>
        transport == "inmemory" ? "inmemory" : (await (await RabbitServer.SharedAsync()).CreateVirtualHostAsync()).ToString();

    public static async Task<string> NewDatabaseAsync() => await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();

    /// <summary>Sends entries through the outbox in one transaction.</summary>
    public static async Task SendAsync(TestHost host, params WriteEntry[] entries)
    {
        await using var tx = await host.Database(Schema).BeginAsync(default);
        foreach (var entry in entries)
        {
            tx.Send(Queue, entry, entry.Account);
        }

        await tx.CommitAsync(default);
    }

    public static Task<T> ScalarAsync<T>(TestHost host, string sql, params object[] values) => ScalarAsync<T>(host.Database(Schema).DataSource, sql, values);

    public static async Task<T> ScalarAsync<T>(NpgsqlDataSource source, string sql, params object[] values)
    {
        await using var command = source.CreateCommand(sql);
        command.Parameters.AddRange(values.Select(v => new NpgsqlParameter { Value = v }).ToArray());
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public static async Task<List<int>> NumbersAsync(TestHost host, string table, Guid account) =>
        [.. await ScalarAsync<int[]>(host, $"select coalesce(array_agg(number order by id), '{{}}') from {table} where account = $1", account)];

    static async Task WriteAsync(HvTransaction tx, string table, Guid account, int number)
    {
        await using var command = new NpgsqlCommand($"insert into {table} (account, number) values ($1, $2)", tx.Connection, tx.Transaction)
        {
            Parameters = { new() { Value = account }, new() { Value = number } },
        };
        await command.ExecuteNonQueryAsync();
    }

    sealed class EntryConsumer(Ledger ledger) : IConsumer<WriteEntry>
    {
        public async Task Consume(ConsumeContext<WriteEntry> context)
        {
            var (account, number, kind, vm) = context.Message;
            var tx = context.Transaction();
            await WriteAsync(tx, "entries", account, number);
            tx.Publish(new EntryWritten(account, number, kind, vm), account);
            await ledger.BeforeCommit(context.Message, tx).WaitAsync(context.CancellationToken);
        }
    }

    sealed class FactConsumer(Ledger ledger) : IConsumer<EntryWritten>
    {
        public async Task Consume(ConsumeContext<EntryWritten> context)
        {
            await WriteAsync(context.Transaction(), "facts", context.Message.Account, context.Message.Number);
            await ledger.OnFact(context);
        }
    }
}
