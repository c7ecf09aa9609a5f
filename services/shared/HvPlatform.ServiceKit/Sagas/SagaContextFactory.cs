using MassTransit;
using MassTransit.Context;
using MassTransit.Middleware;
using MassTransit.Saga;

namespace HvPlatform.ServiceKit.Sagas;

/// <summary>
/// The saga repository inside a delivery: loads with a row lock, saves in the delivery's commit. It neither begins nor commits anything itself;
/// a delivery that loses a race fails at its commit and is tried again by the endpoint's retry.
/// </summary>
internal sealed class SagaContextFactory<TSaga>(SagaTable<TSaga> table, ISagaConsumeContextFactory<HvTransaction, TSaga> contexts) : ISagaRepositoryContextFactory<TSaga>
    where TSaga : class, ISaga
{
    public void Probe(ProbeContext context) => context.Add("persistence", "hv-postgresql");

    public Task Send<T>(ConsumeContext<T> context, IPipe<SagaRepositoryContext<TSaga, T>> next) where T : class =>
        next.Send(new SagaContext<TSaga, T>(context.Transaction(), context, table, contexts));

    public async Task SendQuery<T>(ConsumeContext<T> context, ISagaQuery<TSaga> query, IPipe<SagaRepositoryQueryContext<TSaga, T>> next) where T : class
    {
        var transaction = context.Transaction();
        var found = await table.QueryAsync(transaction.Connection, query.FilterExpression, forUpdate: true, context.CancellationToken);
        await next.Send(new LoadedSagaRepositoryQueryContext<TSaga, T>(new SagaContext<TSaga, T>(transaction, context, table, contexts), found));
    }
}

/// <summary>Reads outside a delivery: tests, tools and HTTP endpoints.</summary>
internal sealed class SagaReadContextFactory<TSaga>(SagaTable<TSaga> table, SagaDatabase<TSaga> database)
    : ILoadSagaRepositoryContextFactory<TSaga>, IQuerySagaRepositoryContextFactory<TSaga> where TSaga : class, ISaga
{
    public void Probe(ProbeContext context) => context.Add("persistence", "hv-postgresql");

    public Task<T> Execute<T>(Func<LoadSagaRepositoryContext<TSaga>, Task<T>> asyncMethod, CancellationToken cancellationToken = default) where T : class =>
        asyncMethod(new SagaReadContext<TSaga>(table, database.Database, cancellationToken));

    public Task<T> Execute<T>(Func<QuerySagaRepositoryContext<TSaga>, Task<T>> asyncMethod, CancellationToken cancellationToken = default) where T : class =>
        asyncMethod(new SagaReadContext<TSaga>(table, database.Database, cancellationToken));
}

internal sealed class SagaContext<TSaga, TMessage>(
    HvTransaction transaction, ConsumeContext<TMessage> consume, SagaTable<TSaga> table, ISagaConsumeContextFactory<HvTransaction, TSaga> contexts)
    : ConsumeContextScope<TMessage>(consume), SagaRepositoryContext<TSaga, TMessage>
    where TSaga : class, ISaga
    where TMessage : class
{
    public Task<SagaConsumeContext<TSaga, T>> CreateSagaConsumeContext<T>(ConsumeContext<T> consumeContext, TSaga instance, SagaConsumeContextMode mode) where T : class =>
        contexts.CreateSagaConsumeContext(transaction, consumeContext, instance, mode);

    public Task<SagaConsumeContext<TSaga, TMessage>> Add(TSaga instance) => Context(instance, SagaConsumeContextMode.Add);

    public async Task<SagaConsumeContext<TSaga, TMessage>> Insert(TSaga instance) =>
        await table.TryInsertAsync(transaction.Connection, instance, CancellationToken) ? await Context(instance, SagaConsumeContextMode.Insert) : null!;

    public async Task<SagaConsumeContext<TSaga, TMessage>> Load(Guid correlationId) =>
        await table.LoadAsync(transaction.Connection, correlationId, forUpdate: true, CancellationToken) is { } instance
            ? await Context(instance, SagaConsumeContextMode.Load)
            : null!;

    public Task Save(SagaConsumeContext<TSaga> context)
    {
        transaction.Enlist(table.Insert(context.Saga));
        return Task.CompletedTask;
    }

    public Task Update(SagaConsumeContext<TSaga> context)
    {
        transaction.Enlist(table.Update(context.Saga));
        return Task.CompletedTask;
    }

    public Task Delete(SagaConsumeContext<TSaga> context)
    {
        transaction.Enlist(table.Delete(context.Saga.CorrelationId));
        return Task.CompletedTask;
    }

    public Task Discard(SagaConsumeContext<TSaga> context) => Task.CompletedTask;

    public Task Undo(SagaConsumeContext<TSaga> context) => Task.CompletedTask;

    Task<SagaConsumeContext<TSaga, TMessage>> Context(TSaga instance, SagaConsumeContextMode mode) =>
        contexts.CreateSagaConsumeContext(transaction, this, instance, mode);
}

internal sealed class SagaReadContext<TSaga>(SagaTable<TSaga> table, ServiceDatabase database, CancellationToken cancellationToken)
    : BasePipeContext(cancellationToken), LoadSagaRepositoryContext<TSaga>, QuerySagaRepositoryContext<TSaga> where TSaga : class, ISaga
{
    public async Task<TSaga> Load(Guid correlationId)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync(CancellationToken);
        return (await table.LoadAsync(connection, correlationId, forUpdate: false, CancellationToken))!;
    }

    public async Task<SagaRepositoryQueryContext<TSaga>> Query(ISagaQuery<TSaga> query, CancellationToken cancellationToken = default)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
        return new LoadedSagaRepositoryQueryContext<TSaga>(this, await table.QueryAsync(connection, query.FilterExpression, forUpdate: false, cancellationToken));
    }
}
