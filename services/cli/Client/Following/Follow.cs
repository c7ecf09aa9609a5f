using HvPlatform.ApiClient;
using HvPlatform.Cli.Client.Output;

namespace HvPlatform.Cli.Client.Following;

/// <summary>Follows what was accepted to its end, with its progress.</summary>
internal static class Follow
{
    // The most that a change can go unseen. Most operations end within moments: asked for often at first, then when the event stream tells of something.
    static readonly TimeSpan s_first = TimeSpan.FromMilliseconds(40);
    static readonly TimeSpan s_soon = TimeSpan.FromSeconds(1);
    static readonly TimeSpan s_longest = TimeSpan.FromSeconds(1);

    /// <summary>Prints an accepted operation: at once, or with <c>--wait</c> at its end. Returns the exit code.</summary>
    /// <param name="run">The verb's run.</param>
    /// <param name="accepted">What the platform answered.</param>
    /// <param name="wanted">How it ends if all goes well.</param>
    /// <param name="atEnd">Says more about one that ended well; null for nothing.</param>
    public static async Task<int> OperationAsync(Run run, Answer<OperationView> accepted, OperationStatus wanted = OperationStatus.Succeeded, Func<OperationView, IEnumerable<string>>? atEnd = null)
    {
        if (run.Wait is not { } wait)
        {
            return Show(run, accepted, wanted, atEnd);
        }

        var operation = accepted.Value;
        var end = await UntilAsync(run, wait, () => run.Api.GetOperationAsync(operation.Id, cancellationToken: run.Cancelled), o => IsFinal(o.Value.Status), o => ProgressAsync(run, o.Value), operation.VmId, HowToFollow(operation));
        return Show(run, end, wanted, atEnd);
    }

    /// <summary>Reads until it is final, showing how far it is.</summary>
    /// <param name="run">The verb's run.</param>
    /// <param name="wait">How long at most.</param>
    /// <param name="read">Reads it.</param>
    /// <param name="isFinal">Whether nothing more will happen.</param>
    /// <param name="progress">How far it is.</param>
    /// <param name="vm">Whose events tell of it; null for all.</param>
    /// <param name="howToFollow">What to say when the waiting ends before it does.</param>
    /// <exception cref="CliException">The time is over or Ctrl-C was pressed; it goes on.</exception>
    public static async Task<T> UntilAsync<T>(Run run, TimeSpan wait, Func<Task<T>> read, Func<T, bool> isFinal, Func<T, Task<Progress>> progress, Guid? vm, string howToFollow)
    {
        using var timeout = new CancellationTokenSource(wait, run.Host.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, run.Cancelled);
        var line = new ProgressLine(run.Host, run.Print.IsQuiet);
        var begun = run.Host.Time.GetTimestamp();
        ChangeSignal? changes = null;
        try
        {
            while (true)
            {
                var now = await read();
                if (isFinal(now))
                {
                    return now;
                }

                line.Show(await progress(now));
                if (run.Host.Time.GetElapsedTime(begun) < s_soon)
                {
                    await Task.Delay(s_first, run.Host.Time, both.Token);
                }
                else
                {
                    changes ??= new(run, vm);
                    await changes.WaitAsync(s_longest, both.Token);
                }
            }
        }
        catch (OperationCanceledException e) when (timeout.IsCancellationRequested)
        {
            line.End();
            throw new CliException($"Not ended after {wait.TotalSeconds:0} s. It goes on.\n  next: {howToFollow}", ExitCodes.TimedOut, e);
        }
        catch (OperationCanceledException e)
        {
            line.End();
            throw new CliException($"Not waiting any more. It goes on.\n  next: {howToFollow}", ExitCodes.Interrupted, e);
        }
        finally
        {
            line.End();
            if (changes is not null)
            {
                await changes.DisposeAsync();
            }
        }
    }

    public static bool IsFinal(OperationStatus status) => status is OperationStatus.Succeeded or OperationStatus.Failed or OperationStatus.Cancelled or OperationStatus.RolledBack;

    /// <summary>A migration's phase, throughput and time left.</summary>
    public static Progress Of(MigrationView m) => m switch
    {
        { Doubt: { } doubt } => new($"In doubt: {doubt.Unknown}"),
        { Waiting: { } waiting } => new($"Waiting: {waiting.Reason}"),
        { Progress: { } p } => new(
            $"{m.Phase}", p.Percent,
            string.Join(", ", new[] { p.BytesPerSecond is { } rate ? $"{Words.Bytes(rate)}/s" : "", Words.Left(p.EtaP10Ms, p.EtaP90Ms) is { Length: > 0 } left ? $"{left} left" : "" }.Where(t => t.Length > 0))),
        _ => new($"{m.Phase}"),
    };

    static async Task<Progress> ProgressAsync(Run run, OperationView operation) => operation switch
    {
        { Kind: OperationKind.MigrateVm } => Of((await run.Api.GetMigrationAsync(operation.Id, cancellationToken: run.Cancelled)).Value),
        { Package: { } package } => new(
            $"{package.Phase}{(package.Unknown is { } unknown ? $": {unknown}" : "")}", package.Phase is PackagePhase.Exporting or PackagePhase.Planning ? package.Progress?.Percent : null),
        _ => new($"{operation.Status}"),
    };

    static int Show(Run run, Answer<OperationView> answer, OperationStatus wanted, Func<OperationView, IEnumerable<string>>? atEnd)
    {
        var operation = answer.Value;
        var failed = IsFinal(operation.Status) && operation.Status != wanted;
        if (run.Print is { IsQuiet: true, IsTable: true })
        {
            run.Print.Lines([$"{operation.Id}"]);
        }
        else
        {
            run.Print.One(answer.Json, $"{operation.Id}", () => [$"{operation.Id}  {operation.Kind}  {operation.VmName}  {operation.Status}", .. IsFinal(operation.Status) && !failed ? atEnd?.Invoke(operation) ?? [] : []]);
        }

        if (operation.Error is { } error && run.Print.IsTable)
        {
            foreach (var line in ErrorText.Of(error))
            {
                run.Host.Error.WriteLine(line);
            }
        }

        return failed ? ExitCodes.Failed : ExitCodes.Done;
    }

    static string HowToFollow(OperationView o) => o.Kind == OperationKind.MigrateVm
        ? $"`hv migration watch {o.Id}`; to have it undone `hv migration cancel {o.Id}`"
        : $"`hv operation watch {o.Id}`{(o.Package is null ? "" : $"; to have it undone `hv operation cancel {o.Id}`")}";
}
