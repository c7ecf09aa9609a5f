using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>A host's migration service and how it is set.</summary>
/// <param name="Path">The service.</param>
/// <param name="Enabled">Live migrations in and out are allowed.</param>
/// <param name="MostMigrations">At a time; null if not told.</param>
/// <param name="Active">Running now.</param>
/// <param name="Addresses">What it listens on.</param>
/// <param name="Compression">It compresses unless told otherwise.</param>
/// <param name="Smb">It uses SMB unless told otherwise.</param>
internal sealed record HyperVMigrationService(CimPath Path, bool Enabled, int? MostMigrations, int Active, IReadOnlyList<string> Addresses, bool Compression, bool Smb)
{
    /// <summary>Asks a host. Null if it has no such service. Throws <see cref="CimException"/>.</summary>
    public static async Task<HyperVMigrationService?> ReadAsync(ICimSession session, CancellationToken cancellationToken)
    {
        if (await HyperVParts.FirstAsync(session, "Msvm_VirtualSystemMigrationService", cancellationToken) is not { } service)
        {
            return null;
        }

        var settings = await HyperVParts.FirstAsync(session, "Msvm_VirtualSystemMigrationServiceSettingData", cancellationToken);
        return new HyperVMigrationService(
            HyperVParts.PathOf(service),
            settings?.Boolean("EnableVirtualSystemMigration") == true,
            (int?)settings?.Number("MaximumActiveVirtualSystemMigration"),
            (int)(service.Number("ActiveVirtualSystemMigrationCount") ?? 0),
            service.Array<string>("MigrationServiceListenerIPAddressList"),
            settings?.Boolean("EnableCompression") == true,
            settings?.Boolean("EnableSmbTransport") == true);
    }
}
