using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;

namespace HvPlatform.Hypervisors;

/// <summary>
/// Live migration (facet <c>migration</c>), in the steps of libvirt's handshake. The saga decides, the agent calls, the driver does.
/// Every step may be called again after a crash and then finds out what is already done.
/// </summary>
public interface IMigrationDriver
{
    /// <summary>On the source: can this VM leave? Each check is a finding; facts are null if it cannot.</summary>
    Task<(IReadOnlyList<MigrationFinding> Findings, MigrationSourceFacts? Facts)> CheckSourceAsync(VmId vm, MigrationPolicy policy, CancellationToken cancellationToken);

    /// <summary>On the destination: can it come? Name and id free, CPU and machine type offered, disks reachable, memory fits.</summary>
    Task<IReadOnlyList<MigrationFinding>> CheckDestinationAsync(MigrationSourceFacts facts, MigrationPolicy policy, CancellationToken cancellationToken);

    /// <summary>On the destination: make ready; returns the URI the source's hypervisor connects to.</summary>
    Task<string> PrepareDestinationAsync(MigrationSourceFacts facts, MigrationPolicy policy, CancellationToken cancellationToken);

    /// <summary>
    /// On the source: move the running VM; returns when the hypervisor's job has ended, whatever its end. Cancelling the token aborts the
    /// job and still returns a result. If a job of this VM is already active (the agent restarted), attaches to it instead of starting one.
    /// </summary>
    Task<TransferResult> TransferAsync(TransferRequest request, IProgress<MigrationProgress> progress, CancellationToken cancellationToken);

    /// <summary>On either host: what is true.</summary>
    Task<VmPresence> InspectAsync(VmId vm, CancellationToken cancellationToken);

    /// <summary>On the destination: verify that the VM runs (or is paused as it was) and persists. Throws InvalidState or NotFound if not.</summary>
    Task<VmState> FinishDestinationAsync(VmId vm, MigrationSourceFacts? facts, CancellationToken cancellationToken);

    /// <summary>On the source, only after the VM was seen on the destination: remove what is left. Refuses (InvalidState) if the VM runs here.</summary>
    Task ConfirmSourceAsync(VmId vm, CancellationToken cancellationToken);

    /// <summary>
    /// On the source, only after the VM was seen to be nowhere else: a guest that ran and was paused by the failed migration runs on. Does nothing
    /// to one that runs or was paused by someone. Returns its state.
    /// </summary>
    Task<VmState> RestoreSourceAsync(VmId vm, bool wasRunning, CancellationToken cancellationToken);

    /// <summary>On the destination: remove what <see cref="PrepareDestinationAsync"/> made. Refuses (InvalidState) if the VM runs here.</summary>
    Task CleanUpDestinationAsync(VmId vm, MigrationSourceFacts? facts, CancellationToken cancellationToken);
}

/// <summary>What to transfer and how.</summary>
/// <param name="Vm">The VM.</param>
/// <param name="MigrationUri">From <see cref="IMigrationDriver.PrepareDestinationAsync"/>.</param>
/// <param name="Policy">Caps and limits.</param>
/// <param name="Source">What the source said when it was checked: which disks are to be copied.</param>
/// <param name="AttachOnly">
/// A job was begun before and is only to be followed, or taken up again if it is a post-copy that broke off: if none is active, none is started; the result is then
/// Indeterminate, or Failed if the VM plainly runs here. Without it a transfer that ended between a look and this call would be done twice.
/// </param>
public sealed record TransferRequest(VmId Vm, string MigrationUri, MigrationPolicy Policy, MigrationSourceFacts? Source = null, bool AttachOnly = false);

/// <summary>How a transfer ended. Figures are null where the hypervisor did not say.</summary>
public sealed record TransferResult(VmTransferOutcome Outcome, long? TransferredBytes, long? DowntimeMs, long? ElapsedMs, int? Rounds, ErrorInfo? Error);

/// <summary>What a host truly has of a VM.</summary>
public sealed record VmPresence(bool Exists, VmState State, bool TransferRunning, long Epoch)
{
    /// <summary>Paused because of a migration, not because someone paused it.</summary>
    public bool PausedByMigration { get; init; }

    /// <summary>Still receives its memory; has never run here.</summary>
    public bool Incoming { get; init; }

    /// <summary>Memory is fetched after the switch-over, or that broke off: this side alone is no whole VM.</summary>
    public bool PostCopy { get; init; }
}
