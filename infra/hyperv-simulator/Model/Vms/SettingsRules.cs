using System.Collections.Frozen;

namespace HvPlatform.HyperVSimulator.Model.Vms;

/// <summary>Which properties of a virtual machine's settings may be changed, and which of them while it runs. What is not here is read-only.</summary>
internal static class SettingsRules
{
    private static readonly FrozenSet<string> None = Names(string.Empty);

    private static readonly FrozenDictionary<string, FrozenSet<string>> Always = Table(
        ("Msvm_VirtualSystemSettingData", "ElementName Notes AutomaticStartupAction AutomaticStartupActionDelay AutomaticStartupActionSequenceNumber AutomaticShutdownAction AutomaticRecoveryAction AutomaticCriticalErrorAction AutomaticCriticalErrorActionTimeout AutomaticSnapshotsEnabled UserSnapshotType SnapshotDataRoot IncrementalBackupEnabled LockOnDisconnect TurnOffOnGuestRestart PauseAfterBootFailure"),
        ("Msvm_ProcessorSettingData", "Limit Reservation Weight EnableHostResourceProtection PerfCpuFreqCapMhz L3CacheWays CpuGroupId"),
        ("Msvm_MemorySettingData", "Limit Reservation VirtualQuantity TargetMemoryBuffer Weight"),
        ("Msvm_StorageAllocationSettingData", "ElementName HostResource IOPSLimit IOPSReservation StorageQoSPolicyID"),
        ("Msvm_SyntheticEthernetPortSettingData", "ElementName ClusterMonitored DeviceNamingEnabled InterruptModeration AllowPacketDirect NumaAwarePlacement AllowDirectTranslatedP2P"),
        ("Msvm_EmulatedEthernetPortSettingData", "ElementName ClusterMonitored"),
        ("Msvm_EthernetPortAllocationSettingData", "ElementName HostResource EnabledState PoolID TestReplicaPoolID TestReplicaSwitchName RequiredFeatures RequiredFeatureHints CompartmentGuid"),
        ("Msvm_SerialPortSettingData", "Connection DebuggerMode ElementName"),
        ("Msvm_HeartbeatComponentSettingData", "EnabledState Interval Latency ErrorThreshold"),
        ("Msvm_KvpExchangeComponentSettingData", "EnabledState DisableHostKVPItems"),
        ("Msvm_ShutdownComponentSettingData", "EnabledState"),
        ("Msvm_TimeSyncComponentSettingData", "EnabledState"),
        ("Msvm_VssComponentSettingData", "EnabledState"),
        ("Msvm_GuestServiceInterfaceComponentSettingData", "EnabledState DefaultEnabledStatePolicy"),
        ("Msvm_ResourceAllocationSettingData", "ElementName"));

    private static readonly FrozenDictionary<string, FrozenSet<string>> WhenOff = Table(
        ("Msvm_VirtualSystemSettingData", "AdditionalRecoveryInformation AllowFullSCSICommandSet AllowReducedFcRedundancy BaseBoardSerialNumber BIOSGUID BIOSNumLock BIOSSerialNumber BootOrder BootPciExpress BootPciExpressInstanceFilter BootSourceOrder ChassisAssetTag ChassisSerialNumber ConsoleMode DebugChannelId DebugPort DebugPortEnabled EnableHibernation EnhancedSessionTransportType GuestControlledCacheTypes GuestStateIsolationEnabled GuestStateIsolationType HighMmioGapBase HighMmioGapSize LowMmioGapSize NetworkBootPreferredProtocol SecureBootEnabled SecureBootTemplateId SwapFileDataRoot VirtualNumaEnabled VirtualSlitType"),
        ("Msvm_ProcessorSettingData", "VirtualQuantity AllowACountMCount ApicMode CpuBrandString DisableSpeculationControls EnableLegacyApicMode EnablePageShattering EnablePerfmonArchPmu EnablePerfmonIpt EnablePerfmonLbr EnablePerfmonPebs EnablePerfmonPmu EnableSocketTopology EnlightenmentSet ExposeVirtualizationExtensions ExtendedVirtualizationExtensions HideHypervisorPresent HwThreadsPerCore L3ProcessorDistributionPolicy LimitCPUID LimitProcessorFeatures LimitProcessorFeaturesMode MaxClusterCountPerSocket MaxNumaNodesPerSocket MaxProcessorCountPerL3 MaxProcessorsPerNumaNode ProcessorFeatureSet"),
        ("Msvm_MemorySettingData", "DynamicMemoryEnabled HugePagesEnabled MaxMemoryBlocksPerNumaNode MemoryEncryptionPolicy SgxEnabled SgxLaunchControlDefault SgxLaunchControlMode SgxSize"),
        ("Msvm_StorageAllocationSettingData", "CachingMode IgnoreFlushes PersistentReservationsSupported WriteHardeningMethod"),
        ("Msvm_SyntheticEthernetPortSettingData", "Address StaticMacAddress MediaType"),
        ("Msvm_EmulatedEthernetPortSettingData", "Address StaticMacAddress"),
        ("Msvm_SyntheticDisplayControllerSettingData", "HorizontalResolution VerticalResolution ResolutionType"),
        ("Msvm_SecuritySettingData", "AppContainerLaunchOptOut BindToHostTpm DataProtectionRequested EncryptStateAndVmMigrationTraffic KsdEnabled ShieldingRequested TpmEnabled VirtualizationBasedSecurityOptOut"),
        ("Msvm_StorageSettingData", "DisableInterruptBatching ThreadCountPerChannel VirtualProcessorsPerChannel"));

    /// <summary>Further ones of a planned virtual machine's <c>Msvm_VirtualSystemSettingData</c>.</summary>
    public static readonly FrozenSet<string> WhenPlanned = Names("ConfigurationDataRoot GuestStateDataRoot LogDataRoot SnapshotDataRoot SuspendDataRoot SwapFileDataRoot VirtualSystemIdentifier");

    /// <summary>Those of a snapshot.</summary>
    public static readonly FrozenSet<string> OfSnapshot = Names("ElementName Notes");

    /// <summary>Those of <c>Msvm_VirtualSystemSettingData</c> that a host refuses even when sent unchanged.</summary>
    public static readonly FrozenSet<string> NeverSent = Names("CreationTime VirtualSystemType ConfigurationDataRoot Version");

    private static readonly FrozenDictionary<string, FrozenSet<string>> All = Always.Keys.Union(WhenOff.Keys, StringComparer.OrdinalIgnoreCase)
        .ToFrozenDictionary(name => name, name => Always.GetValueOrDefault(name, None).Union(WhenOff.GetValueOrDefault(name, None)).ToFrozenSet(StringComparer.OrdinalIgnoreCase), StringComparer.OrdinalIgnoreCase);

    /// <summary>What may be changed while the machine is off.</summary>
    public static FrozenSet<string> WritableOf(string className) => All.GetValueOrDefault(className, None);

    /// <summary>What may be changed at any time.</summary>
    public static FrozenSet<string> WritableRunning(string className) => Always.GetValueOrDefault(className, None);

    private static FrozenSet<string> Names(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static FrozenDictionary<string, FrozenSet<string>> Table(params (string ClassName, string Properties)[] rows) =>
        rows.ToFrozenDictionary(row => row.ClassName, row => Names(row.Properties), StringComparer.OrdinalIgnoreCase);
}
