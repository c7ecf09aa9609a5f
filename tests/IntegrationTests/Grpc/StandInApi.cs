using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace HvPlatform.IntegrationTests.Grpc;

/// <summary>The part of the platform's API that an agent asks who may ask it: hosts and VMs, shown by what the token says. What is judged how is the orchestrator's and tested there.</summary>
sealed class StandInApi : IAsyncDisposable
{
    /// <summary>Sees everything; sees everything but <see cref="Hidden"/>; has a role nowhere.</summary>
    public const string Viewer = "viewer", OfAGroup = "of-a-group", Nobody = "nobody";

    /// <summary>As an orchestrator may be set; with fields, up to 5,000 are given however it is set.</summary>
    const int MaxPageSize = 100;

    /// <summary>A platform may stand below a path of its address.</summary>
    const string Below = "/platform";

    readonly WebApplication _app;

    StandInApi(WebApplication app) => _app = app;

    public Uri Url { get; private set; } = null!;

    /// <summary>As messages name it.</summary>
    public string Address => Url.Authority;

    /// <summary>The VMs of the host that is asked about.</summary>
    public IReadOnlyList<Guid> Vms { get; set; } = [];

    /// <summary>What <see cref="OfAGroup"/> does not see: a host's or a VM's id.</summary>
    public Guid Hidden { get; set; }

    /// <summary>Tokens that are taken no more.</summary>
    public HashSet<string> Revoked { get; } = [];

    /// <summary>Answers everything with this status; null if all is well.</summary>
    public int? Failing { get; set; }

    public static async Task<StandInApi> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var api = new StandInApi(app);
        app.UsePathBase(Below);
        app.Run(api.AnswerAsync);
        await app.StartAsync();
        api.Url = new(app.Urls.First() + Below);
        return api;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    Task AnswerAsync(HttpContext http)
    {
        if (Failing is { } status)
        {
            return RefuseAsync(http, status, $"http-{status}", "It cannot be judged now.");
        }

        var token = http.Request.Headers.Authorization.ToString().Replace("Bearer ", "", StringComparison.Ordinal);
        if (token is not (Viewer or OfAGroup or Nobody) || Revoked.Contains(token))
        {
            return RefuseAsync(http, 401, "unauthenticated", "The token is not valid.");
        }

        if (token == Nobody)
        {
            return RefuseAsync(http, 403, "forbidden", "This needs the role Viewer in the object's group; nobody does not have it.");
        }

        var hidden = token == OfAGroup ? Hidden : Guid.Empty;
        var path = http.Request.Path.Value!.Split('/');
        return path switch
        {
            _ when http.Request.PathBase != Below => RefuseAsync(http, 404, "not-found", "The platform is elsewhere."),
            [_, "v1", "vms"] when int.Parse(http.Request.Query["limit"].ToString(), CultureInfo.InvariantCulture) > MaxPageSize && !http.Request.Query.ContainsKey("fields") =>
                RefuseAsync(http, 400, "invalid-parameter", $"Query parameter 'limit' must be a whole number from 1 to {MaxPageSize}."),
            [_, "v1", "vms"] => http.Response.WriteAsJsonAsync(new { items = Vms.Where(v => v != hidden).Select(v => new { id = v }) }),
            [_, "v1", "vms", var vm] when Guid.Parse(vm) is var id && id != hidden && Vms.Contains(id) => http.Response.WriteAsJsonAsync(new { id }),
            [_, "v1", "hosts", var host] when Guid.Parse(host) is var id && id != hidden => http.Response.WriteAsJsonAsync(new { id }),
            [_, "v1", var kind, ..] => RefuseAsync(http, 404, $"{kind.TrimEnd('s')}-not-found", "It is not there."),
            _ => throw new InvalidOperationException($"{http.Request.Path} was not expected."),
        };
    }

    static Task RefuseAsync(HttpContext http, int status, string code, string detail)
    {
        http.Response.StatusCode = status;
        return http.Response.WriteAsJsonAsync(new { code, detail, status }, options: null, contentType: "application/problem+json");
    }
}
