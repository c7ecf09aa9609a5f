using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Packages;
using HvPlatform.HostAgent.Jobs;
using HvPlatform.Hypervisors;

namespace HvPlatform.HostAgent.Packages;

/// <summary>A step of an export or import. The driver's calls find what the operation made before, so after a crash they are made again.</summary>
abstract class PackageJob<T> : HostJob<T> where T : class, IHostCommand
{
    public override bool AnnouncesTaking => false;

    public override string? MissingFacet(IHypervisorDriver driver) => driver.Export is null ? "export" : null;

    /// <summary>How a step ended that failed with <paramref name="error"/>.</summary>
    protected static PackageOutcome Outcome(ErrorInfo error) => error.Kind switch
    {
        ErrorKind.Cancelled => PackageOutcome.Cancelled,
        ErrorKind.Timeout or ErrorKind.Unknown => PackageOutcome.Indeterminate,
        _ => PackageOutcome.Failed,
    };

    /// <summary>A long step that was refused is not open either.</summary>
    protected void CloseLong(HostJobContext context, T command)
    {
        if (Lane == JobLane.Transfer)
        {
            context.Transfers.Close(command.OperationId);
        }
    }

    /// <summary>Opens the operation's long step; what asked for its end before counts.</summary>
    protected static void Open(HostJobContext context, OperationId operation, string abort)
    {
        context.Transfers.Open(operation);
        if (context.Journal.HasTaken(operation, abort))
        {
            context.Transfers.Abort(operation);
        }
    }

    /// <summary>Runs the operation's long step until it has ended or is aborted.</summary>
    protected static async Task<TResult> LongAsync<TResult>(HostJobContext context, OperationId operation, Func<CancellationToken, Task<TResult>> step, CancellationToken cancellationToken)
    {
        try
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.Transfers.Open(operation), cancellationToken);
            if (stop.IsCancellationRequested)
            {
                throw new HypervisorException(context.Error(ErrorKind.Cancelled, "aborted-before", "It was aborted before it began."));
            }

            return await step(stop.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HypervisorException(context.Error(ErrorKind.Cancelled, "aborted", "It was aborted."), e);
        }
        finally
        {
            context.Transfers.Close(operation);
        }
    }

    /// <summary>Ends the operation's long step, if it runs, and waits for its end.</summary>
    protected static Task EndLongAsync(HostJobContext context, OperationId operation, CancellationToken cancellationToken)
    {
        context.Transfers.Abort(operation);
        return context.Transfers.WhenClosedAsync(operation, cancellationToken);
    }
}
