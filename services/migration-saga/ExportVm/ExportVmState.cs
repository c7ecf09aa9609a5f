using HvPlatform.MigrationSaga.Packages;

namespace HvPlatform.MigrationSaga.ExportVm;

/// <summary>The row of an export's saga.</summary>
public sealed class ExportVmState : PackageState;
