using System.Globalization;
using Google.Protobuf;
using HvPlatform.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace HvPlatform.ServiceKit.Grpc;

/// <summary>
/// gRPC methods as endpoints of an HTTP/2 server: one request, and one answer or a stream of them. Deadlines, going away, status and its details are dealt with here;
/// a method takes its request, answers, or throws. No compression, no streams from the caller, no reflection.
/// </summary>
/// <param name="endpoints">Where methods are added.</param>
/// <param name="time">The clock of deadlines.</param>
/// <param name="logger">Told of methods that fail without saying why.</param>
/// <param name="explain">What an exception of the service's own means; null if it means nothing.</param>
/// <param name="mostRequestBytes">The longest message taken, bytes.</param>
public sealed class GrpcEndpoints(IEndpointRouteBuilder endpoints, TimeProvider time, ILogger logger, Func<Exception, ErrorInfo?> explain, int mostRequestBytes = 4 * 1024 * 1024)
{
    /// <summary>The clock.</summary>
    internal TimeProvider Time { get; } = time;

    /// <summary>A method with one answer.</summary>
    public GrpcEndpoints Unary<TRequest, TResponse>(string service, string method, MessageParser<TRequest> parser, Func<TRequest, GrpcCall, Task<TResponse>> handler)
        where TRequest : IMessage<TRequest>
        where TResponse : IMessage =>
        Map(service, method, parser, async (request, call, http) =>
        {
            // A hypervisor that hangs does not keep the caller: the method goes on by itself.
            var answer = await handler(request, call).WaitAsync(call.CancellationToken);
            Begin(http, call);
            await GrpcFrames.WriteAsync(http.Response.BodyWriter, answer, call.CancellationToken);
        });

    /// <summary>A method with a stream of answers. It writes one after another, and not after it has returned.</summary>
    public GrpcEndpoints ServerStreaming<TRequest, TResponse>(string service, string method, MessageParser<TRequest> parser, Func<TRequest, GrpcCall, Func<TResponse, Task>, Task> handler)
        where TRequest : IMessage<TRequest>
        where TResponse : IMessage =>
        Map(service, method, parser, (request, call, http) =>
        {
            call.Opening = async () =>
            {
                // The start alone stays in the server's buffer.
                Begin(http, call);
                await http.Response.StartAsync(call.CancellationToken);
                await http.Response.BodyWriter.FlushAsync(call.CancellationToken);
            };
            return handler(request, call, async answer =>
            {
                call.CancellationToken.ThrowIfCancellationRequested();
                Begin(http, call);
                await GrpcFrames.WriteAsync(http.Response.BodyWriter, answer, call.CancellationToken);
            });
        });

    /// <summary>Every other path.</summary>
    public GrpcEndpoints Others()
    {
        endpoints.MapFallback("{*path}", http => RunAsync(http, (_, _) => throw new GrpcException(GrpcStatus.Unimplemented, $"This server has no method {http.Request.Path}.")));
        return this;
    }

    GrpcEndpoints Map<TRequest>(string service, string method, MessageParser<TRequest> parser, Func<TRequest, GrpcCall, HttpContext, Task> run) where TRequest : IMessage<TRequest>
    {
        endpoints.MapPost($"/{service}/{method}", http => RunAsync(http, async (call, _) =>
        {
            if (call.Metadata("grpc-encoding") is { } encoding and not "identity")
            {
                throw new GrpcException(GrpcStatus.Unimplemented, $"grpc-encoding '{encoding}' is not taken; this server takes identity only.");
            }

            await run(await GrpcFrames.ReadOneAsync(http.Request.BodyReader, parser, mostRequestBytes, call.CancellationToken), call, http);
        }));
        return this;
    }

    async Task RunAsync(HttpContext http, Func<GrpcCall, HttpContext, Task> run)
    {
        if (!HttpMethods.IsPost(http.Request.Method) || !IsGrpc(http.Request.ContentType) || http.Features.Get<IHttpResponseTrailersFeature>() is null)
        {
            // What is no gRPC gets an answer that is none.
            http.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return;
        }

        http.Response.ContentType = "application/grpc";
        http.Response.Headers["grpc-accept-encoding"] = "identity";
        using var deadline = new CancellationTokenSource(Timeout.InfiniteTimeSpan, Time);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, http.RequestAborted);
        var call = new GrpcCall(http, over.Token);
        TimeSpan? timeout = null;
        try
        {
            timeout = GrpcTimeout.Read(call.Metadata("grpc-timeout"));
            if (timeout is { } patience)
            {
                deadline.CancelAfter(patience);
                if (patience == TimeSpan.Zero)
                {
                    await deadline.CancelAsync();
                    deadline.Token.ThrowIfCancellationRequested();
                }
            }

            await run(call, http);
            End(http, call, GrpcStatus.Ok, null, null);
        }
        catch (GrpcException e)
        {
            End(http, call, e.Status, e.Message, e.Error);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to be told.
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            var text = string.Create(CultureInfo.InvariantCulture, $"The caller's deadline of {timeout!.Value.TotalMilliseconds:0.###} ms has passed.");
            End(http, call, GrpcStatus.DeadlineExceeded, call.Answered.TryGetValue(OperationMetadata, out var operation) ? $"{text} Operation {operation} goes on." : text, null);
        }
        catch (Exception e) when (explain(e) is { } error)
        {
            End(http, call, GrpcStatuses.Of(error.Kind), error.Message, error);
        }
        catch (Exception e)
        {
            Log.GrpcDefect(logger, e, http.Request.Path);
            End(http, call, GrpcStatus.Internal, $"{http.Request.Path} failed in the server: {e.GetType().Name}. Its log says more.", null);
        }
    }

    /// <summary>The metadata that names the operation a call has become.</summary>
    public const string OperationMetadata = "hv-operation-id";

    static void End(HttpContext http, GrpcCall call, GrpcStatus status, string? message, ErrorInfo? error)
    {
        Begin(http, call);
        GrpcTrailers.Write(http.Response, status, message, error);
    }

    static void Begin(HttpContext http, GrpcCall call)
    {
        if (http.Response.HasStarted)
        {
            return;
        }

        foreach (var (name, value) in call.Answered)
        {
            http.Response.Headers[name] = value;
        }
    }

    static bool IsGrpc(string? contentType) => contentType is not null
        && (contentType.Equals("application/grpc", StringComparison.OrdinalIgnoreCase)
            || contentType.StartsWith("application/grpc;", StringComparison.OrdinalIgnoreCase)
            || contentType.Equals("application/grpc+proto", StringComparison.OrdinalIgnoreCase)
            || contentType.StartsWith("application/grpc+proto;", StringComparison.OrdinalIgnoreCase));
}
