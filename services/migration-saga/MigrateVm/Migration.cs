using System.Collections.Immutable;
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

    /// <summary>Grows each time a step is asked anew after a failure, so that the host's journal does not answer with the recorded failure.</summary>
    public int Attempt { get; init; } = 1;

    /// <summary>What the source said of the VM; null until it passed its checks.</summary>
    public MigrationSourceFacts? Source { get; init; }

    /// <summary>Where the destination's hypervisor listens; null until prepared.</summary>
    public string? MigrationUri { get; init; }

    /// <summary>How the transfer ended by the source's word; null until it said so.</summary>
    public VmTransferEnded? Transfer { get; init; }

    /// <summary>True once someone asked for the migration to be undone.</summary>
    public bool CancelRequested { get; init; }

    /// <summary>What went wrong first: the reason of a roll-back.</summary>
    public ErrorInfo? Error { get; init; }

    /// <summary>The question to both hosts that is open, if any.</summary>
    public Inquiry? Inquiry { get; init; }

    /// <summary>Rounds of questions asked so far, over all inquiries: names the next round's step.</summary>
    public int InquiryRounds { get; init; }

    /// <summary>The phase that was interrupted by <see cref="MigrationPhase.InDoubt"/>.</summary>
    public MigrationPhase PhaseBeforeDoubt { get; init; }

    /// <summary>True after a terminal phase was entered: nothing changes any more.</summary>
    public bool IsOver => Phase is MigrationPhase.Completed or MigrationPhase.RolledBack or MigrationPhase.Failed;

    /// <summary>The phase the work is in, seen through a doubt.</summary>
    public MigrationPhase WorkPhase => Phase == MigrationPhase.InDoubt ? PhaseBeforeDoubt : Phase;
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

    /// <summary>The step name that this round's answers carry.</summary>
    public string Step => $"inspect-{Round}";
}
