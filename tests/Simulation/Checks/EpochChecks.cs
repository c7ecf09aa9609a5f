using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Operations;
using HvPlatform.Contracts.Vms;
using HvPlatform.Simulation.Bus;
using HvPlatform.Simulation.Worlds;

namespace HvPlatform.Simulation.Checks;

/// <summary>
/// Epochs only grow, and on one host no operation takes effect after a newer one did. What took effect is read from the hosts' own answers, by the time in
/// them: an old answer that comes late or again is none.
/// </summary>
sealed class EpochChecks
{
    readonly Dictionary<VmId, long> _granted = [];
    readonly Dictionary<OperationId, long> _epochs = [];
    readonly Dictionary<(HostId, VmId), List<(long Epoch, DateTimeOffset At, OperationId Operation)>> _effects = [];

    public void Granted(OperationAccepted m)
    {
        if (_granted.GetValueOrDefault(m.VmId) >= m.Epoch)
        {
            throw new ViolationException($"operation {m.OperationId} was granted epoch {m.Epoch} of VM {m.VmId}, {_granted[m.VmId]} had been granted before");
        }

        _granted[m.VmId] = _epochs[m.OperationId] = m.Epoch;
    }

    public void Answered(Envelope message)
    {
        switch (Effect(message))
        {
            case var (operation, host, vm, at) when _epochs.TryGetValue(operation, out var epoch):
                Took(operation, host, vm, at, epoch);
                break;
        }
    }

    static (OperationId, HostId, VmId, DateTimeOffset)? Effect(Envelope message)
    {
        if (message.Type != typeof(VmCommandCompleted) && message.Type != typeof(MigrationFinishedOnDestination) && message.Type != typeof(MigrationConfirmedOnSource)
            && message.Type != typeof(MigrationDestinationCleanedUp) && message.Type != typeof(VmTransferEnded) && message.Type != typeof(MigrationSourceRestored))
        {
            return null;
        }

        return message.Open() switch
        {
            VmCommandCompleted m => (m.OperationId, m.HostId, m.VmId, m.At),
            MigrationFinishedOnDestination m => (m.OperationId, m.HostId, m.VmId, m.At),
            MigrationConfirmedOnSource m => (m.OperationId, m.HostId, m.VmId, m.At),
            MigrationDestinationCleanedUp m => (m.OperationId, m.HostId, m.VmId, m.At),
            MigrationSourceRestored m => (m.OperationId, m.HostId, m.VmId, m.At),
            VmTransferEnded { Outcome: VmTransferOutcome.Completed } m => (m.OperationId, m.HostId, m.VmId, m.At),
            _ => null,
        };
    }

    void Took(OperationId operation, HostId host, VmId vm, DateTimeOffset at, long epoch)
    {
        if (!_effects.TryGetValue((host, vm), out var effects))
        {
            _effects[(host, vm)] = effects = [];
        }

        foreach (var other in effects)
        {
            if (other.Epoch > epoch && other.At < at)
            {
                throw new ViolationException(
                    $"operation {operation} (epoch {epoch}) took effect on VM {vm} at host {host} after operation {other.Operation} (epoch {other.Epoch}) had");
            }

            if (other.Epoch < epoch && other.At > at)
            {
                throw new ViolationException(
                    $"operation {other.Operation} (epoch {other.Epoch}) took effect on VM {vm} at host {host} after operation {operation} (epoch {epoch}) had");
            }
        }

        effects.Add((epoch, at, operation));
    }
}
