using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace HvPlatform.Orchestrator.Access;

/// <summary>
/// The process does not go on if HTTP listens where it may not (<see cref="AccessOptions.CheckAddresses"/>): <c>Hv:Urls</c> is looked at before the start, but Kestrel has
/// settings of its own that name addresses.
/// </summary>
internal sealed class ListenCheck(IServer server, OrchestratorOptions options) : IHostedLifecycleService
{
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        options.Access.CheckAddresses(server.Features.Get<IServerAddressesFeature>()?.Addresses ?? []);
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
