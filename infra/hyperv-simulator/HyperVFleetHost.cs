using HvPlatform.HyperVSimulator.Control;
using HvPlatform.HyperVSimulator.Model;
using HvPlatform.HyperVSimulator.Repository;
using HvPlatform.HyperVSimulator.Wire;

namespace HvPlatform.HyperVSimulator;

/// <summary>One host of a fleet: its model, where it listens, and what can be done to it from outside.</summary>
public sealed class HyperVFleetHost
{
    private readonly HyperVHostServer server;

    internal HyperVFleetHost(SimulatedHyperVHost model, HyperVHostServer server)
    {
        Model = model;
        this.server = server;
    }

    /// <summary>Its computer name.</summary>
    public string Name => Model.Name;

    /// <summary>What is on it.</summary>
    public SimulatedHyperVHost Model { get; }

    /// <summary>Its CIM server.</summary>
    public ICimRepository Repository => Model.Catalogue;

    /// <summary>Where its WinRM service listens for HTTP: <c>http://127.0.0.1:PORT/wsman</c>.</summary>
    public Uri Address => server.Address ?? throw new InvalidOperationException($"{Name} was never started.");

    /// <summary>Where it listens for HTTPS; null if it does not.</summary>
    public Uri? SecureAddress => server.SecureAddress;

    /// <summary>Whether it has power and its service runs.</summary>
    public bool IsUp => server.IsListening;

    /// <summary>What goes wrong between it and its clients.</summary>
    public WireFaults Faults => server.Faults;

    /// <summary>Requests that were answered since its service was made, faults and struck ones too.</summary>
    public long Requests => server.Requests;

    /// <summary>Takes its power: all connections end, nobody listens, its jobs are gone, its virtual machines are off unless they are to be as they were.</summary>
    public Task PowerOffAsync(bool vmsStayAsTheyWere = false)
    {
        Model.LosePower(vmsStayAsTheyWere);
        return server.CutAsync();
    }

    /// <summary>Gives it power again: it listens on the same ports. <see cref="IOException"/> if somebody else took one meanwhile.</summary>
    public Task PowerOnAsync(CancellationToken cancellationToken = default)
    {
        Model.RegainPower();
        return ConnectAsync(cancellationToken);
    }

    /// <summary>Cuts it off as a network failure does: all connections end, nobody listens; what is on it goes on.</summary>
    public Task DisconnectAsync() => server.CutAsync();

    /// <summary>Lets it listen again, on the same ports, if it has power.</summary>
    public Task ConnectAsync(CancellationToken cancellationToken = default) => IsUp || Model.IsDown ? Task.CompletedTask : server.StartAsync(cancellationToken);

    /// <summary>Restarts its WinRM service: connections end, open enumerations are gone.</summary>
    public Task RestartServiceAsync(CancellationToken cancellationToken = default) => server.RestartAsync(cancellationToken);

    /// <summary>Makes its jobs slow or lets the next ones fail. <see cref="ArgumentException"/> if the numbers make no sense.</summary>
    public void Apply(JobFault fault)
    {
        if (fault.Slowness is <= 0 or > 1_000_000 || fault.Count <= 0 || fault.At is not (>= 0 and <= 1))
        {
            throw new ArgumentException("Slowness and count are positive, at is 0 to 1.", nameof(fault));
        }

        lock (Model.Gate)
        {
            Model.Jobs.Slowness = fault.Slowness ?? Model.Jobs.Slowness;
            if (fault.ErrorCode is { } code)
            {
                Model.Jobs.FailNext(code, fault.Description, job => fault.Class is null || fault.Class.Equals(job.Path.ClassName, StringComparison.OrdinalIgnoreCase), fault.Count, fault.At);
            }
        }
    }

    internal ValueTask StopAsync() => server.DisposeAsync();
}
