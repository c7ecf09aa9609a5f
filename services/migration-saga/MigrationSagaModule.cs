using HvPlatform.Contracts;
using HvPlatform.MigrationSaga.MigrateVm;
using HvPlatform.ServiceKit;
using MassTransit;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace HvPlatform.MigrationSaga;

/// <summary>The migration-saga service as a list of its parts.</summary>
public static class MigrationSagaModule
{
    /// <summary>The schema that holds the sagas.</summary>
    public const string Schema = "migration_saga";

    /// <summary>The parts.</summary>
    public static HvModule Create() => new()
    {
        Name = "migration-saga",
        Schema = Schema,
        SqlAssembly = typeof(MigrationSagaModule).Assembly,
        AddServices = builder =>
        {
            builder.Services.TryAddSingleton(MigrationTimings.Default);
            builder.Services.TryAddKeyedSingleton(Schema, (p, _) => p.GetRequiredService<TimeProvider>());
            builder.Services.AddSingleton(HvOptions.Read<MigrationSagaOptions>(builder.Configuration, "MigrationSaga"));
            builder.Services.AddSingleton<Upkeep>();
            builder.Services.AddHostedService(p => p.GetRequiredService<Upkeep>());
        },
        AddConsumers = bus => bus.AddSagaStateMachine<MigrateVmStateMachine, MigrateVmState>().HvRepository(Schema, "sagas_migrate_vm"),
        Endpoints = [new HvEndpoint(Queues.MigrationSaga, (context, endpoint) => endpoint.ConfigureSaga<MigrateVmState>(context))],
    };
}
