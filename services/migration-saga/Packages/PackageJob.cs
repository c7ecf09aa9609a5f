using System.Text.Json.Serialization;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Packages;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.MigrationSaga.Packages;

/// <summary>Everything the saga knows of one export or import: the state that <see cref="PackageDecisions"/> decides on. A value; stored as JSON in the saga's row.</summary>
public sealed record PackageJob
{
    public required OperationId OperationId { get; init; }

    public required VmId VmId { get; init; }

    public required string VmName { get; init; }

    public required HostId HostId { get; init; }

    public required long Epoch { get; init; }

    public required Trail Trail { get; init; }

    /// <summary>Of an export; null of an import.</summary>
    public ExportSettings? Export { get; init; }

    /// <summary>Of an import; null of an export.</summary>
    public ImportSettings? Import { get; init; }

    public required PackagePhase Phase { get; init; }

    public required DateTimeOffset BeganAt { get; init; }

    /// <summary>When the host counts as silent: grows with each of its words.</summary>
    public required DateTimeOffset Deadline { get; init; }

    /// <summary>The number of the timer armed last; one with another number is of an earlier step.</summary>
    public long Timer { get; init; }

    /// <summary>When it is due; null once it is over. One that is long past was lost: the upkeep arms it again.</summary>
    public DateTimeOffset? TimerDueAt { get; init; }

    /// <summary>Grows each time a step is asked anew after a failure, so that the host's journal does not answer with the recorded failure.</summary>
    public int Attempt { get; init; } = 1;

    /// <summary>Attempts at the phase's step.</summary>
    public int Tries { get; init; } = 1;

    /// <summary>The step's outcome is not known: the host is asked what there is.</summary>
    public bool Asking { get; init; }

    /// <summary>Questions so far: names the next one's step.</summary>
    public int Rounds { get; init; }

    /// <summary>Answers in this phase that did not settle it.</summary>
    public int Unsettled { get; init; }

    /// <summary>Questions of this doubt that were asked so far: they come ever more rarely. No answers, so nothing is concluded from them.</summary>
    public int SilentRounds { get; init; }

    /// <summary>Why the host could not say what there is, since its last useful word.</summary>
    public ErrorInfo? InquiryError { get; init; }

    /// <summary>What the host said last of what there is, and when.</summary>
    public PackagePresence? Seen { get; init; }

    public DateTimeOffset SeenAt { get; init; }

    /// <summary>True once someone asked for it to be undone.</summary>
    public bool CancelRequested { get; init; }

    /// <summary>What went wrong first: why it was undone.</summary>
    public ErrorInfo? Error { get; init; }

    public PackageManifest? Manifest { get; init; }

    /// <summary>The imported VM, once it exists.</summary>
    public VmInfo? Vm { get; init; }

    public ErrorInfo? StartError { get; init; }

    /// <summary>The phase that was interrupted by <see cref="PackagePhase.InDoubt"/>.</summary>
    public PackagePhase PhaseBeforeDoubt { get; init; }

    /// <summary>What was said to be unknown, while in doubt.</summary>
    public string? Unknown { get; init; }

    /// <summary>True after a terminal phase was entered: nothing changes any more.</summary>
    [JsonIgnore]
    public bool IsOver => Phase is PackagePhase.Completed or PackagePhase.RolledBack or PackagePhase.Failed;

    /// <summary>The phase the work is in, seen through a doubt.</summary>
    [JsonIgnore]
    public PackagePhase WorkPhase => Phase == PackagePhase.InDoubt ? PhaseBeforeDoubt : Phase;

    /// <summary>The step name that the last question's answer carries.</summary>
    [JsonIgnore]
    public string Question => $"inspect-{Rounds}";
}
