namespace HvPlatform.Contracts.Hosts;

/// <summary>
/// The frame of every command to one host. (<see cref="OperationId"/>, <see cref="Step"/>) is its idempotency key: the agent
/// journals it before it acks, runs it once, and answers a repeat with the recorded result.
/// </summary>
public interface IHostCommand
{
    /// <summary>The operation it belongs to.</summary>
    OperationId OperationId { get; }

    /// <summary>The step of the operation, unique within it, for example <c>transfer</c>.</summary>
    string Step { get; }

    /// <summary>The host that is to act.</summary>
    HostId HostId { get; }

    /// <summary>The VM it is about.</summary>
    VmId VmId { get; }

    /// <summary>The ownership epoch (fencing token) of the operation; grows with every operation on the VM.</summary>
    long Epoch { get; }
}
