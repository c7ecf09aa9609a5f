using System.Text.Json;
using System.Text.Json.Serialization;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;

namespace HvPlatform.HostAgent.Journal;

/// <summary>One fact in the journal. Members are only ever added, so that a newer agent reads an older journal.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "t")]
[JsonDerivedType(typeof(JournalOpened), "opened")]
[JsonDerivedType(typeof(GenerationReserved), "generation")]
[JsonDerivedType(typeof(EpochSeen), "epoch")]
[JsonDerivedType(typeof(JobReceived), "received")]
[JsonDerivedType(typeof(JobStarted), "started")]
[JsonDerivedType(typeof(JobEnded), "ended")]
[JsonDerivedType(typeof(JobPublished), "published")]
[JsonDerivedType(typeof(OperationClosed), "closed")]
abstract record JournalRecord;

/// <summary>First record of a journal: whose it is.</summary>
sealed record JournalOpened(int Format, HostId HostId, DateTimeOffset At) : JournalRecord;

/// <summary>Generations up to this one may have been given out.</summary>
sealed record GenerationReserved(long UpTo) : JournalRecord;

/// <summary>The highest epoch of a VM, kept when the job that carried it is forgotten.</summary>
sealed record EpochSeen(VmId VmId, long Epoch) : JournalRecord;

/// <summary>A command was taken: from here on it runs once, whatever happens to this process.</summary>
sealed record JobReceived(JobKey Key, VmId VmId, long Epoch, string Command, JsonElement Body, DateTimeOffset At, string? TraceParent) : JournalRecord
{
    /// <summary>From here on the operation begins nothing more on this host.</summary>
    public bool ClosesOperation { get; init; }
}

/// <summary>The driver is about to be called: after a crash the host has to be asked what came of it.</summary>
sealed record JobStarted(JobKey Key) : JournalRecord;

/// <summary>The job's answer, to be published until the broker has confirmed it. Result and body are null for a job that has none.</summary>
sealed record JobEnded(JobKey Key, DateTimeOffset At, string? Result, JsonElement? Body, Guid MessageId) : JournalRecord
{
    /// <summary>Published before the answer, if the command was refused for its epoch.</summary>
    public HostCommandRefused? Refused { get; init; }

    /// <summary>Of <see cref="Refused"/>.</summary>
    public Guid RefusedMessageId { get; init; }
}

/// <summary>The broker has the answer.</summary>
sealed record JobPublished(JobKey Key) : JournalRecord;

/// <summary>The operation begins nothing more on this host; kept when the job that closed it is forgotten.</summary>
sealed record OperationClosed(OperationId OperationId, DateTimeOffset At) : JournalRecord;

/// <summary>A command's idempotency key.</summary>
readonly record struct JobKey(OperationId OperationId, string Step)
{
    public override string ToString() => $"{OperationId}/{Step}";
}
