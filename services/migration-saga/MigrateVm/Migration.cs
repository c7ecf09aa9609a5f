using System.Collections.Immutable;
using System.Text.Json.Serialization;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;

namespace HvPlatform.MigrationSaga.MigrateVm;

/// <summary>Everything the saga knows of one migration: the state that <see cref="MigrationDecisions"/> decides on. A value; stored as JSON in the saga's row.</summary>
public sealed record Migration
{
    public required OperationId OperationId { get; init; }

    public required VmId VmId { get; init; }

    public required string VmName { get; init; }

    public required HostId SourceHostId { get; init; }

    public required HostId DestinationHostId { get; init; }

    public required long Epoch { get; init; }

    public required MigrationPolicy Policy { get; init; }

    public required Trail Trail { get; init; }

    public required MigrationPhase Phase { get; init; }

    public required DateTimeOffset PhaseSince { get; init; }

    /// <summary>When the phase's step counts as unanswered.</summary>
    public required DateTimeOffset StepDeadline { get; init; }

    /// <summary>The phases left behind, in order.</summary>
    public ImmutableList<MigrationPhaseTime> Phases { get; init; } = [];

    /// <summary>The number of the timer armed last; one with another number is of an earlier step.</summary>
    public long Timer { get; init; }

    /// <summary>When it is due; null once the migration is over. One that is long past was lost: the upkeep arms it again.</summary>
    public DateTimeOffset? TimerDueAt { get; init; }

    /// <summary>Grows each time a step is asked anew after a failure, so that the host's journal does not answer with the recorded failure.</summary>
    public int Attempt { get; init; } = 1;

    /// <summary>What the source said of the VM; null until it passed its checks.</summary>
    public MigrationSourceFacts? Source { get; init; }

    /// <summary>What the wait for capacity was last said to be for, and when it was said.</summary>
    public string? CapacityReason { get; init; }

    public DateTimeOffset CapacityReasonAt { get; init; }

    /// <summary>The share of bandwidth that came with the reservation; null for no limit.</summary>
    public int? GrantedBandwidthMiBps { get; init; }

    /// <summary>Where the destination's hypervisor listens; null until prepared, and from then on the source may have been told to begin.</summary>
    public string? MigrationUri { get; init; }

    /// <summary>How the transfer ended by the source's word; null until it said so.</summary>
    public VmTransferEnded? Transfer { get; init; }

    /// <summary>How often the source was asked to take up a post-copy that broke off: names that step.</summary>
    public int Resumes { get; init; }

    /// <summary>True once the guest is known to have run on the destination: what is paused on the source is the past, and must never run on.</summary>
    public bool RanOnDestination { get; init; }

    /// <summary>True once a host said that the memory is fetched after the switch-over: there is no way back.</summary>
    public bool PostCopy { get; init; }

    /// <summary>True once someone asked for the migration to be undone.</summary>
    public bool CancelRequested { get; init; }

    /// <summary>What went wrong first: the reason of a roll-back.</summary>
    public ErrorInfo? Error { get; init; }

    /// <summary>While rolling back: the destination said that it is clean, in this round.</summary>
    public bool DestinationClean { get; init; }

    /// <summary>While rolling back: the source took the VM back in this round.</summary>
    public bool Restored { get; init; }

    /// <summary>While rolling back: the VM stopped or is gone, so that the end is Failed, with this.</summary>
    public ErrorInfo? FailWith { get; init; }

    /// <summary>The question to both hosts that is open, if any.</summary>
    public Inquiry? Inquiry { get; init; }

    /// <summary>Rounds of questions asked so far, over all inquiries: names the next round's step.</summary>
    public int InquiryRounds { get; init; }

    /// <summary>The phase that was interrupted by <see cref="MigrationPhase.InDoubt"/>.</summary>
    public MigrationPhase PhaseBeforeDoubt { get; init; }

    /// <summary>What was said to be unknown, while in doubt.</summary>
    public string? Unknown { get; init; }

    /// <summary>What an operator asserted, if one ended the doubt.</summary>
    public MigrationResolution? Resolution { get; init; }

    /// <summary>Who that was.</summary>
    public string? ResolvedBy { get; init; }

    /// <summary>True after a terminal phase was entered: nothing changes any more.</summary>
    [JsonIgnore]
    public bool IsOver => Phase is MigrationPhase.Completed or MigrationPhase.RolledBack or MigrationPhase.Failed;

    /// <summary>The phase the work is in, seen through a doubt.</summary>
    [JsonIgnore]
    public MigrationPhase WorkPhase => Phase == MigrationPhase.InDoubt ? PhaseBeforeDoubt : Phase;

    /// <summary>Whether the guest ran when the source was checked.</summary>
    [JsonIgnore]
    public bool WasRunning => Source?.Vm.State == VmState.Running;

    /// <summary>The source saves the guest before it moves it.</summary>
    [JsonIgnore]
    public bool IsSavedFirst => Source?.HyperV is { ToSuspended: true };

    /// <summary>A stopped VM moves: the question is who has its definition, not where it runs.</summary>
    [JsonIgnore]
    public bool IsCold => IsSavedFirst || Source?.Vm.State is VmState.Off or VmState.Crashed or VmState.Saved;

    /// <summary>The source may have been told to transfer: whoever ends the migration closes that.</summary>
    [JsonIgnore]
    public bool TransferSent => MigrationUri is not null;
}

/// <summary>A question put to both hosts: what do you truly have of this VM? Only answers of the same round count together.</summary>
public sealed record Inquiry
{
    public required int Round { get; init; }

    public required DateTimeOffset Since { get; init; }

    /// <summary>Rounds of this inquiry so far; decides how long to wait for the next.</summary>
    public required int Asked { get; init; }

    public MigratingVmInspected? Source { get; init; }

    public MigratingVmInspected? Destination { get; init; }

    /// <summary>The last answers of earlier rounds: too old to decide on together, fresh enough to contradict an operator.</summary>
    public Seen? LastSource { get; init; }

    public Seen? LastDestination { get; init; }

    /// <summary>The step name that this round's answers carry.</summary>
    [JsonIgnore]
    public string Step => $"inspect-{Round}";
}

/// <summary>A host's answer and when it came.</summary>
public sealed record Seen(MigratingVmInspected Answer, DateTimeOffset At);
