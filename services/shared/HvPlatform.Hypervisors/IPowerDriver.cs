using HvPlatform.Contracts;

namespace HvPlatform.Hypervisors;

/// <summary>Guest shutdown, reboot, pause, resume, save, reset and hibernation (facet <c>power</c>; the last three are named in the capabilities by themselves, too). Wrong states are <see cref="ErrorKind.InvalidState"/>.</summary>
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

    /// <summary>Writes the memory of a running or paused VM to disk and stops it (facet <c>power-save</c>); it is <see cref="VmState.Saved"/> then and goes on at the next start.</summary>
    Task SaveAsync(VmId vm, CancellationToken cancellationToken);

    /// <summary>Resets a running or paused VM at once, as its reset button does (facet <c>power-reset</c>).</summary>
    Task ResetAsync(VmId vm, CancellationToken cancellationToken);

    /// <summary>
    /// Asks the guest of a running VM to hibernate (facet <c>power-hibernate</c>): it writes its memory to its own disk and turns off. Returns when the request is delivered. A guest
    /// that cannot is <see cref="ErrorKind.Unsupported"/> or <see cref="ErrorKind.InvalidState"/>.
    /// </summary>
    Task HibernateAsync(VmId vm, CancellationToken cancellationToken);
}
