using System.Collections.Immutable;
using HvPlatform.MigrationSaga.MigrateVm;

namespace HvPlatform.MigrationSaga.Packages;

/// <summary>A decision: the next state, what to do, and, where the message changed nothing, why.</summary>
public sealed record PackageDecision(PackageJob State, ImmutableArray<Effect> Effects, Ignored? Ignored = null);
