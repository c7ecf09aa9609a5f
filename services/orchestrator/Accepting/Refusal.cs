using System.Diagnostics.CodeAnalysis;
using HvPlatform.Contracts;

namespace HvPlatform.Orchestrator.Accepting;

/// <summary>
/// Why a request was not done; nothing was changed. A value, not an exception: REST maps it to a problem document
/// (<see cref="Http.Problems"/>), the bus to a <c>CommandRejected</c> event.
/// </summary>
internal sealed record Refusal
{
    /// <summary>What, where, why, what next. <see cref="ErrorInfo.Code"/> picks the problem's type, title and status.</summary>
    public required ErrorInfo Error { get; init; }

    /// <summary>What is wrong per field of the request: the field's path, and what is wrong with it.</summary>
    public IReadOnlyDictionary<string, string[]>? Fields { get; init; }

    /// <summary>What was found where something else was needed, for example a VM's state.</summary>
    public string? Found { get; init; }

    /// <summary>What would have been allowed, or is known.</summary>
    public IReadOnlyList<string>? Allowed { get; init; }

    /// <summary>The operation that stands in the way.</summary>
    public OperationId? RunningOperation { get; init; }

    /// <summary>The evacuation that stands in the way.</summary>
    public string? EvacuationUrl { get; init; }

    /// <summary>When the host that cannot be reached was last seen.</summary>
    public DateTimeOffset? LastSeenAt { get; init; }

    /// <summary>When asking again may help, s.</summary>
    public int? RetryAfterSeconds { get; init; }

    /// <summary>Memory that was asked for, MiB.</summary>
    public long? AskedMiB { get; init; }

    /// <summary>Memory that is free, MiB.</summary>
    public long? FreeMiB { get; init; }
}

/// <summary>Either what was asked for, or why not.</summary>
internal readonly struct Outcome<T>
    where T : class
{
    readonly T? value;

    /// <summary>What was asked for; where the compiler finds no conversion.</summary>
    public Outcome(T value)
        : this(value, null)
    {
    }

    Outcome(T? value, Refusal? refusal) => (this.value, Refusal) = (value, refusal);

    /// <summary>Why not; null if it was done.</summary>
    public Refusal? Refusal { get; }

    public static implicit operator Outcome<T>(T value) => new(value, null);

    public static implicit operator Outcome<T>(Refusal refusal) => new(null, refusal);

    /// <summary>True with the value, false with the refusal.</summary>
    public bool Is([NotNullWhen(true)] out T? result, [NotNullWhen(false)] out Refusal? refusal)
    {
        (result, refusal) = (value, Refusal);
        return refusal is null;
    }
}
