using HvPlatform.Contracts;
using HvPlatform.MigrationSaga.ExportVm;
using HvPlatform.MigrationSaga.ImportVm;
using HvPlatform.MigrationSaga.MigrateVm;
using HvPlatform.MigrationSaga.Packages;
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
            builder.Services.AddSingleton<PackageStateMachine<ExportVmState>>(p => p.GetRequiredService<ExportVmStateMachine>());
            builder.Services.AddSingleton<PackageStateMachine<ImportVmState>>(p => p.GetRequiredService<ImportVmStateMachine>());
            builder.Services.TryAddKeyedSingleton(Schema, (p, _) => p.GetRequiredService<TimeProvider>());
            builder.Services.AddSingleton(HvOptions.Read<MigrationSagaOptions>(builder.Configuration, "MigrationSaga"));
            builder.Services.AddSingleton<Upkeep>();
            builder.Services.AddHostedService(p => p.GetRequiredService<Upkeep>());
        },
        AddConsumers = bus =>
        {
            bus.AddSagaStateMachine<MigrateVmStateMachine, MigrateVmState>().HvRepository(Schema, "sagas_migrate_vm");
            bus.AddSagaStateMachine<ExportVmStateMachine, ExportVmState>().HvRepository(Schema, "sagas_export_vm");
            bus.AddSagaStateMachine<ImportVmStateMachine, ImportVmState>().HvRepository(Schema, "sagas_import_vm");
        },
        Endpoints =
        [
            new HvEndpoint(Queues.MigrationSaga, (context, endpoint) =>
            {
                endpoint.ConfigureSaga<MigrateVmState>(context);
                endpoint.ConfigureSaga<ExportVmState>(context);
                endpoint.ConfigureSaga<ImportVmState>(context);
            }),
        ],
    };
}
