using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace HvPlatform.Orchestrator.Access;

/// <summary>The parts of access, in one list.</summary>
internal static class AccessModule
{
    /// <exception cref="ServiceKit.HvStartupException">The token file cannot be used, or HTTP is to listen where it may not.</exception>
    public static void AddServices(IHostApplicationBuilder builder, AccessOptions options)
    {
        options.CheckAddresses((builder.Configuration["Hv:Urls"] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        builder.Services.AddSingleton(LocalToken.Load(options, Console.WriteLine));
        builder.Services.AddSingleton<Sessions>();
        builder.Services.AddSingleton<Authenticator>();
        builder.Services.AddSingleton<AccessStore>();
        builder.Services.AddSingleton<AccessChange>();
        builder.Services.AddSingleton<ObjectGroups>();
        builder.Services.AddSingleton<ObjectCheck>();
        builder.Services.AddSingleton<IssuerKeys>();
        builder.Services.AddSingleton<PersonTokens>();
        builder.Services.AddSingleton<SignIns>();
        builder.Services.AddSingleton<GoodCredentials>();
        builder.Services.AddSingleton<RateLimits>();
        builder.Services.AddSingleton<RefusalLog>();
        builder.Services.AddHostedService(p => p.GetRequiredService<RefusalLog>());
        builder.Services.Configure<ForwardedHeadersOptions>(o => TrustedProxies.Configure(o, options));
        builder.Services.Configure<KestrelServerOptions>(o => o.AddServerHeader = false);
        builder.Services.AddHostedService<ListenCheck>();
    }

    /// <summary>Before any endpoint.</summary>
    public static void Use(WebApplication app) => app.UseForwardedHeaders().UseMiddleware<AccessGate>();

    public static void Map(RouteGroupBuilder v1)
    {
        GetMe.Map(v1);
        GetSignIn.Map(v1);
        SignInAtIssuer.Map(v1);
        StartSession.Map(v1);
        EndSession.Map(v1);
        ApiTokens.Map(v1);
        Grants.Map(v1);
        ResourceGroups.Map(v1);
        GetAudit.Map(v1);
    }
}
