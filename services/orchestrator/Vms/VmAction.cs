using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Orchestrator.Operations;
using HvPlatform.Orchestrator.ReadModels;
using HvPlatform.Orchestrator.Store;

namespace HvPlatform.Orchestrator.Vms;

/// <summary>One lifecycle operation: what it is called, when it is allowed, and the command it becomes. Each has a file of its own.</summary>
internal sealed record VmAction
{
    public required OperationKind Kind { get; init; }

    /// <summary>The body its request has; null for none.</summary>
    public VmActionBody? Body { get; init; }

    /// <summary>What follows the VM's URL; null for DELETE.</summary>
    public required string? Verb { get; init; }

    /// <summary>What it does, for the API's description.</summary>
    public required string Summary { get; init; }

    /// <summary>The states it is allowed in.</summary>
    public required IReadOnlyList<VmState> Allowed { get; init; }

    /// <summary>What to do when the VM is in another state.</summary>
    public required string Advice { get; init; }

    /// <summary>The same where it depends on the state; null, or no answer, for <see cref="Advice"/>.</summary>
    public Func<VmPlacement, string?>? AdviceFor { get; init; }

    /// <summary>The optional driver facet it needs; null if every driver can.</summary>
    public string? Facet { get; init; }

    /// <summary>How long its host may be at it before it counts as unanswered; null for what the options say. For work that copies as much as there is.</summary>
    public TimeSpan? LongestWait { get; init; }

    /// <summary>Sends its command to the operation's host. Called again by the watchdog with the same operation: the agent runs it once.</summary>
    public required Action<IOrchestratorTx, Operation> Send { get; init; }

    /// <summary>Its name in a sentence.</summary>
    public string InWords { get => field ?? Verb ?? "delete"; init; }

    /// <summary>Every lifecycle operation.</summary>
    public static IReadOnlyList<VmAction> All { get; } =
    [
        StartVmAction.Action, ShutDownVmAction.Action, ForceOffVmAction.Action, PauseVmAction.Action, ResumeVmAction.Action, RebootVmAction.Action, DeleteVmAction.Action,
        SaveVmAction.Action, ResetVmAction.Action, HibernateVmAction.Action, RenameVmAction.Action, ReconfigureVmAction.Action,
        CreateCheckpointAction.Action, ApplyCheckpointAction.Action, DeleteCheckpointAction.Action, WriteKvpAction.Action, CopyFileToVmAction.Action, MoveStorageAction.Action,
    ];

    /// <summary>The action of a kind; null for definitions and migrations.</summary>
    public static VmAction? Find(OperationKind kind) => All.FirstOrDefault(a => a.Kind == kind);

    /// <summary>Sends a host command in order with every other message about the VM.</summary>
    public static void ToHost<T>(IOrchestratorTx tx, T command)
        where T : class, IHostCommand => tx.Send(Queues.HostAgent(command.HostId), command, command.VmId.Value);
}
