namespace HvPlatform.Hypervisors.Libvirt.Native;

/// <summary>Numbers from libvirt-domain.h and virterror.h; they are part of libvirt's stable interface.</summary>
internal static class VirConst
{
    // virErrorNumber as ErrorInfo.NativeCode: those the code decides by; all that are mapped are in LibvirtErrors.
    public const string ErrNoDomain = "libvirt:42";
    public const string ErrOperationInvalid = "libvirt:55";
    public const string ErrOperationAborted = "libvirt:78";
    public const string ErrOperationUnsupported = "libvirt:84";

    // virDomainEventID
    public const int EventLifecycle = 0;
    public const int EventReboot = 1;
    public const int EventDiskChange = 9;
    public const int EventDeviceRemoved = 15;
    public const int EventBlockJob2 = 16;
    public const int EventDeviceAdded = 19;
    public const int EventJobCompleted = 21;
    public const int EventMetadataChange = 23;

    // virDomainEventType and the detail of its Stopped
    public const int LifecycleUndefined = 1;
    public const int LifecycleStopped = 5;
    public const int StoppedMigrated = 3;

    // virDomainState
    public const int StateRunning = 1;
    public const int StateBlocked = 2;
    public const int StatePaused = 3;
    public const int StateShutdown = 4;
    public const int StateShutoff = 5;
    public const int StateCrashed = 6;
    public const int StatePmSuspended = 7;
    public const int PausedMigration = 2;
    public const int PausedStartingUp = 11;
    public const int PausedPostCopy = 12;
    public const int PausedPostCopyFailed = 13;
    public const int RunningPostCopy = 10;
    public const int RunningPostCopyFailed = 11;
    public const int ShutoffMigrated = 4;

    // virDomainStatsTypes and the flags of virConnectGetAllDomainStats
    public const uint StatsState = 1;
    public const uint StatsCpuTotal = 2;
    public const uint StatsBalloon = 4;
    public const uint StatsVcpu = 8;
    public const uint StatsInterface = 16;
    public const uint StatsBlock = 32;
    public const uint StatsDirtyRate = 512;
    public const uint StatsActiveOnly = 1;
    public const uint StatsNoWait = 1u << 29;

    // virConnectListAllDomainsFlags
    public const uint ListManagedSave = 256;

    // virDomainXMLFlags
    public const uint XmlMigratable = 8;

    // virDomainMigrateFlags
    public const uint MigrateLive = 1;
    public const uint MigratePeerToPeer = 2;
    public const uint MigratePersistDestination = 8;
    public const uint MigrateUndefineSource = 16;
    public const uint MigrateNonSharedDisk = 64;
    public const uint MigrateNonSharedIncremental = 128;
    public const uint MigrateUnsafe = 512;
    public const uint MigrateOffline = 1024;
    public const uint MigrateAutoConverge = 8192;
    public const uint MigratePostCopy = 1u << 15;
    public const uint MigratePostCopyResume = 1u << 19;

    // virDomainJobType and virDomainJobOperation
    public const int JobNone = 0;
    public const int JobBounded = 1;
    public const int JobUnbounded = 2;
    public const int JobOperationMigrationIn = 4;
    public const int JobOperationMigrationOut = 5;

    // virDomainDirtyRateStatus
    public const int DirtyRateMeasured = 2;

    // virDomainSetMetadata: VIR_DOMAIN_METADATA_DESCRIPTION, _ELEMENT; VIR_DOMAIN_AFFECT_LIVE | CONFIG
    public const int MetadataDescription = 0;
    public const int MetadataElement = 2;
    public const uint AffectLive = 1;
    public const uint AffectConfig = 2;

    /// <summary>virNodeSuspendTarget: VIR_NODE_SUSPEND_TARGET_DISK.</summary>
    public const uint SuspendToDisk = 1;

    // virDomainGetXMLDesc: VIR_DOMAIN_XML_SECURE, _INACTIVE
    public const uint XmlSecure = 1;
    public const uint XmlInactive = 2;
}
