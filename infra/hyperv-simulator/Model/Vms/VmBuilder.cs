using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Model.Vms;

/// <summary>Makes configurations as <c>DefineSystem</c> does: with the devices that every virtual machine of a generation has.</summary>
internal static class VmBuilder
{
    public const string Realized = "Microsoft:Hyper-V:System:Realized";
    public const string Planned = "Microsoft:Hyper-V:System:Planned";
    private const string SubType = "Microsoft:Hyper-V:SubType:";

    /// <summary>A new configuration without disks and network adapters.</summary>
    public static VmConfiguration New(SimulatedHyperVHost host, Guid id, string name, int generation, string systemType = Realized)
    {
        var resources = new List<CimInstance>();
        var prefix = $"Microsoft:{VmConfiguration.Key(id)}\\";
        CimInstance Add(ResourceKind kind, string idSuffix, CimInstance? parent = null, string? addressOnParent = null, string? name = null)
        {
            var settings = kind.New();
            settings["InstanceID"] = prefix + idSuffix;
            settings["ElementName"] = name ?? kind.ElementName;
            settings["Parent"] = parent is null ? settings["Parent"] : host.Catalogue.PathOf(parent).ToObjectPath(host.Name);
            settings["AddressOnParent"] = addressOnParent;
            resources.Add(settings);
            return settings;
        }

        Add(ResourceKinds.Processor, ResourceKinds.Processor.Pool.ToLowerInvariant() + @"\0");
        Add(ResourceKinds.Memory, ResourceKinds.Memory.Pool.ToLowerInvariant());
        if (generation == 1)
        {
            for (var number = 0; number < 2; number++)
            {
                Add(ResourceKinds.IdeController, $@"{ResourceKinds.IdeController.Pool}\{number}", name: $"IDE Controller {number}")["Address"] = $"{number}";
            }

            var diskettes = Add(ResourceKinds.DisketteController, ResourceKinds.DisketteController.Pool);
            Add(ResourceKinds.DisketteDrive, $@"{ResourceKinds.DisketteController.Pool}\0\0\D", diskettes, "0");
        }

        var serial = Add(ResourceKinds.SerialController, ResourceKinds.SerialController.Pool);
        for (var number = 0; number < 2; number++)
        {
            Add(ResourceKinds.SerialPort, $@"{ResourceKinds.SerialController.Pool}\{number}", serial, $"{number}", $"COM {number + 1}");
        }

        Add(ResourceKinds.Display, ResourceKinds.Display.Pool);
        foreach (var integration in ResourceKinds.Integrations)
        {
            Add(integration, integration.Pool);
        }

        resources.Add(Security(prefix));
        resources.Add(Storage(prefix));
        return new VmConfiguration(Settings(host, id, name, generation, systemType), resources);
    }

    /// <summary>The generation that settings ask for with <c>VirtualSystemSubType</c>: 1 if they do not say; null if there is none such.</summary>
    public static int? GenerationOf(CimInstance settings) => settings.String("VirtualSystemSubType") switch
    {
        null or "" or SubType + "1" => 1,
        SubType + "2" => 2,
        _ => null,
    };

    private static CimInstance Settings(SimulatedHyperVHost host, Guid id, string name, int generation, string systemType)
    {
        var key = VmConfiguration.Key(id);
        var serial = $"{id.GetHashCode() & 0xFFFF:D4}-{key[..4]}-{key[4..8]}-{key[9..13]}-{key[14..18]}-{key[19..23]}-20";
        var settings = CimBlank.Of("Msvm_VirtualSystemSettingData");
        settings["AllowFullSCSICommandSet"] = false;
        settings["AllowReducedFcRedundancy"] = false;
        settings["Architecture"] = "x64";
        settings["AutomaticCriticalErrorAction"] = (ushort)1;
        settings["AutomaticCriticalErrorActionTimeout"] = new CimDateTime(TimeSpan.FromMinutes(30));
        settings["AutomaticRecoveryAction"] = (ushort)3;
        settings["AutomaticShutdownAction"] = (ushort)3;
        settings["AutomaticSnapshotsEnabled"] = false;
        settings["AutomaticStartupAction"] = (ushort)3;
        settings["AutomaticStartupActionDelay"] = new CimDateTime(TimeSpan.Zero);
        settings["AutomaticStartupActionSequenceNumber"] = (ushort)0;
        settings["BaseBoardSerialNumber"] = serial;
        settings["BIOSGUID"] = $"{{{VmConfiguration.Key(host.NewId())}}}";
        settings["BIOSNumLock"] = false;
        settings["BIOSSerialNumber"] = serial;
        settings["BootOrder"] = generation == 1 ? new ushort[] { 1, 2, 3, 0 } : null;
        settings["BootPciExpress"] = false;
        settings["BootPciExpressInstanceFilter"] = string.Empty;
        settings["BootSourceOrder"] = Array.Empty<string>();
        settings["Caption"] = "Virtual Machine Settings";
        settings["ChassisAssetTag"] = serial;
        settings["ChassisSerialNumber"] = serial;
        settings["ConfigurationDataRoot"] = DefaultPaths.ExternalDataRoot;
        settings["ConfigurationFile"] = $@"Virtual Machines\{key}.vmcx";
        settings["ConfigurationID"] = key;
        settings["ConsoleMode"] = (ushort)0;
        settings["CreationTime"] = new CimDateTime(host.Timeline.Now);
        settings["DebugChannelId"] = uint.MaxValue;
        settings["DebugPort"] = 0u;
        settings["DebugPortEnabled"] = (ushort)0;
        settings["Description"] = "Active settings for the virtual machine";
        settings["ElementName"] = name;
        settings["EnableHibernation"] = false;
        settings["EnhancedSessionTransportType"] = (ushort)0;
        settings["GuestControlledCacheTypes"] = false;
        settings["GuestStateDataRoot"] = DefaultPaths.ExternalDataRoot;
        settings["GuestStateFile"] = $@"Virtual Machines\{key}.vmgs";
        settings["GuestStateIsolationEnabled"] = false;
        settings["GuestStateIsolationType"] = (ushort)0;
        settings["HighMmioGapBase"] = 0UL;
        settings["HighMmioGapSize"] = 512UL;
        settings["IncrementalBackupEnabled"] = false;
        settings["InstanceID"] = "Microsoft:" + key;
        settings["IsAutomaticSnapshot"] = false;
        settings["IsSaved"] = false;
        settings["LockOnDisconnect"] = false;
        settings["LogDataRoot"] = DefaultPaths.ExternalDataRoot;
        settings["LowMmioGapSize"] = 128UL;
        settings["NetworkBootPreferredProtocol"] = (ushort)4096;
        settings["Notes"] = Array.Empty<string>();
        settings["PauseAfterBootFailure"] = false;
        settings["RecoveryFile"] = string.Empty;
        settings["SecureBootEnabled"] = generation == 2;
        settings["SecureBootTemplateId"] = generation == 2 ? SecureBootTemplates.MicrosoftWindows : "00000000-0000-0000-0000-000000000000";
        settings["SnapshotDataRoot"] = DefaultPaths.ExternalDataRoot;
        settings["SuspendDataRoot"] = DefaultPaths.ExternalDataRoot;
        settings["SwapFileDataRoot"] = DefaultPaths.ExternalDataRoot;
        settings["TurnOffOnGuestRestart"] = false;
        settings["UserSnapshotType"] = (ushort)3;
        settings["Version"] = host.Options.DefaultVmVersion;
        settings["VirtualNumaEnabled"] = true;
        settings["VirtualSlitType"] = (ushort)0;
        settings["VirtualSystemIdentifier"] = key;
        settings["VirtualSystemSubType"] = $"{SubType}{generation}";
        settings["VirtualSystemType"] = systemType;
        return settings;
    }

    private static CimInstance Security(string prefix)
    {
        var settings = CimBlank.Of("Msvm_SecuritySettingData");
        settings["AppContainerLaunchOptOut"] = false;
        settings["BindToHostTpm"] = false;
        settings["Caption"] = "Security Settings";
        settings["DataProtectionRequested"] = false;
        settings["Description"] = "Security settings for the virtual machine.";
        settings["ElementName"] = "Security Settings";
        settings["EncryptStateAndVmMigrationTraffic"] = false;
        settings["InstanceID"] = prefix + "B4C0D8E2-6F1A-4C3B-9D57-2E8A1F60C4B9";
        settings["KsdEnabled"] = false;
        settings["ShieldingRequested"] = false;
        settings["TpmEnabled"] = false;
        settings["VirtualizationBasedSecurityOptOut"] = false;
        return settings;
    }

    private static CimInstance Storage(string prefix)
    {
        var settings = CimBlank.Of("Msvm_StorageSettingData");
        settings["Caption"] = "Storage Settings";
        settings["Description"] = "Storage settings for the virtual machine.";
        settings["DisableInterruptBatching"] = false;
        settings["ElementName"] = "Storage Settings";
        settings["InstanceID"] = prefix + "E5A7C913-0B2D-4E86-B1F4-7D3C9A5E8F02";
        settings["ThreadCountPerChannel"] = (ushort)0;
        settings["VirtualProcessorsPerChannel"] = (ushort)0;
        return settings;
    }
}
