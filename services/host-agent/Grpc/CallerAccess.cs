using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using HvPlatform.Contracts;
using HvPlatform.Hypervisors;
using HvPlatform.ServiceKit.Grpc;

namespace HvPlatform.HostAgent.Grpc;

/// <summary>
/// Who may ask. The platform judges, as it does what changes a VM: whoever may see the host or the VM there, with the token the call carries, may ask about it here. Its answer
/// counts for some seconds. Without the platform nobody new is let in; only streams that have begun go on.
/// </summary>
sealed class CallerAccess(PlatformClient platform, HostIdentity host, TimeProvider time)
{
    /// <summary>How long a token that was taken back may still be used.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromSeconds(5);

    /// <summary>In the place of a path: that the platform did not judge lately.</summary>
    const string Silence = "silence";
    const int MostKept = 1000;
    readonly ConcurrentDictionary<string, (bool Seen, long At)> _answers = new(StringComparer.Ordinal);

    /// <exception cref="GrpcException">The caller may not see this host.</exception>
    public async Task RequireHostAsync(GrpcCall call)
    {
        try
        {
            await RequireAsync(call, $"/v1/hosts/{host.Id}");
        }
        catch (GrpcException e) when (e.Status == GrpcStatus.NotFound)
        {
            throw new GrpcException(
                new ErrorInfo
                {
                    Kind = ErrorKind.Denied,
                    Code = "forbidden",
                    Message = $"The platform does not show host {host.Name} to this caller, or does not know it yet.",
                    Where = host.Name,
                    Advice = "Ask an administrator for the role Viewer in the host's group.",
                },
                e);
        }
    }

    /// <exception cref="GrpcException">The caller may not see this VM, or the platform does not know it.</exception>
    public Task RequireVmAsync(GrpcCall call, VmId vm) => RequireAsync(call, VmPath(vm));

    /// <summary>For a stream that has begun: as <see cref="RequireHostAsync"/>, but a platform that does not judge at present does not end it.</summary>
    public async Task StillAsync(GrpcCall call)
    {
        if (Recent(call, Silence) is null)
        {
            try
            {
                await RequireHostAsync(call);
            }
            catch (GrpcException e) when (IsUnjudged(e))
            {
                // Judged again with a later message.
                Keep(call, Silence, seen: false, time.GetTimestamp());
            }
        }
    }

    /// <summary>For a stream that has begun: whether the caller may see a VM; null while the platform does not judge. Then it is left in peace for some seconds.</summary>
    /// <param name="call">The call.</param>
    /// <param name="vm">The VM.</param>
    /// <param name="told">The caller was told of it, so that a no from before does not count.</param>
    public async Task<bool?> SeesAsync(GrpcCall call, VmId vm, bool told)
    {
        if (Recent(call, VmPath(vm)) is { } seen && (seen || !told))
        {
            return seen;
        }

        if (Recent(call, Silence) is not null)
        {
            return null;
        }

        try
        {
            await RequireVmAsync(call, vm);
            return true;
        }
        catch (GrpcException e) when (e.Status is GrpcStatus.NotFound or GrpcStatus.PermissionDenied)
        {
            return false;
        }
        catch (GrpcException e) when (IsUnjudged(e))
        {
            Keep(call, Silence, seen: false, time.GetTimestamp());
            return null;
        }
    }

    /// <summary>Those VMs of the host that the caller may see; while the platform does not judge those it could see before.</summary>
    public async Task<IReadOnlySet<VmId>> VisibleAsync(GrpcCall call, IReadOnlySet<VmId> before)
    {
        try
        {
            return await VisibleAsync(call);
        }
        catch (GrpcException e) when (IsUnjudged(e))
        {
            return before;
        }
    }

    /// <summary>For a stream that has begun: after a pause, those VMs of the host that the caller may see; none while the platform does not judge.</summary>
    public async Task<IReadOnlySet<VmId>> LookAsync(GrpcCall call, TimeSpan pause, CancellationToken stop)
    {
        await Task.Delay(pause, time, stop);
        return await VisibleAsync(call, new HashSet<VmId>());
    }

    /// <summary>Those VMs of the host that the caller may see.</summary>
    public async Task<IReadOnlySet<VmId>> VisibleAsync(GrpcCall call)
    {
        var visible = new HashSet<VmId>();
        string? cursor = null;
        do
        {
            // Only the ids: then a page of this size is given however the platform is set.
            var page = await platform.GetAsync<PlatformVms>(call, $"/v1/vms?host={host.Id}&fields=id&limit=5000{(cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}")}");
            visible.UnionWith(page.Items.Select(v => v.Id));
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        return visible;
    }

    /// <summary>The platform has not said yes or no: it is away, failed, or is asked too often.</summary>
    static bool IsUnjudged(GrpcException e) => e.Status is GrpcStatus.Unavailable or GrpcStatus.DeadlineExceeded or GrpcStatus.ResourceExhausted or GrpcStatus.Internal;

    static string VmPath(VmId vm) => $"/v1/vms/{vm}";

    async Task RequireAsync(GrpcCall call, string path)
    {
        if (call.Metadata("authorization") is null)
        {
            throw new GrpcException(GrpcStatus.Unauthenticated, new ErrorInfo
            {
                Kind = ErrorKind.Denied,
                Code = "unauthenticated",
                Message = "The call has no token; without one only health is told.",
                Where = host.Name,
                Advice = "Send the metadata 'authorization: Bearer TOKEN', as for the platform's API.",
            });
        }

        if (Recent(call, path) == true)
        {
            return;
        }

        // Counted from before the question: what is taken back while it is on its way is not kept longer.
        var at = time.GetTimestamp();
        try
        {
            await platform.GetAsync<object>(call, path);
            Keep(call, path, seen: true, at);
        }
        catch (GrpcException e) when (e.Status is GrpcStatus.NotFound or GrpcStatus.PermissionDenied)
        {
            Keep(call, path, seen: false, at);
            throw;
        }
    }

    bool? Recent(GrpcCall call, string path) => _answers.TryGetValue(Key(call, path), out var answer) && time.GetElapsedTime(answer.At) < Kept ? answer.Seen : null;

    void Keep(GrpcCall call, string path, bool seen, long at)
    {
        if (_answers.Count >= MostKept)
        {
            // Whoever asks for very many VMs gets no memory of this process for it.
            _answers.Clear();
        }

        _answers[Key(call, path)] = (seen, at);
    }

    /// <summary>Tokens are not kept.</summary>
    static string Key(GrpcCall call, string path) => $"{Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(call.Metadata("authorization") ?? "")))} {path}";
}
