using HvPlatform.Contracts;

namespace HvPlatform.Hypervisors;

/// <summary>Guest shutdown, reboot, pause and resume (facet <c>power</c>). Wrong states are <see cref="ErrorKind.InvalidState"/>.</summary>
public interface IPowerDriver
{
    /// <summary>Asks the guest to shut down; returns when the request is delivered, not when the guest is off.</summary>
    Task ShutDownAsync(VmId vm, CancellationToken cancellationToken);

    /// <summary>Asks the guest to reboot, or resets it where the guest cannot be asked.</summary>
    Task RebootAsync(VmId vm, CancellationToken cancellationToken);

    /// <summary>Stops the virtual CPUs.</summary>
    Task PauseAsync(VmId vm, CancellationToken cancellationToken);

    /// <summary>Lets a paused VM run on.</summary>
    Task ResumeAsync(VmId vm, CancellationToken cancellationToken);
}
