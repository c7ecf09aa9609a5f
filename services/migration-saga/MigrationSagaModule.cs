using HvPlatform.ServiceKit;

namespace HvPlatform.MigrationSaga;

/// <summary>The migration-saga service as a list of its parts.</summary>
public static class MigrationSagaModule
{
    /// <summary>The parts.</summary>
    public static HvModule Create() => new()
    {
        Name = "migration-saga",
        Schema = "migration_saga",
        SqlAssembly = typeof(MigrationSagaModule).Assembly,
    };
}
