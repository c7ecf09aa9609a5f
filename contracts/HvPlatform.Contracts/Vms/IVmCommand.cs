namespace HvPlatform.Contracts.Vms;

/// <summary>The frame of every command that another system sends to the orchestrator.</summary>
public interface IVmCommand
{
    /// <summary>Chosen by the sender; sending the same one again never starts a second operation.</summary>
    OperationId OperationId { get; }

    /// <summary>The VM it is about.</summary>
    VmId VmId { get; }

    /// <summary>Who, why, when.</summary>
    Trail Trail { get; }
}
