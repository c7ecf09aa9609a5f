using HvPlatform.Contracts;
using HvPlatform.ServiceKit;
using HvPlatform.ServiceKit.Sagas;
using HvPlatform.TestKit;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HvPlatform.IntegrationTests.ServiceKit;

public sealed class SagaRepositoryTests
{
    [Theory]
    [InlineData("inmemory")]
    [InlineData("rabbitmq")]
    public async Task Many_sagas_at_once_each_reach_their_end_once(string transport)
    {
        await using var host = await TestHost.StartAsync(await Ledger.NewDatabaseAsync(), await Ledger.NewBusAsync(transport), [Errand.Module()]);
        var errands = Enumerable.Range(0, 100).Select(_ => new StartErrand(Guid.NewGuid(), new VmId(Guid.NewGuid()))).ToArray();

        await Errand.StartAsync(host, errands);

        await Eventually.Until(async () => await CountAsync(host, "current_state = 'Completed'") == errands.Length, "all errands are done", 60);
        foreach (var errand in errands)
        {
            var state = await Errand.FindAsync(host, errand.Id);
            Assert.Equal((ErrandStateMachine.Steps, 1, errand.Vm), (state!.StepsDone, state.Started, state.Vm));
        }
    }

    [Fact]
    public async Task Two_messages_that_start_the_same_saga_at_once_make_one_saga_that_saw_both()
    {
        await using var host = await TestHost.StartAsync(await Ledger.NewDatabaseAsync(), "inmemory", [Errand.Module()]);
        var bus = host.Services.GetRequiredService<IBus>();
        var ids = Enumerable.Range(0, 20).Select(_ => Guid.NewGuid()).ToArray();

        // Straight onto the bus, without an ordering key: their deliveries overlap.
        await Task.WhenAll(ids.SelectMany(id => Enumerable.Range(0, 4).Select(_ => bus.Publish(new StartErrand(id, default)))));

        await Eventually.Until(async () => await CountAsync(host, "current_state = 'Completed' and (data->>'started')::int = 4") == ids.Length, "every saga saw its four starts", 30);
        Assert.Equal(ids.Length, await CountAsync(host, "true"));
    }

    [Fact]
    public async Task A_message_finds_its_sagas_by_a_member_through_SQL()
    {
        await using var host = await TestHost.StartAsync(await Ledger.NewDatabaseAsync(), "inmemory", [Errand.Module()]);
        var (here, elsewhere) = (new VmId(Guid.NewGuid()), new VmId(Guid.NewGuid()));
        await InsertRunningAsync(host, here);
        await InsertRunningAsync(host, here);
        await InsertRunningAsync(host, elsewhere);

        await host.Services.GetRequiredService<IBus>().Publish(new VmTouched(here));

        await Eventually.Until(async () => await CountAsync(host, "(data->>'touched')::int = 1") == 2, "both errands of the VM saw it");
        Assert.Equal(1, await CountAsync(host, "(data->>'touched')::int = 0"));
    }

    [Fact]
    public void A_filter_that_is_no_equality_is_refused()
    {
        var limit = 3;
        var refusal = Assert.Throws<NotSupportedException>(() => SagaFilter.Translate<ErrandState>(s => s.StepsDone > limit));
        Assert.Contains("StepsDone", refusal.Message);
        Assert.Throws<NotSupportedException>(() => SagaFilter.Translate<ErrandState>(s => s.StepsDone == s.Started));
    }

    [Fact]
    public void A_filter_of_equalities_becomes_parameters()
    {
        var (vm, state) = (new VmId(Guid.NewGuid()), "Running");
        var (sql, parameters) = SagaFilter.Translate<ErrandState>(s => s.Vm == vm && s.CurrentState == state && s.Vm.Value == vm.Value);
        Assert.Equal("data #>> $1 = $2 and data #>> $3 = $4 and data #>> $5 = $6", sql);
        Assert.Equal(["vm"], (string[])parameters[0].Value!);
        Assert.Equal(vm.ToString(), parameters[1].Value);
        Assert.Equal(["currentState"], (string[])parameters[2].Value!);
        Assert.Equal(["vm"], (string[])parameters[4].Value!);
    }

    static Task<long> CountAsync(TestHost host, string where) =>
        Ledger.ScalarAsync<long>(host.Database(Errand.Schema).DataSource, $"select count(*) from sagas_errand where {where}");

    static async Task InsertRunningAsync(TestHost host, VmId vm)
    {
        await using HvTransaction tx = await host.Database(Errand.Schema).BeginAsync(default);
        tx.Enlist(new SagaTable<ErrandState>("sagas_errand").Insert(new() { CorrelationId = Guid.NewGuid(), CurrentState = "Running", Vm = vm }));
        await tx.CommitAsync(default);
    }
}
