using HvPlatform.ServiceKit.Sagas;
using MassTransit;
using MassTransit.Configuration;
using MassTransit.Saga;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace HvPlatform.ServiceKit;

/// <summary>Registers the PostgreSQL saga repository.</summary>
public static class HvSagaRegistration
{
    /// <summary>
    /// Keeps the saga in <paramref name="table"/> of <paramref name="schema"/>, in the transaction of the delivery: its row, the inbox row and everything it says
    /// commit together. The saga's endpoint must be transactional, and the service's SQL creates the table:
    /// <code>
    /// create table sagas_example (
    ///     correlation_id uuid primary key,
    ///     current_state  text,
    ///     data           jsonb not null,
    ///     version        int not null,
    ///     updated_at     timestamptz not null
    /// );
    /// </code>
    /// <c>data</c> is the instance in <see cref="Contracts.HvJson"/>'s form; <c>current_state</c> repeats its property <c>CurrentState</c>, if it has one, for people and queries.
    /// </summary>
    public static ISagaRegistrationConfigurator<TSaga> HvRepository<TSaga>(this ISagaRegistrationConfigurator<TSaga> configurator, string schema, string table)
        where TSaga : class, ISaga
    {
        SchemaName.ThrowIfInvalid(table);
        return configurator.Repository(x =>
        {
            x.TryAddSingleton(new SagaTable<TSaga>(table));
            x.TryAddSingleton(p => new SagaDatabase<TSaga>(p.GetServices<ServiceDatabase>().Single(d => d.Schema == schema)));
            x.RegisterLoadSagaRepository<TSaga, SagaReadContextFactory<TSaga>>();
            x.RegisterQuerySagaRepository<TSaga, SagaReadContextFactory<TSaga>>();
            x.RegisterSagaRepository<TSaga, HvTransaction, SagaConsumeContextFactory<HvTransaction, TSaga>, SagaContextFactory<TSaga>>();
        });
    }
}
