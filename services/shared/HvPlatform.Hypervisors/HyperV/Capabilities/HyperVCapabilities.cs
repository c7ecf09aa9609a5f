using HvPlatform.Contracts.Hosts;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>What a host is and can do, asked once per registration. Nothing about versions is assumed: the host's own definitions and instances say what it has.</summary>
internal static class HyperVCapabilities
{
    private const string Definition = @"Microsoft:Definition\VirtualSystem\";

    /// <summary>Classes whose members differ between versions of Windows; one instance of each shows which this host has.</summary>
    private static readonly string[] VersionedClasses =
    [
        "Msvm_VirtualSystemSettingData", "Msvm_ProcessorSettingData", "Msvm_MemorySettingData", "Msvm_SecuritySettingData", "Msvm_StorageAllocationSettingData", "Msvm_SyntheticEthernetPortSettingData",
        "Msvm_VirtualSystemManagementServiceSettingData", "Msvm_VirtualSystemMigrationServiceSettingData",
    ];

    /// <summary>Asks the host. Throws <see cref="CimException"/>.</summary>
    public static async Task<HostCapabilities> ReadAsync(ICimSession session, HyperVConnector connector, IReadOnlyList<string> facets, CancellationToken cancellationToken)
    {
        var windows = await HyperVHostFacts.FirstAsync(session, "Win32_OperatingSystem", cancellationToken);
        var machine = await HyperVHostFacts.FirstAsync(session, "Win32_ComputerSystem", cancellationToken);
        var processor = await HyperVHostFacts.FirstAsync(session, "Win32_Processor", cancellationToken);
        var (settings, addresses) = await ReadMigrationAsync(session, cancellationToken);
        var enabled = settings?.Boolean("EnableVirtualSystemMigration");
        return new HostCapabilities
        {
            Hypervisor = $"Hyper-V {windows?.String("Version")} ({windows?.String("Caption")?.Trim()})",
            CpuModel = processor?.String("Name")?.Trim() ?? "",
            CpuCount = (int)(HyperVHostFacts.Number(machine, "NumberOfLogicalProcessors") ?? HyperVHostFacts.Number(processor, "NumberOfLogicalProcessors") ?? 0),
            MemoryMiB = (HyperVHostFacts.Number(machine, "TotalPhysicalMemory") ?? 0) / (1024 * 1024),
            Facets = facets,
            MigrationUri = enabled is false ? null : new HyperVMigrationAddress(connector.Options.MigrationHost ?? connector.Where, addresses).ToString(),
            MaxConcurrentMigrations = Least(connector.Options.MaxConcurrentMigrations, (int?)settings?.Number("MaximumActiveVirtualSystemMigration")),
            MaxMigrationBandwidthMiBps = connector.Options.MaxMigrationBandwidthMiBps,
            HyperV = await ReadHyperVAsync(session, settings, addresses, cancellationToken),
        };
    }

    private static async Task<HyperVHostCapabilities> ReadHyperVAsync(ICimSession session, CimInstance? settings, IReadOnlyList<string> addresses, CancellationToken cancellationToken)
    {
        var definitions = await ReadDefinitionsAsync(session, cancellationToken);
        return new HyperVHostCapabilities
        {
            VmVersions = definitions.Versions,
            DefaultVmVersion = definitions.Default,
            VmFeatures = [.. VmFeatureVersions.All.Select(pair => new HostVmFeature { Feature = pair.Key, VmVersion = pair.Value })],
            MissingProperties = await ReadMissingAsync(session, cancellationToken),
            SecureBootTemplates = definitions.Templates,
            IsolationTypes = definitions.Isolations,
            Gpus = await ReadGpusAsync(session, cancellationToken),
            NumaNodes = await ReadNumaAsync(session, cancellationToken),
            MigrationEnabled = settings?.Boolean("EnableVirtualSystemMigration"),
            MaxConcurrentStorageMigrations = (int?)settings?.Number("MaximumActiveStorageMigration"),
            MigrationTransports = [.. Transports(settings)],
            MigrationAddresses = addresses,
        };
    }

    private static async Task<(CimInstance? Settings, IReadOnlyList<string> Addresses)> ReadMigrationAsync(ICimSession session, CancellationToken cancellationToken)
    {
        var settings = (await AllAsync(session, "Msvm_VirtualSystemMigrationServiceSettingData", cancellationToken)).FirstOrDefault();
        var service = (await AllAsync(session, "Msvm_VirtualSystemMigrationService", cancellationToken)).FirstOrDefault();
        return (settings, service?.Array<string>("MigrationServiceListenerIPAddressList") ?? []);
    }

    private static int? Least(int? one, int? other) => one is null || other < one ? other : one;

    private static IEnumerable<string> Transports(CimInstance? settings)
    {
        if (settings is null)
        {
            yield break;
        }

        yield return "TCP";
        if (settings.Has("EnableCompression"))
        {
            yield return "TCP with compression";
        }

        if (settings.Has("EnableSmbTransport"))
        {
            yield return "SMB";
        }
    }

    /// <summary>
    /// The settings that define what VMs can be here: those with a version are the versions, the one in the default's role is what a new VM gets; others name the templates of
    /// Secure Boot and the ways of isolation.
    /// </summary>
    private static async Task<(IReadOnlyList<string> Versions, string? Default, IReadOnlyList<HostSecureBootTemplate> Templates, IReadOnlyList<string> Isolations)> ReadDefinitionsAsync(
        ICimSession session, CancellationToken cancellationToken)
    {
        const string association = "Msvm_SettingsDefineCapabilities";
        const int defaultRole = 0;
        const int point = 0;
        var versions = new List<string>();
        var templates = new List<HostSecureBootTemplate>();
        var isolations = new List<string>();
        var defaults = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        string? standard = null;
        if ((await AllAsync(session, "Msvm_VirtualSystemManagementCapabilities", cancellationToken)).FirstOrDefault()?.String("InstanceID") is not { } id)
        {
            return (versions, null, templates, isolations);
        }

        var capabilities = new CimPath("Msvm_VirtualSystemManagementCapabilities", ("InstanceID", id));
        await foreach (var link in session.ReferencesAsync(capabilities, association, cancellationToken))
        {
            if (link.Number("ValueRole") == defaultRole && link.Number("ValueRange") == point && link.Reference("PartComponent")?["InstanceID"] is { } part)
            {
                defaults.Add(part);
            }
        }

        await foreach (var definition in session.AssociatorsAsync(capabilities, association, VmPaths.Settings, cancellationToken))
        {
            var name = definition.String("InstanceID") ?? "";
            if (LastPart(name, "SecureBootTemplateId") is { } template)
            {
                templates.Add(new HostSecureBootTemplate { Id = template, Name = definition.String("ElementName") is { Length: > 0 } text ? text : definition.String("Description") ?? template });
            }
            else if (LastPart(name, "GuestStateIsolationType") is { } isolation && long.TryParse(isolation, out var type))
            {
                isolations.Add(HyperVWords.Isolation(type)!);
            }
            else if (definition.String("Version") is { Length: > 0 } version)
            {
                if (!versions.Contains(version))
                {
                    versions.Add(version);
                }

                standard = defaults.Contains(name) ? version : standard;
            }
        }

        versions.Sort((a, b) => Version.TryParse(a, out var x) && Version.TryParse(b, out var y) ? x.CompareTo(y) : string.CompareOrdinal(a, b));
        isolations.Sort(StringComparer.Ordinal);
        templates.Sort((a, b) => string.CompareOrdinal(a.Id, b.Id));
        return (versions, standard, templates, isolations);
    }

    private static string? LastPart(string instanceId, string kind) =>
        instanceId.StartsWith($@"{Definition}{kind}\", StringComparison.OrdinalIgnoreCase) ? instanceId[(Definition.Length + kind.Length + 1)..] : null;

    private static async Task<IReadOnlyList<HostClassGap>> ReadMissingAsync(ICimSession session, CancellationToken cancellationToken)
    {
        var missing = new List<HostClassGap>();
        foreach (var className in VersionedClasses)
        {
            try
            {
                await foreach (var instance in session.EnumerateAsync(CimPath.Virtualization, className, cancellationToken))
                {
                    List<string> lacking = [.. CimSchema.Instance.Find(className)!.Properties.Select(property => property.Name).Where(name => !instance.Has(name))];
                    if (lacking.Count > 0)
                    {
                        missing.Add(new HostClassGap { ClassName = className, Properties = lacking });
                    }

                    break;
                }
            }
            catch (CimException error) when (error.Kind is CimErrorKind.ClassNotFound)
            {
                missing.Add(new HostClassGap { ClassName = className, Properties = ["*"] });
            }
        }

        return missing;
    }

    private static async Task<IReadOnlyList<HostGpu>> ReadGpusAsync(ICimSession session, CancellationToken cancellationToken) =>
    [
        .. (await AllAsync(session, "Msvm_PartitionableGpu", cancellationToken)).Select(gpu => new HostGpu
        {
            Name = gpu.String("Name") ?? "",
            Partitions = (int)(gpu.Number("PartitionCount") ?? 0),
            PossiblePartitions = [.. gpu.Array<ushort>("ValidPartitionCounts").Select(count => (int)count)],
        }).OrderBy(gpu => gpu.Name, StringComparer.Ordinal),
    ];

    private static async Task<IReadOnlyList<HostNumaNode>> ReadNumaAsync(ICimSession session, CancellationToken cancellationToken) =>
    [
        .. (await AllAsync(session, "Msvm_NumaNode", cancellationToken)).Select(node => new HostNumaNode
        {
            Id = node.String("NodeID") ?? "",
            Cpus = (int)(node.Number("NumberOfLogicalProcessors") ?? 0),

            // A memory block is 1 MiB.
            MemoryMiB = node.Number("CurrentlyConsumableMemoryBlocks"),
        }).OrderBy(node => node.Id, StringComparer.Ordinal),
    ];

    /// <summary>All instances; none if this host's version does not have the class.</summary>
    private static async Task<List<CimInstance>> AllAsync(ICimSession session, string className, CancellationToken cancellationToken)
    {
        var all = new List<CimInstance>();
        try
        {
            await foreach (var instance in session.EnumerateAsync(CimPath.Virtualization, className, cancellationToken))
            {
                all.Add(instance);
            }
        }
        catch (CimException error) when (error.Kind is CimErrorKind.ClassNotFound)
        {
            // An older version.
        }

        return all;
    }
}
