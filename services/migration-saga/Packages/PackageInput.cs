using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Packages;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.MigrationSaga.Packages;

/// <summary>A message of an export or an import, as <see cref="PackageDecisions"/> reads it: the two procedures differ in their words, not in what the words do.</summary>
abstract record PackageInput;

/// <summary>Begin; the state before the first step.</summary>
sealed record BeginInput(PackageJob Job) : PackageInput;

/// <summary>A step ended.</summary>
sealed record StepInput(
    string Step, PackageOutcome Outcome, IReadOnlyList<MigrationFinding> Findings, PackageManifest? Manifest, VmInfo? Vm, ErrorInfo? StartError, ErrorInfo? Error) : PackageInput;

/// <summary>The host says what it has.</summary>
sealed record SeenInput(string Step, PackagePresence Presence, PackageManifest? Manifest, VmInfo? Vm) : PackageInput;

/// <summary>Someone wants it undone.</summary>
sealed record CancelInput(OperationId OperationId, Trail Trail) : PackageInput;

/// <summary>An operator's word.</summary>
sealed record ResolveInput(PackageResolution Resolution, Trail Trail) : PackageInput;

/// <summary>The timer.</summary>
sealed record TimerInput(long Timer) : PackageInput;
