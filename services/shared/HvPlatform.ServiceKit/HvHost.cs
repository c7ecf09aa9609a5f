using System.Net.Sockets;
using HvPlatform.ServiceKit.Bus;
using HvPlatform.ServiceKit.Health;
using HvPlatform.ServiceKit.Outbox;
using HvPlatform.ServiceKit.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace HvPlatform.ServiceKit;

/// <summary>Runs one or many services in this process: configuration, logs, telemetry, database, bus, health, HTTP.</summary>
public static class HvHost
{
    /// <summary>
    /// Runs until stopped (Ctrl-C, SIGTERM). Returns the process's exit code: 1 if it could not start, which is printed as one clear message, or if it
    /// stopped because a background service failed.
    /// </summary>
    public static async Task<int> RunAsync(string[] args, params HvModule[] modules)
    {
        try
        {
            await using var app = Build(args, modules);
            await app.StartAsync();
            Log.Started(app.Logger, string.Join(", ", modules.Select(m => m.Name)), string.Join(", ", app.Urls), app.Services.GetRequiredService<HvSettings>().BusName);
            await app.WaitForShutdownAsync();
            return app.Services.GetServices<IHostedService>().OfType<BackgroundService>().Any(s => s.ExecuteTask is { IsFaulted: true }) ? 1 : 0;
        }
        catch (Exception e) when (e is AddressInUseException or SocketException || (e is FormatException && e.Message.StartsWith("Invalid url", StringComparison.Ordinal)) || e.InnerException is AddressInUseException)
        {
            Console.Error.WriteLine(new HvStartupException("HTTP cannot listen", "Hv:Urls", $"{e.Message.TrimEnd('.')}.", "Set it to an address that is free, for example http://127.0.0.1:8080.", e).Message);
            return 1;
        }
        catch (Exception e) when (e is HvStartupException or IOException or OperationCanceledException)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
    }

    /// <summary>
    /// The services as an application that is not started: <c>StartAsync</c> brings the schemas up to date and returns when the queues are read and HTTP listens.
    /// For <see cref="RunAsync"/>, and for tests, which add configuration and replace services with <paramref name="configure"/>.
    /// </summary>
    public static WebApplication Build(string[] args, IReadOnlyList<HvModule> modules, Action<WebApplicationBuilder>? configure = null)
    {
        CommandLineSecrets.Refuse(args);
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = Defaults });
        configure?.Invoke(builder);

        var settings = HvSettings.Read(builder.Configuration, modules.Any(m => m.Schema is not null));
        builder.WebHost.UseUrls(settings.Urls ?? modules.Select(m => m.DefaultUrl).FirstOrDefault(u => u is not null) ?? "http://127.0.0.1:0");
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(30));
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton(modules);
        builder.Services.AddSingleton(new MessageTypes(modules.SelectMany(m => m.Messages)));
        if (settings.Broker is { } broker)
        {
            builder.Services.AddSingleton(new RabbitTopology(broker, settings.BusTls));
        }

        builder.Services.AddSingleton(services => new ErrorQueues(services.GetService<RabbitTopology>()));

        var started = false;
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", level => level >= LogLevel.Information && (started || level != LogLevel.Error));
        builder.Logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel", level => level >= LogLevel.Warning && (started || level != LogLevel.Critical));
        HvTelemetryExport.Add(builder, modules);
        builder.Services.AddHostedService<StartupCheck>();
        foreach (var schema in modules.Select(m => m.Schema).OfType<string>().Distinct())
        {
            AddDatabase(builder.Services, settings, schema);
        }

        BusRegistration.Add(builder.Services, settings, modules);
        AddRelays(builder.Services, modules);
        HvHealth.Add(builder.Services, modules);
        foreach (var module in modules)
        {
            module.AddServices?.Invoke(builder);
        }

        var app = builder.Build();

        // What fails before is thrown and told by RunAsync; the host and Kestrel would log it a second time with a stack trace.
        app.Lifetime.ApplicationStarted.Register(() => started = true);
        HvHealth.Map(app);
        foreach (var module in modules)
        {
            module.Map?.Invoke(app);
        }

        return app;
    }

    static Dictionary<string, string?> Defaults => new()
    {
        ["Logging:LogLevel:Default"] = "Information",
        ["Logging:LogLevel:Microsoft.AspNetCore"] = "Warning",
        ["Logging:LogLevel:Microsoft.Hosting.Lifetime"] = "Warning",
        ["Logging:LogLevel:MassTransit"] = "Warning",
        ["Logging:LogLevel:Npgsql"] = "Warning",
        ["Logging:Console:FormatterName"] = "simple",
        ["Logging:Console:FormatterOptions:SingleLine"] = "true",
        ["Logging:Console:FormatterOptions:TimestampFormat"] = "HH:mm:ss.fff ",
    };

    static void AddDatabase(IServiceCollection services, HvSettings settings, string schema)
    {
        SchemaName.ThrowIfInvalid(schema);
        services.AddKeyedSingleton(schema, (provider, _) => DataSource(provider, settings.ConnectionString(schema)));
        services.AddKeyedSingleton($"{schema}-transactions", (provider, _) =>
        {
            var connectionString = settings.ConnectionString(schema);
            connectionString.NoResetOnClose = true;
            return DataSource(provider, connectionString);
        });
        services.AddKeyedSingleton(schema, (provider, _) => new ServiceDatabase(schema, provider.GetRequiredKeyedService<NpgsqlDataSource>(schema))
        {
            Transactions = provider.GetRequiredKeyedService<NpgsqlDataSource>($"{schema}-transactions"),
            MessageTypes = provider.GetRequiredService<MessageTypes>(),
        });
        services.AddSingleton(provider => provider.GetRequiredKeyedService<ServiceDatabase>(schema));
    }

    static NpgsqlDataSource DataSource(IServiceProvider provider, NpgsqlConnectionStringBuilder connectionString)
    {
        var builder = new NpgsqlDataSourceBuilder(connectionString.ConnectionString);
        builder.UseLoggerFactory(provider.GetRequiredService<ILoggerFactory>());
        return builder.Build();
    }

    static void AddRelays(IServiceCollection services, IReadOnlyList<HvModule> modules)
    {
        services.AddSingleton<OutboxSender>();
        foreach (var schema in modules.Select(m => m.Schema).OfType<string>().Distinct())
        {
            services.AddSingleton(p => ActivatorUtilities.CreateInstance<OutboxRelay>(p, p.GetRequiredKeyedService<ServiceDatabase>(schema)));
            services.AddSingleton<IHostedService>(p => p.GetServices<OutboxRelay>().Single(r => r.Schema == schema));
            services.AddSingleton<IHostedService>(p => ActivatorUtilities.CreateInstance<InboxPruning>(p, p.GetRequiredKeyedService<ServiceDatabase>(schema)));
        }
    }
}
