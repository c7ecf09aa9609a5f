using HvPlatform.Contracts;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <content>The epoch beside the VM: see <see cref="EpochNote"/>.</content>
public sealed partial class HyperVDriver : IEpochDriver
{
    /// <inheritdoc/>
    public IEpochDriver? Epochs => this;

    /// <inheritdoc/>
    public Task SetEpochAsync(VmId vm, long epoch, CancellationToken cancellationToken) => connector.RunAsync(
        $"Cannot store the epoch of VM {vm}",
        async session =>
        {
            var settings = await session.GetAsync(VmPaths.SettingsOf(vm), cancellationToken) ?? throw HyperVErrors.VmNotFound(vm, connector.Where);
            var notes = settings.Array<string>("Notes") is [var first, ..] ? first : null;
            if (EpochNote.Read(notes).Epoch == epoch)
            {
                return;
            }

            var changed = new CimInstance(VmPaths.Settings) { ["InstanceID"] = settings.String("InstanceID"), ["Notes"] = new[] { EpochNote.WithEpoch(notes, epoch) } };
            await services.ManageAsync(
                session, "ModifySystemSettings", HyperVServices.Arguments("ModifySystemSettings", ("SystemSettings", CimXml.Write(changed))), $"store the epoch of VM {settings.String("ElementName")}", cancellationToken);
        },
        cancellationToken);
}
