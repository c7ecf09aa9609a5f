using HvPlatform.ServiceKit.Grpc.Health;

namespace HvPlatform.ServiceKit.Grpc;

/// <summary>The service <c>grpc.health.v1.Health</c>.</summary>
public static class GrpcHealth
{
    const string Service = "grpc.health.v1.Health";
    static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(500);

    /// <summary>Adds it.</summary>
    /// <param name="endpoints">The server's methods.</param>
    /// <param name="isServing">Whether a service works; the empty name is the server. Null for one that there is not.</param>
    public static GrpcEndpoints Health(this GrpcEndpoints endpoints, Func<string, bool?> isServing) => endpoints
        .Unary(Service, "Check", HealthCheckRequest.Parser, (request, _) => isServing(request.Service) is { } serving
            ? Task.FromResult(new HealthCheckResponse { Status = Status(serving) })
            : throw new GrpcException(GrpcStatus.NotFound, $"This server has no service '{request.Service}'."))
        .ServerStreaming<HealthCheckRequest, HealthCheckResponse>(Service, "Watch", HealthCheckRequest.Parser, async (request, call, write) =>
        {
            HealthCheckResponse.Types.ServingStatus? said = null;
            while (true)
            {
                var now = Status(isServing(request.Service));
                if (now != said)
                {
                    await write(new HealthCheckResponse { Status = now });
                    said = now;
                }

                await Task.Delay(s_period, endpoints.Time, call.CancellationToken);
            }
        });

    static HealthCheckResponse.Types.ServingStatus Status(bool? serving) => serving switch
    {
        true => HealthCheckResponse.Types.ServingStatus.Serving,
        false => HealthCheckResponse.Types.ServingStatus.NotServing,
        null => HealthCheckResponse.Types.ServingStatus.ServiceUnknown,
    };
}
