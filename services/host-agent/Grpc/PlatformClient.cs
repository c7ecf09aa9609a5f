using System.Globalization;
using System.Net;
using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.ServiceKit.Grpc;

namespace HvPlatform.HostAgent.Grpc;

/// <summary>
/// Hands what changes a VM to the platform's API, with the caller's own credentials: the platform says who may, takes the VM's lock, grants the epoch and sends the command
/// back to this agent's queue like every other. The agent has no right of its own here.
/// </summary>
sealed class PlatformClient(HttpClient api, TimeProvider time)
{
    static readonly TimeSpan s_firstLook = TimeSpan.FromMilliseconds(25);
    static readonly TimeSpan s_longestPause = TimeSpan.FromMilliseconds(500);
    static readonly TimeSpan s_migrationPause = TimeSpan.FromMilliseconds(250);
    static readonly TimeSpan s_settle = TimeSpan.FromSeconds(5);

    /// <summary>What callers may say in metadata, and the header it becomes.</summary>
    static readonly (string Metadata, string Header)[] s_passed =
        [("authorization", "Authorization"), ("idempotency-key", "Idempotency-Key"), ("x-reason", "X-Reason"), ("x-requested-by", "X-Requested-By")];

    /// <summary>Asks for an operation and waits for its end.</summary>
    /// <exception cref="GrpcException">It was refused, or did not succeed.</exception>
    public async Task<PlatformOperation> RunAsync(GrpcCall call, HttpMethod method, string path, object? body)
    {
        var operation = await AcceptAsync(call, method, path, body);
        for (var pause = s_firstLook; ; pause = pause * 2 < s_longestPause ? pause * 2 : s_longestPause)
        {
            operation = await GetAsync<PlatformOperation>(call, $"/v1/operations/{operation.Id}");
            if (operation.IsFinal)
            {
                return operation.Status == OperationStatus.Succeeded ? operation : throw Failed(operation);
            }

            await Task.Delay(pause, time, call.CancellationToken);
        }
    }

    /// <summary>Asks for a migration and tells of each change until it has ended.</summary>
    public async Task MigrateAsync(GrpcCall call, string path, object body, Func<PlatformMigration, Task> changed)
    {
        var operation = await AcceptAsync(call, HttpMethod.Post, path, body);
        PlatformMigration? last = null;
        while (true)
        {
            var now = await GetAsync<PlatformMigration>(call, $"/v1/migrations/{operation.Id}");
            if (now != last)
            {
                await changed(now);
                last = now;
            }

            operation = operation with { Status = now.Status, Error = now.Error };
            if (operation.IsFinal)
            {
                if (operation.Status != OperationStatus.Succeeded)
                {
                    throw Failed(operation);
                }

                return;
            }

            await Task.Delay(s_migrationPause, time, call.CancellationToken);
        }
    }

    /// <summary>Waits, not for long, until the platform's own picture of the VM is as wanted, so that the caller's next request is judged by it.</summary>
    /// <param name="call">The call.</param>
    /// <param name="vm">The VM.</param>
    /// <param name="wanted">Told what the platform shows; null if it shows no such VM.</param>
    public async Task SettleAsync(GrpcCall call, VmId vm, Func<PlatformVm?, Task<bool>> wanted)
    {
        var since = time.GetTimestamp();
        for (var pause = s_firstLook; time.GetElapsedTime(since) < s_settle; pause *= 2)
        {
            PlatformVm? seen = null;
            try
            {
                seen = await GetAsync<PlatformVm>(call, $"/v1/vms/{vm}");
            }
            catch (GrpcException e) when (e.Status == GrpcStatus.NotFound)
            {
                // That is an answer too.
            }

            if (await wanted(seen))
            {
                return;
            }

            await Task.Delay(pause, time, call.CancellationToken);
        }
    }

    /// <summary>The host a caller means: an id, a name, or a URI whose host part is the name.</summary>
    public async Task<HostId> FindHostAsync(GrpcCall call, string target)
    {
        if (Guid.TryParse(target, out var id))
        {
            return new HostId(id);
        }

        var name = Uri.TryCreate(target, UriKind.Absolute, out var uri) && uri.Host.Length > 0 ? uri.Host : target;
        if (name.Length == 0)
        {
            throw new GrpcException(GrpcStatus.InvalidArgument, "target_node_uri is empty: give the destination's id or name, or a URI with its name.");
        }

        string? cursor = null;
        do
        {
            var page = await GetAsync<PlatformHosts>(call, cursor is null ? "/v1/hosts?limit=200" : $"/v1/hosts?limit=200&cursor={Uri.EscapeDataString(cursor)}");
            if (page.Items.FirstOrDefault(h => h.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } host)
            {
                return host.Id;
            }

            cursor = page.NextCursor;
        }
        while (cursor is not null);
        throw new GrpcException(GrpcStatus.NotFound, $"The platform has no host '{name}' (target_node_uri '{target}').");
    }

    async Task<PlatformOperation> AcceptAsync(GrpcCall call, HttpMethod method, string path, object? body)
    {
        var operation = await SendAsync<PlatformOperation>(call, method, path, body);
        call.Answer(GrpcEndpoints.OperationMetadata, operation.Id.ToString());
        return operation;
    }

    /// <summary>Reads something with the caller's credentials.</summary>
    public Task<T> GetAsync<T>(GrpcCall call, string path) => SendAsync<T>(call, HttpMethod.Get, path, null);

    async Task<T> SendAsync<T>(GrpcCall call, HttpMethod method, string path, object? body)
    {
        if (api.BaseAddress is null)
        {
            throw new GrpcException(GrpcStatus.FailedPrecondition, "This agent was not told where the platform's API is, where callers are judged, so it tells its health only: set Hv:Agents:N:Grpc:Api.");
        }

        // Below the address, which may have a path itself.
        using var request = new HttpRequestMessage(method, path.TrimStart('/'));
        foreach (var (metadata, header) in s_passed)
        {
            if (call.Metadata(metadata) is { } value && (header != "Idempotency-Key" || method != HttpMethod.Get))
            {
                request.Headers.TryAddWithoutValidation(header, value);
            }
        }

        if (body is not null)
        {
            request.Content = JsonContent.Create(body, body.GetType(), options: HvJson.Options);
        }

        try
        {
            using var response = await api.SendAsync(request, call.CancellationToken);
            var text = await response.Content.ReadAsStringAsync(call.CancellationToken);
            return response.IsSuccessStatusCode
                ? JsonSerializer.Deserialize<T>(text, HvJson.Options) ?? throw new JsonException("it is empty")
                : throw Refused(response.StatusCode, text);
        }
        catch (HttpRequestException e)
        {
            throw Unavailable($"does not answer: {e.Message}", e);
        }
        catch (JsonException e)
        {
            throw Unavailable($"answered {method} {path} with something else than expected: {e.Message}", e);
        }
        catch (OperationCanceledException e) when (!call.CancellationToken.IsCancellationRequested)
        {
            throw Unavailable(string.Create(CultureInfo.InvariantCulture, $"did not answer within {api.Timeout.TotalSeconds} s."), e);
        }
    }

    GrpcException Unavailable(string why, Exception e) => new(GrpcStatus.Unavailable, $"The platform's API at {api.BaseAddress} {why}", e);

    /// <summary>A refusal of the API, as gRPC says it.</summary>
    internal static GrpcException Refused(HttpStatusCode status, string text)
    {
        ApiProblem? problem = null;
        try
        {
            problem = JsonSerializer.Deserialize<ApiProblem>(text, HvJson.Options);
        }
        catch (JsonException)
        {
            // Something between here and the API has answered in its place; its status has to do.
        }

        var kind = ((int)status, problem?.Code) switch
        {
            (_, "facet-unsupported" or "hypervisor-mismatch") => ErrorKind.Unsupported,
            (_, "no-capacity") or (429, _) => ErrorKind.Resource,
            (400 or 405 or 413 or 415 or 422, _) => ErrorKind.Validation,
            (401 or 403, _) => ErrorKind.Denied,
            (404 or 410, _) => ErrorKind.NotFound,
            (409, _) => ErrorKind.InvalidState,
            (412, _) => ErrorKind.Conflict,
            (502 or 503, _) => ErrorKind.Transient,
            (504, _) => ErrorKind.Timeout,
            _ => ErrorKind.Fatal,
        };
        var fields = problem?.Errors is { Count: > 0 } errors ? $" ({string.Join("; ", errors.Select(e => $"{e.Key} {string.Join(", ", e.Value)}"))})" : "";
        var error = new ErrorInfo
        {
            Kind = kind,
            Code = problem?.Code ?? $"http-{(int)status}",
            Message = problem?.Detail is { } detail ? detail + fields : $"The platform refused with HTTP {(int)status}.",
            Where = problem?.Where,
            Advice = problem?.Advice,
            NativeCode = problem?.NativeCode,
            NativeMessage = problem?.NativeMessage,
            Cause = problem?.Cause,
        };
        return status == HttpStatusCode.Unauthorized ? new GrpcException(GrpcStatus.Unauthenticated, error) : new GrpcException(error);
    }

    static GrpcException Failed(PlatformOperation operation) => operation.Status switch
    {
        OperationStatus.RolledBack when operation.Error is { } why => new GrpcException(GrpcStatus.Aborted, why),
        OperationStatus.Failed when operation.Error is { } why => new GrpcException(why),
        OperationStatus.Cancelled or OperationStatus.RolledBack => new GrpcException(GrpcStatus.Cancelled, $"Operation {operation.Id} was cancelled; everything is as before."),
        _ => new GrpcException(GrpcStatus.Unknown, $"Operation {operation.Id} ended as {operation.Status}."),
    };
}

/// <summary>What is read of an operation.</summary>
sealed record PlatformOperation
{
    public required OperationId Id { get; init; }

    public required VmId VmId { get; init; }

    public required OperationStatus Status { get; init; }

    public ErrorInfo? Error { get; init; }

    public bool IsFinal => Status is OperationStatus.Succeeded or OperationStatus.Failed or OperationStatus.Cancelled or OperationStatus.RolledBack;
}

/// <summary>What is read of a migration.</summary>
sealed record PlatformMigration
{
    public required OperationStatus Status { get; init; }

    public required MigrationPhase Phase { get; init; }

    public MigrationProgress? Progress { get; init; }

    /// <summary>Of guest memory and disks, once it has ended; a short transfer may have told no progress before.</summary>
    public long? TransferredBytes { get; init; }

    public ErrorInfo? Error { get; init; }
}

/// <summary>What is read of a VM.</summary>
sealed record PlatformVm
{
    public required HostId HostId { get; init; }

    public required VmState State { get; init; }

    public DateTimeOffset? DeletedAt { get; init; }
}

/// <summary>What is read of a list of VMs.</summary>
sealed record PlatformVms
{
    public required IReadOnlyList<PlatformListedVm> Items { get; init; }

    public string? NextCursor { get; init; }
}

/// <summary>What is read of a VM in a list.</summary>
sealed record PlatformListedVm
{
    public required VmId Id { get; init; }
}

/// <summary>What is read of a list of hosts.</summary>
sealed record PlatformHosts
{
    public required IReadOnlyList<PlatformHost> Items { get; init; }

    public string? NextCursor { get; init; }
}

/// <summary>What is read of a host.</summary>
sealed record PlatformHost
{
    public required HostId Id { get; init; }

    public required string Name { get; init; }
}

/// <summary>What is read of a problem document.</summary>
sealed record ApiProblem
{
    public string? Code { get; init; }

    public string? Detail { get; init; }

    public string? Advice { get; init; }

    public string? Where { get; init; }

    public string? NativeCode { get; init; }

    public string? NativeMessage { get; init; }

    public ErrorInfo? Cause { get; init; }

    public Dictionary<string, string[]>? Errors { get; init; }
}
