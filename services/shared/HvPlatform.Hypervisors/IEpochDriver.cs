using HvPlatform.Contracts;

namespace HvPlatform.Hypervisors;

/// <summary>Keeping the ownership epoch beside the VM, so that it moves with it and is there for an agent that has never heard of the VM.</summary>
public interface IEpochDriver
{
    /// <summary>Stores the epoch; it is read back as <see cref="Contracts.Vms.VmInfo.Epoch"/> and <see cref="VmPresence.Epoch"/>.</summary>
    Task SetEpochAsync(VmId vm, long epoch, CancellationToken cancellationToken);
}
