using HvPlatform.ServiceKit.Outbox;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace HvPlatform.ServiceKit.Health;

/// <summary><c>/health/live</c>: the process answers. <c>/health/ready</c>: database, bus and outbox work; 503 if one does not, with each one's state as JSON.</summary>
internal static class HvHealth
{
    public static void Add(IServiceCollection services, IReadOnlyList<HvModule> modules)
    {
        // MassTransit adds the check of the bus itself ("masstransit-bus", tag "ready").
        var checks = services.AddHealthChecks();
        foreach (var schema in modules.Select(m => m.Schema).OfType<string>().Distinct())
        {
            checks.Add(new HealthCheckRegistration($"database-{schema}", p => new DatabaseCheck(p.GetRequiredKeyedService<ServiceDatabase>(schema)), null, ["ready"], TimeSpan.FromSeconds(5)));
            checks.Add(new HealthCheckRegistration($"outbox-{schema}", p => new OutboxCheck(p.GetServices<OutboxRelay>().Single(r => r.Schema == schema)), null, ["ready"]));
        }
    }

    public static void Map(WebApplication app)
    {
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false });
        app.MapHealthChecks("/health/ready", new HealthCheckOptions { Predicate = c => c.Tags.Contains("ready"), ResponseWriter = WriteAsync });
    }

    static Task WriteAsync(HttpContext context, HealthReport report) => context.Response.WriteAsJsonAsync(new
    {
        status = report.Status.ToString(),
        checks = report.Entries.Select(e => new { name = e.Key, status = e.Value.Status.ToString(), detail = e.Value.Description }),
    });

    sealed class DatabaseCheck(ServiceDatabase database) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            try
            {
                await using var command = database.DataSource.CreateCommand("select 1");
                await command.ExecuteScalarAsync(cancellationToken);
                return HealthCheckResult.Healthy();
            }
            catch (NpgsqlException e)
            {
                return HealthCheckResult.Unhealthy(e.GetBaseException().Message, e);
            }
        }
    }

    /// <summary>A message that cannot be sent degrades; other processes of the service may be the sending one, so not being active is healthy.</summary>
    sealed class OutboxCheck(OutboxRelay relay) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(relay.State switch
            {
                { Failure: { } failure } => HealthCheckResult.Degraded($"not everything can be sent: {failure}"),
                { Active: true } => HealthCheckResult.Healthy("this process sends"),
                _ => HealthCheckResult.Healthy("another process sends"),
            });
    }
}
