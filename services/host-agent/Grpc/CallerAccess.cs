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

    static readonly TimeSpan s_newsTravel = TimeSpan.FromSeconds(3);
    static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(100);
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

    /// <summary>For a stream that has begun: as <see cref="RequireHostAsync"/>, but a platform that is away does not end it.</summary>
    public async Task StillAsync(GrpcCall call)
    {
        try
        {
            await RequireHostAsync(call);
        }
        catch (GrpcException e) when (e.Status == GrpcStatus.Unavailable)
        {
            // Judged again with the next message.
        }
    }

    /// <summary>Whether the caller may see a VM; while the platform is away, no. Of one that is new here the platform may hear a moment later than this agent: that is waited for.</summary>
    public async Task<bool> SeesAsync(GrpcCall call, VmId vm, bool isNew)
    {
        if (Recent(call, VmPath(vm)) is { } seen && !(isNew && !seen))
        {
            return seen;
        }

        var since = time.GetTimestamp();
        while (true)
        {
            try
            {
                await RequireVmAsync(call, vm);
                return true;
            }
            catch (GrpcException e) when (e.Status == GrpcStatus.NotFound && isNew && time.GetElapsedTime(since) < s_newsTravel)
            {
                await Task.Delay(s_look, time, call.CancellationToken);
            }
            catch (GrpcException e) when (e.Status is GrpcStatus.NotFound or GrpcStatus.PermissionDenied or GrpcStatus.Unavailable)
            {
                return false;
            }
        }
    }

    /// <summary>Those VMs of the host that the caller may see; while the platform is away those it could see before.</summary>
    public async Task<IReadOnlySet<VmId>> VisibleAsync(GrpcCall call, IReadOnlySet<VmId> before)
    {
        try
        {
            return await VisibleAsync(call);
        }
        catch (GrpcException e) when (e.Status == GrpcStatus.Unavailable)
        {
            return before;
        }
    }

    /// <summary>Those VMs of the host that the caller may see.</summary>
    public async Task<IReadOnlySet<VmId>> VisibleAsync(GrpcCall call)
    {
        var visible = new HashSet<VmId>();
        string? cursor = null;
        do
        {
            var page = await platform.GetAsync<PlatformVms>(call, $"/v1/vms?host={host.Id}&limit=500{(cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}")}");
            visible.UnionWith(page.Items.Select(v => v.Id));
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        return visible;
    }

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
