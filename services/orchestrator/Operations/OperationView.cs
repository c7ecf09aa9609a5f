using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Http;
using HvPlatform.Orchestrator.Packages;

namespace HvPlatform.Orchestrator.Operations;

/// <summary>An operation as the API shows it.</summary>
internal sealed record OperationView
{
    public required OperationId Id { get; init; }

    public required OperationKind Kind { get; init; }

    /// <summary>Succeeded, Failed, Cancelled and RolledBack are final.</summary>
    public required OperationStatus Status { get; init; }

    public required VmId VmId { get; init; }

    public required string VmName { get; init; }

    /// <summary>Where the VM was when the operation was accepted: a migration's source.</summary>
    public required HostId HostId { get; init; }

    /// <summary>A migration's destination.</summary>
    public HostId? DestinationHostId { get; init; }

    /// <summary>The fencing token granted to it.</summary>
    public required long Epoch { get; init; }

    /// <summary>A migration's phase.</summary>
    public MigrationPhase? Phase { get; init; }

    /// <summary>Who asked, why, when.</summary>
    public required Trail Trail { get; init; }

    /// <summary>When it was last cancelled.</summary>
    public DateTimeOffset? CancelRequestedAt { get; init; }

    /// <summary>What an operator asserted about a migration in doubt, and what became of it.</summary>
    public OperatorResolution? Resolution { get; init; }

    /// <summary>Why it failed, down to the hypervisor's own error.</summary>
    public ErrorInfo? Error { get; init; }

    /// <summary>What only an export or import has.</summary>
    public PackageView? Package { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>The instant this is the view of; absent for now, and in lists, which say it once.</summary>
    public DateTimeOffset? AsOf { get; init; }

    /// <summary>In a view of the past: the members that are absent, or as recorded then, because they have no history.</summary>
    public IReadOnlyList<string>? NotKept { get; init; }

    public required string Url { get; init; }

    public required string VmUrl { get; init; }

    public string? MigrationUrl { get; init; }

    /// <summary>Null if a command's If-Match, if it has one, names the operation as it is.</summary>
    public static Refusal? WhyChanged(Operation operation, string? ifMatch)
    {
        var etag = ifMatch is null ? null : ETags.OfBytes(Resources.Serialize(Of(operation)));
        return etag is null || ETags.Matches(ifMatch!, etag) ? null : Refusals.EtagMismatch(etag);
    }

    public static OperationView Of(Operation operation) => new()
    {
        Id = operation.Id,
        Kind = operation.Kind,
        Status = operation.Status,
        VmId = operation.VmId,
        VmName = operation.VmName,
        HostId = operation.HostId,
        DestinationHostId = operation.DestinationHostId,
        Epoch = operation.Epoch,
        Phase = operation.Phase,
        Trail = operation.Trail,
        CancelRequestedAt = operation.CancelRequestedAt,
        Resolution = operation.PackagePhase is null ? operation.Resolution : null,
        Error = operation.Error,
        Package = PackageView.Of(operation),
        UpdatedAt = operation.UpdatedAt,
        FinishedAt = operation.FinishedAt,
        Url = Urls.Operation(operation.Id),
        VmUrl = Urls.Vm(operation.VmId),
        MigrationUrl = operation.Kind == OperationKind.MigrateVm ? Urls.Migration(operation.Id) : null,
    };
}
