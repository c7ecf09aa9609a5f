using System.Globalization;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>Hyper-V's numbers in words; a number without a word stays a number.</summary>
internal static class HyperVWords
{
    private static readonly Dictionary<long, string> HealthStates = new() { [5] = "OK", [20] = "Major failure", [25] = "Critical failure" };

    private static readonly Dictionary<long, string> OperationalStates = new()
    {
        [2] = "OK",
        [3] = "Degraded",
        [5] = "Predictive failure",
        [10] = "Stopped",
        [11] = "In service",
        [15] = "Dormant",
        [32768] = "Creating snapshot",
        [32769] = "Applying snapshot",
        [32770] = "Deleting snapshot",
        [32771] = "Waiting to start",
        [32772] = "Merging disks",
        [32773] = "Exporting virtual machine",
        [32774] = "Migrating virtual machine",
    };

    private static readonly Dictionary<long, string> Heartbeats = new() { [2] = "OK", [6] = "Error", [12] = "No contact", [13] = "Lost communication", [15] = "Paused" };

    private static readonly Dictionary<long, string> ReplicationStates = new()
    {
        [0] = "Disabled",
        [1] = "Ready for replication",
        [2] = "Waiting to complete initial replication",
        [3] = "Replicating",
        [4] = "Synced replication complete",
        [5] = "Recovered",
        [6] = "Committed",
        [7] = "Suspended",
        [8] = "Critical",
        [9] = "Waiting to start resynchronization",
        [10] = "Resynchronizing",
        [11] = "Resynchronization suspended",
        [12] = "Failover in progress",
        [13] = "Failback in progress",
        [14] = "Failback complete",
    };

    private static readonly Dictionary<long, string> ReplicationHealths = new() { [0] = "Not applicable", [1] = "Normal", [2] = "Warning", [3] = "Critical" };

    private static readonly Dictionary<long, string> ReplicationModes = new() { [0] = "None", [1] = "Primary", [2] = "Replica", [3] = "Test replica", [4] = "Extended replica" };

    private static readonly Dictionary<long, string> EnhancedSessions = new() { [2] = "Available", [3] = "Not allowed", [6] = "Allowed, not available" };

    private static readonly Dictionary<long, string> Transports = new() { [0] = "VMBus", [1] = "HvSocket" };

    private static readonly Dictionary<long, string> IntegrationStates = new() { [0] = "Unknown", [1] = "Up to date", [2] = "Mismatch" };

    private static readonly Dictionary<long, string> Isolations = new() { [0] = "TrustedLaunch", [1] = "VBS", [2] = "SNP", [3] = "TDX", [16] = "OpenHCL" };

    public static string? Health(long? value) => Of(HealthStates, value);

    public static string? Operational(long? value) => Of(OperationalStates, value);

    public static string? Heartbeat(long? value) => Of(Heartbeats, value);

    public static string? ReplicationState(long? value) => Of(ReplicationStates, value);

    public static string? ReplicationHealth(long? value) => Of(ReplicationHealths, value);

    public static string? ReplicationMode(long? value) => Of(ReplicationModes, value);

    public static string? EnhancedSession(long? value) => Of(EnhancedSessions, value);

    public static string? EnhancedSessionTransport(long? value) => Of(Transports, value);

    public static string? IntegrationServices(long? value) => Of(IntegrationStates, value);

    public static string? Isolation(long? value) => Of(Isolations, value);

    private static string? Of(Dictionary<long, string> words, long? value) =>
        value is not { } number ? null : words.TryGetValue(number, out var word) ? word : number.ToString(CultureInfo.InvariantCulture);
}
