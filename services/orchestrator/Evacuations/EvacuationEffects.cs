using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;

namespace HvPlatform.Orchestrator.Evacuations;

/// <summary>Something a decision wants done, in the order given.</summary>
internal abstract record EvacuationEffect;

/// <summary>Ask for a migration, as anyone does; a refusal comes back as <see cref="MoveRefused"/>.</summary>
internal sealed record StartMove(VmId VmId, OperationId OperationId, HostId DestinationHostId, MigrationPolicy Policy) : EvacuationEffect;

/// <summary>Ask for a migration on its way to be cancelled.</summary>
internal sealed record CancelMove(OperationId OperationId) : EvacuationEffect;

/// <summary>Tell everyone.</summary>
internal sealed record Tell(object Message) : EvacuationEffect;

/// <summary>Look again then; replaces the timer before. Null: never again.</summary>
internal sealed record LookAgain(DateTimeOffset? At) : EvacuationEffect;

/// <summary>What a decision says: the evacuation after it, and what to do.</summary>
internal sealed record EvacuationDecision(Evacuation State, IReadOnlyList<EvacuationEffect> Effects);

/// <summary>The fleet as it is: after every message about it, and by the timer.</summary>
internal sealed record FleetSeen(FleetFacts Facts);

/// <summary>A move asked for was refused, and nothing was done.</summary>
internal sealed record MoveRefused(VmId VmId, OperationId OperationId, ErrorInfo Error);
