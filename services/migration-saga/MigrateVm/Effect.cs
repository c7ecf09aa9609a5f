using System.Collections.Immutable;
using HvPlatform.Contracts;

namespace HvPlatform.MigrationSaga.MigrateVm;

/// <summary>Something a decision wants done, as a value: the state machine does it in the saga's transaction, a simulation in its own world.</summary>
public abstract record Effect;

/// <summary>Send a command to a host's agent.</summary>
public sealed record SendToHost(HostId Host, object Command) : Effect;

/// <summary>Send a request to the orchestrator.</summary>
public sealed record SendToOrchestrator(object Request) : Effect;

/// <summary>Publish a fact.</summary>
public sealed record PublishFact(object Fact) : Effect;

/// <summary>Arm the migration's one timer; the timer armed before it no longer counts.</summary>
public sealed record ArmTimer(long Timer, DateTimeOffset DueAt) : Effect;

/// <summary>The migration needs no timer any more.</summary>
public sealed record DisarmTimer : Effect;

/// <summary>A decision: the next state, what to do, and, where the message changed nothing, why.</summary>
public sealed record Decision(Migration State, ImmutableArray<Effect> Effects, Ignored? Ignored = null);

/// <summary>Why a message changed nothing: <paramref name="Reason"/> is one of few, for counting; <paramref name="Why"/> is for a person.</summary>
public sealed record Ignored(string Reason, string Why);
