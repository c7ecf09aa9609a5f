using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Packages;
using HvPlatform.Contracts.Vms;
using HvPlatform.Orchestrator.Packages;

namespace HvPlatform.Orchestrator.Operations;

/// <summary>One row of <c>orchestrator.operations</c>: an accepted request from its acceptance to its terminal event.</summary>
internal sealed record Operation
{
    public required OperationId Id { get; init; }

    public required OperationKind Kind { get; init; }

    public required VmId VmId { get; init; }

    public required string VmName { get; init; }

    public required HostId HostId { get; init; }

    public HostId? DestinationHostId { get; init; }

    public required long Epoch { get; init; }

    public required OperationStatus Status { get; init; }

    public required Trail Trail { get; init; }

    /// <summary>What a definition is to be.</summary>
    public VmSpec? Spec { get; init; }

    /// <summary>How a migration goes about it.</summary>
    public MigrationPolicy? Policy { get; init; }

    /// <summary>What an operation of another kind was asked to do, as its request's body says; null if its kind says it all.</summary>
    public JsonElement? Asked { get; init; }

    public ExportSettings? Export { get; init; }

    public ImportSettings? Import { get; init; }

    public MigrationPhase? Phase { get; init; }

    /// <summary>Of exports and imports only.</summary>
    public PackagePhase? PackagePhase { get; init; }

    /// <summary>How far an export or import is.</summary>
    public PackageProgress? Progress { get; init; }

    /// <summary>What an export or import came to.</summary>
    public PackageResult? Result { get; init; }

    public DateTimeOffset? CancelRequestedAt { get; init; }

    public ErrorInfo? Error { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    public int Sends { get; init; } = 1;

    /// <summary>What a migration came to.</summary>
    public MigrationFigures? Figures { get; init; }

    /// <summary>What is not known, of a migration in doubt.</summary>
    public MigrationDoubt? Doubt { get; init; }

    /// <summary>What an operator said of a migration in doubt.</summary>
    public OperatorResolution? Resolution { get; init; }

    /// <summary>A migration's share of its hosts' bandwidth, MiB/s.</summary>
    public int? GrantedBandwidthMiBps { get; init; }

    /// <summary><see cref="Asked"/> with its type.</summary>
    public T As<T>()
        where T : class => Asked?.Deserialize<T>(HvJson.Options) ?? throw new InvalidOperationException($"Operation {Id} ({Kind}) was kept without what it was asked to do.");

    /// <summary>True once its terminal event is published.</summary>
    public bool IsFinal => FinishedAt is not null;
}
