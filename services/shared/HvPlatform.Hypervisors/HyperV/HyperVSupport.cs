namespace HvPlatform.Hypervisors.HyperV;

/// <summary>What became of an operation that was planned for Hyper-V.</summary>
internal enum SupportStatus
{
    /// <summary>There, and tested on the host simulator.</summary>
    Done,

    /// <summary>Planned, not built.</summary>
    NotYet,

    /// <summary>Cannot be, or is done in another way on purpose.</summary>
    No,
}

/// <summary>Some operations of one category, with one answer.</summary>
/// <param name="Category">The category of the plan.</param>
/// <param name="Operations">Names of the plan, separated by blanks.</param>
/// <param name="Status">What became of them.</param>
/// <param name="Where">For done ones <c>Class.Method</c>, several separated by commas; for others why.</param>
internal sealed record SupportRow(string Category, string Operations, SupportStatus Status, string Where);

/// <summary>Row by row what there is of the plan's sixteen categories and of the inventory document's ten commands. docs/support-matrix.md is written from it, and a test looks whether every method named exists.</summary>
internal static class HyperVSupport
{
    private const SupportStatus Done = SupportStatus.Done;
    private const SupportStatus NotYet = SupportStatus.NotYet;
    private const SupportStatus No = SupportStatus.No;

    private const string Lifecycle = "1 VM lifecycle";
    private const string Migration = "2 Migration";
    private const string Export = "3 Export and import";
    private const string Security = "4 Security";
    private const string Processor = "5 Processor";
    private const string Memory = "6 Memory";
    private const string Storage = "7 Storage";
    private const string Network = "8 Network";
    private const string Gpu = "9 GPU";
    private const string Kvp = "10 Key-value pairs";
    private const string Serial = "11 Serial console";
    private const string Display = "12 Display";
    private const string Configuration = "13 VM configuration";
    private const string Validation = "14 Validation and capabilities";
    private const string Host = "15 Host";
    private const string Vpmu = "16 Performance monitoring unit";
    private const string Inventory = "Inventory document";

    private const string LaterSetting = "a further setting group (docs/howto/add-a-hyperv-setting.md)";
    private const string Vendor = "a vendor's own hardware or service that no documented class of Hyper-V describes";
    private const string Hierarchical = "only of builds whose classes are not documented";

    /// <summary>All rows.</summary>
    public static IReadOnlyList<SupportRow> Rows { get; } =
    [
        new(Lifecycle, "CreateVm", Done, "HyperVDefinition.DefineAsync"),
        new(Lifecycle, "GetVm GetName", Done, "HyperVDefinition.FindByNameAsync, HyperVInventory.GetAsync"),
        new(Lifecycle, "GetVmFromId GetId GetVmState", Done, "HyperVInventory.GetAsync"),
        new(Lifecycle, "GetPlannedVm GetPlannedVmState", Done, "HyperVMigration.InspectAsync"),
        new(Lifecycle, "Delete", Done, "HyperVDefinition.DeleteAsync"),
        new(Lifecycle, "DeletePlannedVm", Done, "HyperVMigration.CleanUpDestinationAsync"),
        new(Lifecycle, "Start", Done, "HyperVPower.StartAsync"),
        new(Lifecycle, "Stop", Done, "HyperVPower.ForceOffAsync"),
        new(Lifecycle, "SetState", Done, "HyperVPower.PauseAsync, HyperVPower.ResumeAsync, HyperVPower.SaveAsync, HyperVPower.ResetAsync"),
        new(Lifecycle, "GetVmOperationalStatus GetVmHeartbeatStatus GetVmHeartbeatStatusEx", Done, "HyperVInventory.ListAsync"),
        new(Lifecycle, "EnableHeartbeat DisableHeartbeat", Done, "IntegrationSettings.Plan"),
        new(Lifecycle, "CleanShutdown", Done, "HyperVPower.ShutDownAsync"),
        new(Lifecycle, "Hibernate", Done, "HyperVPower.HibernateAsync"),
        new(Lifecycle, "UpdateName", Done, "HyperVDefinition.RenameAsync"),
        new(Lifecycle, "IsFirstBoot", Done, "GeneralSettings.Read"),

        new(Migration, "MigrateVm MigrateVmAsync MigrateVmToSuspended MigrateVmToSuspendedAsync", Done, "HyperVMigration.TransferAsync"),
        new(Migration, "GetMigrationStatus SetMigrationOperationCallback", Done, "HyperVMigration.TransferAsync"),
        new(Migration, "CancelMigration", Done, "HyperVTransfer.Abort"),
        new(Migration, "GetOngoingMigrationJobId", Done, "HyperVJobs.FindRunningAsync"),
        new(Migration, "MoveStorageOnHost", Done, "HyperVStorageMove.MoveStorageAsync, HyperVStorageMove.ResumeStorageMoveAsync"),
        new(Migration, "IsLiveMigrationSupported", Done, "HyperVMigrationService.ReadAsync"),
        new(Migration, "StartMigrateSuspendedVm StopMigrateSuspendedVm", Done, "HyperVPower.StartAsync, HyperVPower.ForceOffAsync"),

        new(Export, "Export ExportConfig ExportForLiveMigration ExportWithoutRuntimeInfo ExportWithRuntimeInfo", Done, "HyperVExport.ExportAsync"),
        new(Export, "Import ImportAndRealizeSavedVm", Done, "HyperVExport.PlanImportAsync, HyperVExport.ValidateImportAsync, HyperVExport.RealiseImportAsync"),
        new(Export, "CreatePlannedVm RenamePlannedScsiVmVhds", Done, "HyperVExport.PlanImportAsync"),
        new(Export, "CustomRestore", No, "restores from a single runtime state file, which no documented method takes"),

        new(Security, "GetVmSecuritySettings GetSecuritySettings", Done, "SecurityReadout.Read, FirmwareSettings.Read"),
        new(Security, "SetVmSecurityProperty", NotYet, "Secure Boot is set (FirmwareSettings.Plan); the virtual TPM needs a key protector first, which is not built"),
        new(Security, "GetCvmFirmwareType", No, "read from an undocumented property; generation and isolation type are in the inventory"),

        new(Processor, "UpdateProcessorDevice SetProcessorLimit", Done, "ProcessorSettings.Plan"),
        new(Processor, "GetProcessorSettingData", Done, "ProcessorSettings.Read"),
        new(Processor, "GetNumaDefault SupportsProcessorSettingProperty SupportsHWThreadsPerCoreProperty SupportsL3CacheWaysProperty SupportsExposeVirtualizationExtensionsProperty SupportsCpuGroupIdProperty IsEnableSocketTopologySupported", Done, "HyperVCapabilities.ReadAsync"),
        new(Processor, "SetExposeVirtualizationExtensions SetHWThreadsPerCore SetL3CacheWays SetNuma SetNumaMemory GetNumaMemoryMinimumConsumable EnableOptimalVmNumaTopology GetVmNumaTopology SetVmNumaTopology GetVirtualProcessorsPerChannel SetVirtualProcessorsPerChannel SetProcessorSettingData SetCpuGroupId GetCpuGroupId SetVmCpuFrequency SetProcessorPageShatteringValue IsProcessorPageShatteringEnabled SetEnableSocketTopology", NotYet, LaterSetting),
        new(Processor, "SetProcessorFeatures ExtractVmFeatures SetVmFeatures", NotYet, LaterSetting),
        new(Processor, "SetHierarchicalVirtualization SetMaxHardwareIsolatedGuests SetMaxHierarchicalPartitions SetMaxHierarchicalVps SetExtendedVirtualizationExtensions SupportsHierarchicalVirtualizationProperty IsHierarchicalVirtualizationEnabled", No, Hierarchical),

        new(Memory, "UpdateMemory", Done, "MemorySettings.Plan"),
        new(Memory, "SetMemoryEncryptionPolicy UpdateMemorySettingsForHugePageSupport UpdateSettingsForHugePageSupport AlignMmioSettingsForHugePageSupport SetHighMmioGapSize SetHighMmioGapBase EnableGuestControlledCacheTypes SetVmHibernateSetting", NotYet, LaterSetting),

        new(Storage, "AddStorageDevice AddStorageDevices AddStorageDevicesWithRetries RemoveVhd RemoveVhdLegacy RemoveVhdImproved RemoveDataVhdParallel FindIdeSlot IsScsiSlotInUse FindMatchingDisk", Done, "DiskSettings.Plan"),
        new(Storage, "GetAttachedVhdsInfo GetAttachedVhdsInfoEx", Done, "DiskSettings.Read"),
        new(Storage, "AddSyntheticStorageController RemoveScsiControllers RemoveDvdDrive AddPhysicalStorageDevice RemovePhysicalStorageDevice RetrievePhysicalDiskAttachStatus SetVmDiskType SetVhdDiskType AddPmemController", NotYet, LaterSetting),
        new(Storage, "AddNvmeDirectDisk AddNvmeDirectV2Disk EnumerateNvmeDirectDisks RemoveNvmeDirectDisk GetNVMeNumaAffinity AddNvmeController AddNvmeControllerV2 RemoveNvmeVhds EnumerateDisksOverNvme AttachDisksToNvmeController AttachDisksOverNvme HasAsapController HasSCSIVtl2Controller FindVirtualSystemIdentifierForNvmeController CreateUnderhillController UpdateUnderhillConfig GetUnderhillConfig AddAzureStorageGen2FastPathDevice HasAzureStorageGen2FastPathDevice CheckDirectDriveDiskOverScsi EnumerateDirectDriveDisksOverScsi EnumerateDirectDriveDisksOverIde AttachDirectDriveDiskOverScsi AttachDirectDriveDiskOverIde RemoveDirectDriveDiskOverScsi RemoveDirectDriveDiskFromIde", No, Vendor),

        new(Network, "CheckSwitchExists GetSwitch GetVirtualEthernetSwitchPath", Done, "HyperVSwitches.FindAsync"),
        new(Network, "GetAllSwitches", Done, "HyperVSwitches.ListAsync"),
        new(Network, "AddNetworkAdapter RemoveAllNics ConnectSwitchPort DisconnectSwitchPort CreateSwitchPort DeleteSwitchPort", Done, "AdapterSettings.Plan"),
        new(Network, "GetNetworkConnections GetNicsInfo GetNicsInfoEx CheckSwitchPortExists GetSwitchPort GetAllSwitchPortNames", Done, "AdapterSettings.Read"),
        new(Network, "CreateSwitch DeleteSwitch SetupSwitch DeleteSwitchIfExist GetExternalNicGuid GetExternalNic GetNetworkConnection_Reservation_Limit_PortName SetNetworkConnection_Reservation_Limit DisableNetworkOffloadFeature", NotYet, "managing a host's switches and adapters' bandwidth is a later issue"),
        new(Network, "EnableSwitchExtension GetSwitchExtensionFeature AddVfpRequiredToSwitch MarkExtensionRequiredOnAllPorts AddManaNetworkAdapter GetManaNicsInfo", No, Vendor),

        new(Gpu, "GetPartitionableGpuProperty GetPartitionableGpuDetails GetGpuPartitionAvailStatus PGpuIsPartitionCountEqual", Done, "HyperVCapabilities.ReadAsync"),
        new(Gpu, "AddDdaDeviceToVm RemoveDdaDeviceFromVm SetPGpuPartitionCount ValidateGpupSettingData", NotYet, LaterSetting),

        new(Kvp, "GetKvpItemsEx GetKvpItemByName GetHostOnlyKvpItems", Done, "HyperVGuest.ReadKvpAsync"),
        new(Kvp, "AddKvpItem ModifyKvpItem RemoveKvpItem AddHostOnlyKvpItems ModifyHostOnlyKvpItems RemoveHostOnlyKvpItems", Done, "HyperVGuest.WriteKvpAsync"),
        new(Kvp, "ParseItem", Done, "KvpItems.Read"),

        new(Serial, "SetSerialConsole", Done, "SerialSettings.Plan"),
        new(Serial, "SetConsoleMode", Done, "GeneralSettings.Plan"),
        new(Serial, "SerialPort_AzureAttach SerialPort_AzureDetach SetVMConsoleLogFile", No, "ports connect to named pipes only; there is no file and no other kind"),

        new(Display, "GetThumbnail", Done, "HyperVConsole.ScreenshotAsync"),
        new(Display, "SaveThumbnailToBitmapFile", Done, "PngImage.FromRgb565"),

        new(Configuration, "SetVmBootSourceOrder", Done, "FirmwareSettings.Plan"),
        new(Configuration, "GetVmBootSourceOrder", Done, "FirmwareSettings.Read"),
        new(Configuration, "GetDefaultVmVersion IsSupportedVmVersion", Done, "HyperVCapabilities.ReadAsync"),
        new(Configuration, "SetVmSmbiosStrings SetTurnOffOnGuestRestartProperty GetTurnOffOnGuestRestartProperty ProcessAndSetVmVersion", NotYet, LaterSetting),
        new(Configuration, "SetInitialMachineConfigurationData ApplyAdditionalContainerProperties", No, "no documented property carries it"),

        new(Validation, "SupportsProcessorSettingProperty SupportsSystemSettingProperty SupportsHWThreadsPerCoreProperty SupportsL3CacheWaysProperty SupportsExposeVirtualizationExtensionsProperty SupportsCpuGroupIdProperty IsEnableSocketTopologySupported", Done, "HyperVCapabilities.ReadAsync, SettingsPlan.Set"),
        new(Validation, "SupportsHierarchicalVirtualizationProperty", No, Hierarchical),

        new(Host, "GetInstance", Done, "HyperVDriver.ConnectAsync"),
        new(Host, "DisableNumaSpanning", NotYet, "a setting of the host; a later issue"),
        new(Host, "DisableAssociatorWmiQuery EnableAssociatorWmiQuery", No, "a switch inside the program the plan was written for; the driver has one way to ask"),

        new(Vpmu, "UpdateSettingsForVPMUSupport UpdateSettingsForPartialVPMU", NotYet, LaterSetting),

        new(Inventory, "hyperv_inventory hyperv_inventory_db hyperv_sync", Done, "HyperVInventory.ListAsync"),
        new(Inventory, "hyperv_get_vms", Done, "HyperVInventory.GetAsync"),
        new(Inventory, "hyperv_start", Done, "HyperVPower.StartAsync"),
        new(Inventory, "hyperv_pause", Done, "HyperVPower.PauseAsync"),
        new(Inventory, "hyperv_reset", Done, "HyperVPower.ResetAsync"),
        new(Inventory, "hyperv_turnoff", Done, "HyperVPower.ForceOffAsync"),
        new(Inventory, "hyperv_shutdown", Done, "HyperVPower.ShutDownAsync"),
        new(Inventory, "hyperv_screenshot", Done, "HyperVConsole.ScreenshotAsync"),
    ];
}
