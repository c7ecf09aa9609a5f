using HvPlatform.Contracts;

namespace HvPlatform.Hypervisors;

/// <summary>Where a VM's screen can be reached over the network. Not a facet anyone asks for: it is offered by the agent's gRPC server where it is there.</summary>
public interface IDisplayDriver
{
    /// <summary>Of a running VM. One that does not run is <see cref="ErrorKind.InvalidState"/>, one whose configuration has no such screen <see cref="ErrorKind.Unsupported"/>.</summary>
    Task<VmDisplay> FindAsync(VmId vm, CancellationToken cancellationToken);
}

/// <summary>A screen.</summary>
/// <param name="Protocol"><c>vnc</c> or <c>spice</c>.</param>
/// <param name="Address">The address it listens on, as its host has it.</param>
/// <param name="Port">The port.</param>
/// <param name="WebSocketPort">The port for browsers; null if there is none.</param>
public sealed record VmDisplay(string Protocol, string Address, int Port, int? WebSocketPort);
