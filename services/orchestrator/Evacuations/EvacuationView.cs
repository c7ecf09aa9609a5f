using HvPlatform.Contracts;
using HvPlatform.Contracts.Evacuations;
using HvPlatform.Orchestrator.Http;

namespace HvPlatform.Orchestrator.Evacuations;

/// <summary>An evacuation as the API shows it: how far it is, and each VM.</summary>
internal sealed record EvacuationView
{
    public required EvacuationId Id { get; init; }

    public required HostId HostId { get; init; }

    public required string HostName { get; init; }

    /// <summary>Completed, CompletedWithFailures and Cancelled are final.</summary>
    public required EvacuationStatus Status { get; init; }

    /// <summary>VMs in all.</summary>
    public required int Total { get; init; }

    /// <summary>On other hosts now.</summary>
    public required int Moved { get; init; }

    /// <summary>On their way.</summary>
    public required int Moving { get; init; }

    /// <summary>Not begun, or tried again later.</summary>
    public required int Waiting { get; init; }

    /// <summary>Given up, with the reason.</summary>
    public required int Failed { get; init; }

    /// <summary>Left by themselves.</summary>
    public required int Gone { get; init; }

    /// <summary>Not moved because of the cancel.</summary>
    public required int NotMoved { get; init; }

    /// <summary>What is left, reckoned from the moves so far; absent before the first has ended, and while paused.</summary>
    public long? EtaMs { get; init; }

    /// <summary>Why no move can start at the moment.</summary>
    public ErrorInfo? Blocked { get; init; }

    /// <summary>How it goes about it.</summary>
    public required EvacuationSettings Settings { get; init; }

    /// <summary>Who asked, why, when.</summary>
    public required Trail Trail { get; init; }

    /// <summary>From then on no move begins.</summary>
    public required DateTimeOffset DeadlineAt { get; init; }

    public DateTimeOffset? PausedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>From the request to the end.</summary>
    public long? TotalMs { get; init; }

    /// <summary>Each VM.</summary>
    public required IReadOnlyList<EvacuationVmView> Vms { get; init; }

    /// <summary>The instant this is the view of; absent for now, and in lists, which say it once.</summary>
    public DateTimeOffset? AsOf { get; init; }

    public required string Url { get; init; }

    public required string HostUrl { get; init; }

    public static EvacuationView Of(Evacuation e, IReadOnlyDictionary<HostId, string> hostNames)
    {
        int Count(EvacuationVmStatus status) => e.Vms.Count(v => v.Status == status);
        return new EvacuationView
        {
            Id = e.Id,
            HostId = e.HostId,
            HostName = e.HostName,
            Status = e.Status,
            Total = e.Vms.Count,
            Moved = Count(EvacuationVmStatus.Moved),
            Moving = Count(EvacuationVmStatus.Moving),
            Waiting = Count(EvacuationVmStatus.Waiting),
            Failed = Count(EvacuationVmStatus.Failed),
            Gone = Count(EvacuationVmStatus.Gone),
            NotMoved = Count(EvacuationVmStatus.NotMoved),
            EtaMs = Eta(e),
            Blocked = e.Blocked,
            Settings = e.Settings,
            Trail = e.Trail,
            DeadlineAt = e.DeadlineAt,
            PausedAt = e.PausedAt,
            UpdatedAt = e.UpdatedAt,
            EndedAt = e.EndedAt,
            TotalMs = e.EndedAt is { } end ? Math.Max(0, (long)(end - e.Trail.RequestedAt).TotalMilliseconds) : null,
            Vms = [.. e.Vms.Select(v => EvacuationVmView.Of(v, hostNames))],
            Url = Urls.Evacuation(e.Id),
            HostUrl = Urls.Host(e.HostId),
        };
    }

    /// <summary>The mean of the moves so far, times the rounds that are left.</summary>
    static long? Eta(Evacuation e)
    {
        var times = e.Vms.Where(v => v is { Status: EvacuationVmStatus.Moved, StartedAt: not null, EndedAt: not null })
            .Select(v => Math.Max(0, (v.EndedAt!.Value - v.StartedAt!.Value).TotalMilliseconds)).ToList();
        var left = e.Vms.Count(v => v.IsOpen);
        return e.Status != EvacuationStatus.Running || times.Count == 0 || left == 0 ? null : (long)(times.Average() * Math.Ceiling((double)left / e.Settings.MaxConcurrent));
    }
}

/// <summary>One VM of an evacuation.</summary>
internal sealed record EvacuationVmView
{
    public required VmId VmId { get; init; }

    public required string VmName { get; init; }

    public required long MemoryMiB { get; init; }

    /// <summary>All but Waiting and Moving are final.</summary>
    public required EvacuationVmStatus Status { get; init; }

    /// <summary>Moves tried, with the one on its way.</summary>
    public required int Attempts { get; init; }

    /// <summary>Where it is now, goes, or was to go last.</summary>
    public HostId? DestinationHostId { get; init; }

    public string? DestinationHostName { get; init; }

    /// <summary>Not tried again before.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    public long? DurationMs { get; init; }

    /// <summary>Why the last attempt failed.</summary>
    public ErrorInfo? Error { get; init; }

    public required string VmUrl { get; init; }

    /// <summary>The migration on its way, or the last one.</summary>
    public string? OperationUrl { get; init; }

    public static EvacuationVmView Of(EvacuationVm v, IReadOnlyDictionary<HostId, string> hostNames) => new()
    {
        VmId = v.VmId,
        VmName = v.Name,
        MemoryMiB = v.MemoryMiB,
        Status = v.Status,
        Attempts = v.Attempts,
        DestinationHostId = v.DestinationHostId,
        DestinationHostName = v.DestinationHostId is { } host ? hostNames.GetValueOrDefault(host) : null,
        NotBefore = v.NotBefore,
        StartedAt = v.StartedAt,
        EndedAt = v.EndedAt,
        DurationMs = v is { StartedAt: { } from, EndedAt: { } to } ? Math.Max(0, (long)(to - from).TotalMilliseconds) : null,
        Error = v.Error,
        VmUrl = Urls.Vm(v.VmId),
        OperationUrl = v.OperationId is { } operation ? Urls.Operation(operation) : null,
    };
}
