using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;

namespace HvPlatform.Events;

/// <summary>A stream was not at the version its writer expected; nothing of that append was stored. Read the stream again and decide again.</summary>
public sealed partial class EventStoreConcurrencyException(Guid streamId, long expected, long actual, Exception? innerException = null)
    : Exception($"Stream {streamId} is at version {actual}, expected {expected}.", innerException)
{
    /// <summary>The SQLSTATE that <c>hv_append_events</c> raises.</summary>
    public const string SqlState = "ES409";

    /// <summary>The stream.</summary>
    public Guid StreamId { get; } = streamId;

    /// <summary>The version the writer expected; 0 = no stream.</summary>
    public long Expected { get; } = expected;

    /// <summary>The version found; 0 = no stream.</summary>
    public long Actual { get; } = actual;

    /// <summary>
    /// Recognises the conflict in the error of a transaction that ran <see cref="EventStore.CreateAppendCommand"/>; null if the error is another one.
    /// The values are read from the message, because Npgsql blanks an error's detail by default.
    /// </summary>
    public static EventStoreConcurrencyException? From(PostgresException exception)
    {
        if (exception.SqlState != SqlState)
        {
            return null;
        }

        var match = ConflictText().Match(exception.MessageText);
        return match.Success
            ? new(Guid.Parse(match.Groups[1].ValueSpan), Number(match.Groups[3]), Number(match.Groups[2]), exception)
            : throw new FormatException($"The message of SQLSTATE {SqlState} is not understood: {exception.MessageText}", exception);

        static long Number(Group group) => long.Parse(group.ValueSpan, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex("^stream ([0-9a-f-]{36}) is at version ([0-9]+), expected ([0-9]+)$")]
    private static partial Regex ConflictText();
}
