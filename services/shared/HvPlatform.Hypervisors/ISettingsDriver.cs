using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Hypervisors;

/// <summary>A VM's settings beyond what every report carries (facet <c>settings</c>).</summary>
public interface ISettingsDriver
{
    /// <summary>What is set now.</summary>
    Task<VmSettingsState> ReadAsync(VmId vm, CancellationToken cancellationToken);

    /// <summary>
    /// Changes what is given and differs from what is set; doing it again changes nothing. Everything is checked before the first change: a value that cannot be is
    /// <see cref="ErrorKind.Validation"/> with the member's name, a member this driver cannot change <see cref="ErrorKind.Unsupported"/>, one that cannot be
    /// changed in the VM's state <see cref="ErrorKind.InvalidState"/>.
    /// </summary>
    Task ChangeAsync(VmId vm, VmSettings settings, CancellationToken cancellationToken);
}
