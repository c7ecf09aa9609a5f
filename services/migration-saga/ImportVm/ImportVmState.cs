using HvPlatform.MigrationSaga.Packages;

namespace HvPlatform.MigrationSaga.ImportVm;

/// <summary>The row of an import's saga.</summary>
public sealed class ImportVmState : PackageState;
