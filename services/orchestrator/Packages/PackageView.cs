using HvPlatform.Contracts;
using HvPlatform.Contracts.Packages;
using HvPlatform.Orchestrator.Operations;

namespace HvPlatform.Orchestrator.Packages;

/// <summary>What only an export or import has, as the API shows it with its operation.</summary>
internal sealed record PackageView
{
    public required PackagePhase Phase { get; init; }

    /// <summary>The export's directory on the host.</summary>
    public required string Directory { get; init; }

    /// <summary>An export's settings.</summary>
    public ExportSettings? Export { get; init; }

    /// <summary>An import's settings.</summary>
    public ImportSettings? Import { get; init; }

    public PackageProgress? Progress { get; init; }

    /// <summary>What it came to.</summary>
    public PackageResult? Result { get; init; }

    /// <summary>What is not known, while it is in doubt.</summary>
    public string? Unknown { get; init; }

    /// <summary>What an operator asserted while it was in doubt.</summary>
    public PackageResolution? Asserted { get; init; }

    /// <summary>Who asserted that, why, when.</summary>
    public Trail? AssertedBy { get; init; }

    /// <summary>Why that was not acted on.</summary>
    public ErrorInfo? AssertionRejected { get; init; }

    public static PackageView? Of(Operation operation) => operation.PackagePhase is not { } phase ? null : new()
    {
        Phase = phase,
        Directory = operation.Export?.Directory ?? operation.Import?.Directory ?? "",
        Export = operation.Export,
        Import = operation.Import,
        Progress = operation.Progress,
        Result = operation.Result,
        Unknown = operation.Status == OperationStatus.InDoubt ? operation.Doubt?.Unknown : null,
        Asserted = operation.Resolution?.Package,
        AssertedBy = operation.Resolution?.Trail,
        AssertionRejected = operation.Resolution?.Rejected,
    };
}
