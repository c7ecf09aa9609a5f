using HvPlatform.Contracts.Access;
using HvPlatform.Contracts.History;
using HvPlatform.Events;

namespace HvPlatform.Orchestrator.Access;

/// <summary>
/// What one event stream may tell its caller. A stream lives for hours, so the caller is asked for again every <paramref name="interval"/>: one whose token was revoked meanwhile, or has expired, is told
/// nothing more, and a role given or taken counts.
/// </summary>
internal sealed class StreamAccess(HttpContext http, TimeProvider clock, TimeSpan interval)
{
    readonly Authenticator authenticator = http.RequestServices.GetRequiredService<Authenticator>();
    readonly ObjectGroups groups = http.RequestServices.GetRequiredService<ObjectGroups>();
    Caller caller = http.Caller();
    long checkedAt = clock.GetTimestamp();

    /// <summary>Which of the events the caller may see: those of streams of objects that it may see; of access itself only an Admin of everything.</summary>
    /// <exception cref="OperationCanceledException">The caller is not known any more: the stream ends.</exception>
    public async Task<Func<StoredEvent, bool>> CheckAsync(IReadOnlyList<StoredEvent> events, CancellationToken cancellationToken)
    {
        await RefreshAsync();
        var seen = await VisibleAsync([.. events.Select(e => e.StreamId)], cancellationToken);
        var admin = caller.MayEverywhere(AccessRole.Admin);
        return e => e.StreamId == AccessStream.Id ? admin : seen.Contains(e.StreamId);
    }

    /// <summary>Which of these ids of VMs, hosts, operations, evacuations and alerts the caller may see; for what is no event of the history.</summary>
    public Task<IReadOnlySet<Guid>> VisibleAsync(IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken) =>
        groups.VisibleAsync(AccessScope.Of(caller, AccessRole.Viewer), ids, cancellationToken);

    async Task RefreshAsync()
    {
        if (caller.ExpiresAt <= clock.GetUtcNow())
        {
            throw new OperationCanceledException("The caller's token has expired.");
        }

        if (clock.GetElapsedTime(checkedAt) >= interval)
        {
            caller = (await authenticator.AuthenticateAsync(http)).Is(out var session, out _) ? session.Caller : throw new OperationCanceledException("The caller's token is not good any more.");
            checkedAt = clock.GetTimestamp();
        }
    }
}
