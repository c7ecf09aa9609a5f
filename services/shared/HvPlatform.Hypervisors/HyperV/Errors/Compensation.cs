using HvPlatform.Contracts;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>Undoing what an operation has done before it failed. The operation's error is what is told; that it could not be undone stands beneath it.</summary>
internal static class Compensation
{
    /// <summary>Undoes; what went wrong with that, or null.</summary>
    public static async Task<Exception?> FailsAsync(Func<Task> undo)
    {
        try
        {
            await undo();
            return null;
        }
        catch (Exception failure) when (failure is HypervisorException or CimException or OperationCanceledException)
        {
            return failure;
        }
    }

    /// <summary>The operation's error with the failed undoing beneath it.</summary>
    /// <param name="error">Why the operation failed.</param>
    /// <param name="failure">Why it was not undone.</param>
    /// <param name="what">For messages: <c>Cannot remove VM web1 again</c>.</param>
    /// <param name="where">The host.</param>
    public static Exception Join(Exception error, Exception failure, string what, string where) => error switch
    {
        HypervisorException refused => new HypervisorException(Beneath(refused.Error, Info(failure, what, where)), error),
        CimException call => new HypervisorException(Beneath(HyperVErrors.Of(call, "The call failed", where), Info(failure, what, where)), error),
        OperationCanceledException cancelled => new OperationCanceledException($"{cancelled.Message} {what}: {failure.Message}", failure, cancelled.CancellationToken),
        _ => new AggregateException(error, failure),
    };

    private static ErrorInfo Info(Exception failure, string what, string where) => failure switch
    {
        HypervisorException refused => refused.Error,
        CimException call => HyperVErrors.Of(call, what, where),
        _ => HyperVErrors.Info(ErrorCategory.OperationFailed, $"{what}: {failure.Message}", where),
    };

    private static ErrorInfo Beneath(ErrorInfo error, ErrorInfo cause) => error with { Cause = error.Cause is { } deeper ? Beneath(deeper, cause) : cause };
}
