using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace HvPlatform.HyperVSimulator.Control;

/// <summary>The fleet's control endpoint: JSON over HTTP on loopback, described in <c>infra/hyperv-simulator/README.md</c>. It has no authentication, hence loopback only.</summary>
internal sealed class ControlEndpoint : IAsyncDisposable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    private static readonly IReadOnlyList<string> Requests =
    [
        "GET /hosts",
        "GET /hosts/{name}",
        $"POST /hosts/{{name}}/faults: {ControlBody.Members<WireFault>()}",
        "GET, DELETE /hosts/{name}/faults",
        "DELETE /hosts/{name}/faults/{id}",
        $"POST /hosts/{{name}}/jobs: {ControlBody.Members<JobFault>()}",
        "POST /hosts/{name}/power-off, power-off?vms=stay, power-on, disconnect, connect, restart-service",
    ];

    private readonly WebApplication app;

    private ControlEndpoint(WebApplication app) => this.app = app;

    /// <summary>Where it listens.</summary>
    public Uri Address => new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>Starts it. <see cref="IOException"/> if the port is taken.</summary>
    public static async Task<ControlEndpoint> StartAsync(HyperVFleet fleet, int port, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        var app = builder.Build();
        Map(app, fleet);
        await app.StartAsync(cancellationToken);
        return new ControlEndpoint(app);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    private static void Map(WebApplication app, HyperVFleet fleet)
    {
        app.Use(AnswerErrorsAsync);
        app.MapGet("/", context => Write(context, new Description("Makes faults happen on the simulated hosts; {name} is a host's name, for example HV1.", Requests)));
        app.MapFallback((HttpContext context) => throw new KeyNotFoundException($"There is no {context.Request.Method} {context.Request.Path}; GET / lists the requests."));
        app.MapGet("/hosts", context => Write(context, fleet.Hosts.Select(HostState.Of)));
        app.MapGet("/hosts/{name}", context => Write(context, HostState.Of(HostOf(context))));
        app.MapGet("/hosts/{name}/faults", context => Write(context, HostOf(context).Faults.List().Select(one => new FaultInForce(one.Id, one.Fault))));
        app.MapPost("/hosts/{name}/faults", async context => await Write(context, new FaultId(HostOf(context).Faults.Add(await Read<WireFault>(context)))));
        app.MapDelete("/hosts/{name}/faults", context => Do(context, host =>
        {
            host.Faults.Clear();
            return Task.CompletedTask;
        }));
        app.MapDelete("/hosts/{name}/faults/{id:int}", context => Do(context, host => host.Faults.Remove(int.Parse((string)context.Request.RouteValues["id"]!, System.Globalization.CultureInfo.InvariantCulture))
            ? Task.CompletedTask
            : throw new KeyNotFoundException("There is no such fault in force.")));
        app.MapPost("/hosts/{name}/jobs", context => Do(context, async host => host.Apply(await Read<JobFault>(context))));
        app.MapPost("/hosts/{name}/power-off", context => Do(context, host => host.PowerOffAsync(context.Request.Query["vms"] == "stay")));
        app.MapPost("/hosts/{name}/power-on", context => Do(context, host => host.PowerOnAsync(context.RequestAborted)));
        app.MapPost("/hosts/{name}/disconnect", context => Do(context, host => host.DisconnectAsync()));
        app.MapPost("/hosts/{name}/connect", context => Do(context, host => host.ConnectAsync(context.RequestAborted)));
        app.MapPost("/hosts/{name}/restart-service", context => Do(context, host => host.RestartServiceAsync(context.RequestAborted)));

        HyperVFleetHost HostOf(HttpContext context) => fleet[(string)context.Request.RouteValues["name"]!];

        async Task Do(HttpContext context, Func<HyperVFleetHost, Task> act)
        {
            var host = HostOf(context);
            await act(host);
            await Write(context, HostState.Of(host));
        }
    }

    private static async Task AnswerErrorsAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (Exception error) when (!context.Response.HasStarted && error is KeyNotFoundException or ArgumentException or JsonException or IOException)
        {
            context.Response.StatusCode = error is KeyNotFoundException ? StatusCodes.Status404NotFound : StatusCodes.Status400BadRequest;
            await context.Response.WriteAsJsonAsync(new Problem(error is ArgumentException { ParamName: { } name } ? error.Message.Replace($" (Parameter '{name}')", string.Empty, StringComparison.Ordinal) : error.Message), Json, "application/problem+json", context.RequestAborted);
        }
    }

    private static Task<T> Read<T>(HttpContext context) =>
        ControlBody.ReadAsync<T>(context.Request.Body, Json, context.RequestAborted);

    private static Task Write<T>(HttpContext context, T value) => context.Response.WriteAsJsonAsync(value, Json, context.RequestAborted);

    private sealed record Problem(string Detail);

    private sealed record Description(string About, IReadOnlyList<string> Requests);

    private sealed record FaultId(int Id);

    private sealed record FaultInForce(int Id, WireFault Fault);

    private sealed record HostState(string Name, Uri Address, Uri? SecureAddress, bool IsUp, long Requests, int Struck)
    {
        public static HostState Of(HyperVFleetHost host) => new(host.Name, host.Address, host.SecureAddress, host.IsUp, host.Requests, host.Faults.Struck);
    }
}
