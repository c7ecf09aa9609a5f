using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>Makes a VM's description of its instances. Throws <see cref="CimException"/> (malformed) if one of them lies about a type.</summary>
/// <param name="switches">Names of virtual switches by their <c>Name</c> (a GUID).</param>
/// <param name="sharedPaths">Folders that all hosts share.</param>
internal sealed class VmInfoReader(IReadOnlyDictionary<string, string> switches, IReadOnlyList<string> sharedPaths)
{
    /// <summary>The description.</summary>
    /// <param name="facts">The VM's instances; the settings must be there.</param>
    /// <param name="now">When they were read.</param>
    public VmInfo Read(VmFacts facts, DateTimeOffset now)
    {
        var settings = facts.Settings ?? throw new CimException(CimErrorKind.Malformed, $"VM {facts.Id} has no realized {VmPaths.Settings}.");
        var state = (int)(facts.System.Number("EnabledState") ?? 0);
        var (notes, epoch) = EpochNote.Read(settings.Array<string>("Notes") is [var first, ..] ? first : null);
        return new VmInfo
        {
            Id = facts.Id,
            Name = settings.String("ElementName") ?? facts.System.String("ElementName") ?? facts.Id.ToString(),
            State = HyperVState.Map(state),
            StateReason = HyperVState.Reason(state),
            Vcpus = (int)(facts.Processor?.Number("VirtualQuantity") ?? facts.Summary?.Number("NumberOfProcessors") ?? 0),
            MemoryMiB = facts.Memory?.Number("VirtualQuantity") ?? 0,
            Disks = VmDeviceReader.Disks(facts, sharedPaths),
            Nics = VmDeviceReader.Nics(facts, switches),
            Epoch = epoch,
            Details = Details(facts, settings, notes),
            Figures = Figures(facts, state, now),
        };
    }

    private static VmDetails Details(VmFacts facts, CimInstance settings, string? notes)
    {
        var summary = facts.Summary;
        var memory = facts.Memory;
        var dynamicMemory = memory?.Boolean("DynamicMemoryEnabled");
        return new VmDetails
        {
            Hardware = new VmHardware
            {
                Generation = settings.String("VirtualSystemSubType") is { Length: > 0 } subtype && int.TryParse(subtype[^1..], out var generation) ? generation : null,
                Version = settings.String("Version"),
                DynamicMemory = dynamicMemory,
                MemoryMinimumMiB = dynamicMemory is true ? memory!.Number("Reservation") : null,
                MemoryMaximumMiB = dynamicMemory is true ? memory!.Number("Limit") : null,
                AutomaticCheckpoints = settings.Boolean("AutomaticSnapshotsEnabled"),
            },
            Services = new VmServices
            {
                EnhancedSessionTransport = HyperVWords.EnhancedSessionTransport(settings.Number("EnhancedSessionTransportType")),
                GuestServiceInterface = facts.GuestServices?.Number("EnabledState") is { } enabled ? enabled == 2 : null,
                IntegrationServices = summary?.Number("IntegrationServicesVersionState") is > 0 and var fit ? HyperVWords.IntegrationServices(fit) : null,
            },
            Guest = VmGuestReader.Read(facts),
            CreatedAt = ToSecond(settings.Moment("CreationTime")),
            Security = Security(facts, settings),
            Replication = Replication(facts),
            Backup = new VmBackup { Enabled = settings.Boolean("IncrementalBackupEnabled") },
            Notes = notes,
        };
    }

    private static VmSecurity Security(VmFacts facts, CimInstance settings) => new()
    {
        Tpm = facts.Security?.Boolean("TpmEnabled"),
        SecureBoot = settings.Boolean("SecureBootEnabled"),
        SecureBootTemplate = settings.Boolean("SecureBootEnabled") is true && settings.String("SecureBootTemplateId") is { Length: > 0 } template ? template : null,
        Shielded = facts.Summary?.Boolean("Shielded") ?? facts.Security?.Boolean("ShieldingRequested"),
        EncryptState = facts.Security?.Boolean("EncryptStateAndVmMigrationTraffic"),
        Isolation = settings.Boolean("GuestStateIsolationEnabled") is true ? HyperVWords.Isolation(settings.Number("GuestStateIsolationType")) : null,
    };

    private static VmReplication? Replication(VmFacts facts)
    {
        if (facts.System.Number("ReplicationMode") is null or 0)
        {
            return null;
        }

        return new VmReplication
        {
            State = HyperVWords.ReplicationState(facts.System.Number("ReplicationState")),
            Health = HyperVWords.ReplicationHealth(facts.System.Number("ReplicationHealth")),
            Mode = HyperVWords.ReplicationMode(facts.System.Number("ReplicationMode")),

            // A second entry, and the mode "extended replica", are the marks of a relationship that goes on to a third host.
            RelationshipType = facts.System.Number("ReplicationMode") == 4 || facts.Summary?.Array<ushort>("ReplicationStateEx").Count > 1 ? "Extended" : "Simple",
            FrequencySeconds = (int?)facts.Replication?.Number("ReplicationInterval"),
        };
    }

    private static VmFigures Figures(VmFacts facts, int state, DateTimeOffset now)
    {
        var summary = facts.Summary;
        var running = state is not (HyperVState.Off or HyperVState.Saved);
        var uptime = summary?.Number("UpTime") ?? facts.System.Number("OnTimeInMilliseconds");

        // The guest reports the memory it could give back, in percent; without that integration service the member holds its type's greatest number.
        var available = summary?.Number("MemoryAvailable");
        return new VmFigures
        {
            CpuUsagePercent = running ? summary?.Number("ProcessorLoad") : 0,
            MemoryUsagePercent = running && available is >= 0 and <= 100 ? 100 - available.Value : null,
            MemoryAssignedMiB = running ? summary?.Number("MemoryUsage") : 0,
            UptimeSeconds = running ? uptime / 1000 : 0,
            Heartbeat = running ? HyperVWords.Heartbeat(summary?.Number("Heartbeat")) : null,
            BootedAt = running && uptime is > 0 ? ToSecond(now.AddMilliseconds(-uptime.Value)) : null,
            ShutDownAt = state is HyperVState.Off ? ToSecond(facts.System.Moment("TimeOfLastStateChange")) : null,
            EnhancedSession = HyperVWords.EnhancedSession(facts.System.Number("EnhancedSessionModeState")),
            Status = Status(facts),
            BackupState = facts.System.Array<ushort>("OperationalStatus").Contains((ushort)32768) ? "Creating snapshot" : facts.System.Moment("LastSuccessfulBackupTime") is null ? "Never" : "Done",
            LastBackupAt = ToSecond(facts.System.Moment("LastSuccessfulBackupTime")),
            LastReplicatedAt = ToSecond(facts.System.Moment("LastReplicationTime")),
        };
    }

    private static DateTimeOffset? ToSecond(DateTimeOffset? moment) => moment is { } one ? new DateTimeOffset(one.UtcTicks - (one.UtcTicks % TimeSpan.TicksPerSecond), TimeSpan.Zero) : null;

    private static VmStatus Status(VmFacts facts)
    {
        var texts = facts.System.Array<string>("StatusDescriptions") is { Count: > 0 } own ? own : facts.Summary?.Array<string>("StatusDescriptions") ?? [];
        return new VmStatus
        {
            Text = texts.Count == 0 ? null : string.Join(", ", texts),
            Health = HyperVWords.Health(facts.System.Number("HealthState")),
            Operational = [.. facts.System.Array<ushort>("OperationalStatus").Select(one => HyperVWords.Operational(one)!)],
        };
    }
}
