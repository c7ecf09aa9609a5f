using System.Runtime.InteropServices;
using HvPlatform.Contracts;
using HvPlatform.Hypervisors.Libvirt.Native;

namespace HvPlatform.Hypervisors.Libvirt;

/// <summary>The one table from libvirt's error numbers (virterror.h, <c>virErrorNumber</c>) to our kinds and codes.</summary>
internal static class LibvirtErrors
{
    static readonly Dictionary<int, (ErrorKind Kind, string Code, string? Advice)> Table = new()
    {
        [1] = (ErrorKind.Fatal, "hypervisor-internal", "See libvirtd's log on the host."),
        [2] = (ErrorKind.Resource, "out-of-memory", "Free memory on the host or choose another host."),
        [3] = (ErrorKind.Unsupported, "not-supported", "This libvirt cannot do this; a newer version may."),
        [4] = (ErrorKind.Transient, "host-unknown", "Check the host name in the URI and the name service."),
        [5] = (ErrorKind.Transient, "host-unreachable", "Check that libvirtd runs and that the URI is right."),
        [6] = (ErrorKind.Transient, "connection-lost", "Try again: the driver reconnects by itself."),
        [7] = (ErrorKind.NotFound, "vm-not-found", null),
        [8] = (ErrorKind.Validation, "invalid-argument", null),
        [9] = (ErrorKind.Fatal, "operation-failed", "See libvirtd's log and the VM's log on the host."),
        [16] = (ErrorKind.Unsupported, "os-type-unsupported", null),
        [17] = (ErrorKind.Validation, "kernel-missing", null),
        [18] = (ErrorKind.Validation, "root-device-missing", null),
        [19] = (ErrorKind.Validation, "source-missing", null),
        [20] = (ErrorKind.Validation, "target-missing", null),
        [21] = (ErrorKind.Validation, "name-missing", null),
        [22] = (ErrorKind.Validation, "os-missing", null),
        [23] = (ErrorKind.Validation, "device-missing", null),
        [26] = (ErrorKind.Unsupported, "not-supported", null),
        [27] = (ErrorKind.Validation, "definition-invalid", "Correct the definition; the text says where."),
        [28] = (ErrorKind.Conflict, "vm-exists", "Choose another name or id."),
        [29] = (ErrorKind.Denied, "read-only-connection", "Connect to libvirt's read-write socket."),
        [30] = (ErrorKind.Fatal, "configuration-unreadable", null),
        [31] = (ErrorKind.Fatal, "configuration-unreadable", null),
        [32] = (ErrorKind.Fatal, "configuration-unreadable", null),
        [33] = (ErrorKind.Fatal, "configuration-unreadable", null),
        [34] = (ErrorKind.Resource, "configuration-not-written", "Check the free space of the host's /etc/libvirt."),
        [35] = (ErrorKind.Validation, "definition-invalid", "Correct the definition; the text says where."),
        [38] = (ErrorKind.Fatal, "system-error", "The text names the host's system call; see libvirtd's log."),
        [39] = (ErrorKind.Transient, "rpc-failed", "Try again: the driver reconnects by itself."),
        [40] = (ErrorKind.Denied, "tls-failed", "Check the hosts' certificates."),
        [41] = (ErrorKind.InvalidState, "network-not-started", "Start the network on the host: virsh net-start."),
        [42] = (ErrorKind.NotFound, "vm-not-found", null),
        [43] = (ErrorKind.NotFound, "network-not-found", "Define the network on this host."),
        [44] = (ErrorKind.Validation, "mac-invalid", null),
        [45] = (ErrorKind.Denied, "authentication-failed", "Run the agent as root or a member of group libvirt, or give credentials the host accepts."),
        [48] = (ErrorKind.InvalidState, "storage-not-started", null),
        [49] = (ErrorKind.NotFound, "storage-pool-not-found", null),
        [50] = (ErrorKind.NotFound, "storage-volume-not-found", null),
        [52] = (ErrorKind.NotFound, "host-device-not-found", null),
        [53] = (ErrorKind.NotFound, "host-device-not-found", null),
        [54] = (ErrorKind.Unsupported, "security-model-missing", null),
        [55] = (ErrorKind.InvalidState, "invalid-state", "Read the VM's state and try what it allows."),
        [57] = (ErrorKind.NotFound, "interface-not-found", null),
        [62] = (ErrorKind.NotFound, "network-filter-not-found", null),
        [63] = (ErrorKind.Fatal, "firewall-failed", null),
        [66] = (ErrorKind.NotFound, "secret-not-found", null),
        [67] = (ErrorKind.Unsupported, "configuration-unsupported", "The host's QEMU or libvirt lacks what the definition asks for."),
        [68] = (ErrorKind.Timeout, "operation-timeout", "Another operation may hold the VM; try again."),
        [69] = (ErrorKind.Fatal, "migrated-but-not-persistent", "The VM runs on the destination; define it there before it is stopped."),
        [70] = (ErrorKind.Fatal, "hook-failed", "See the host's /etc/libvirt/hooks."),
        [74] = (ErrorKind.Unsupported, "argument-unsupported", null),
        [75] = (ErrorKind.Fatal, "storage-probe-failed", null),
        [78] = (ErrorKind.Cancelled, "aborted", null),
        [79] = (ErrorKind.Denied, "authentication-cancelled", "Give credentials the host accepts."),
        [80] = (ErrorKind.NotFound, "metadata-not-found", null),
        [81] = (ErrorKind.Validation, "migration-unsafe", "Put the disks on shared storage and declare its path in SharedPaths."),
        [82] = (ErrorKind.Validation, "number-too-large", null),
        [83] = (ErrorKind.Conflict, "block-copy-active", "Wait for the copy or abort it."),
        [84] = (ErrorKind.Unsupported, "operation-unsupported", null),
        [85] = (ErrorKind.Transient, "ssh-failed", "Check the ssh connection between the hosts."),
        [86] = (ErrorKind.Transient, "guest-agent-silent", "Check that the guest agent runs in the guest."),
        [87] = (ErrorKind.Transient, "resource-busy", "Try again."),
        [88] = (ErrorKind.Denied, "access-denied", "Give the agent's user the right in libvirt's access driver."),
        [89] = (ErrorKind.Transient, "dbus-failed", null),
        [91] = (ErrorKind.Unsupported, "cpu-incompatible", "Choose a host whose CPU offers the VM's model, or give the VM an older model."),
        [92] = (ErrorKind.Validation, "definition-invalid", "Correct the definition; the text says where."),
        [93] = (ErrorKind.Transient, "migration-rolled-back", "The VM stayed on the source; try again."),
        [94] = (ErrorKind.Denied, "authentication-unavailable", "Install polkit, or give the agent's user access to the socket."),
        [95] = (ErrorKind.NotFound, "server-not-found", null),
        [96] = (ErrorKind.NotFound, "client-not-found", null),
        [98] = (ErrorKind.Transient, "ssh-failed", "Check the ssh connection between the hosts."),
        [99] = (ErrorKind.NotFound, "device-not-found", null),
        [108] = (ErrorKind.NotFound, "hostname-unknown", null),
    };

    /// <summary>Texts that say more than the number they come with, the first that fits counts; libvirt's text is English whatever the locale of the daemon's log.</summary>
    static readonly (int Code, string Text, ErrorKind Kind, string OurCode, string? Advice)[] Texts =
    [
        (9, "already exists with uuid", ErrorKind.Conflict, "name-in-use", "Choose another name."),
        (9, "is already defined with uuid", ErrorKind.Conflict, "id-in-use", "Choose another id."),
        (9, "already active", ErrorKind.InvalidState, "invalid-state", null),
        (1, "cannot acquire state change lock", ErrorKind.Timeout, "operation-timeout", "Another operation holds the VM; try again."),
        (1, "client socket is closed", ErrorKind.Transient, "connection-lost", "Try again: the driver reconnects by itself."),
        (1, "Cannot allocate memory", ErrorKind.Resource, "out-of-memory", "Free memory on the host or choose another host."),
        (1, "Could not open", ErrorKind.NotFound, "disk-not-readable", "Check that the disk exists and that QEMU's user may read it."),
        (1, "Failed to get \"write\" lock", ErrorKind.Conflict, "disk-in-use", "Another process writes to the disk: find it before anything else."),
        (38, "Permission denied", ErrorKind.Denied, "access-denied", "Run the agent as root or as a member of group libvirt."),
        (38, "Failed to connect socket", ErrorKind.Transient, "host-unreachable", "Start libvirtd (systemctl start libvirtd) and check the URI."),
        (38, "Cannot access storage file", ErrorKind.NotFound, "disk-not-readable", "Check that the disk exists on this host."),
        (38, "unable to connect to server", ErrorKind.Transient, "host-unreachable", "Check the network between the hosts and the destination's libvirtd."),
        (38, "Connection refused", ErrorKind.Transient, "host-unreachable", "Start libvirtd on that host."),
        (38, "No route to host", ErrorKind.Transient, "host-unreachable", "Check the network between the hosts."),
        (38, "Unable to write to socket", ErrorKind.Transient, "connection-lost", "Check the network between the hosts and the destination."),
        (38, "Unable to read from socket", ErrorKind.Transient, "connection-lost", "Check the network between the hosts and the destination."),
        (38, "Broken pipe", ErrorKind.Transient, "connection-lost", "Check the network between the hosts and the destination."),
        (38, "End of file while reading data", ErrorKind.Transient, "connection-lost", "Try again: the driver reconnects by itself."),
        (9, "Unable to write to socket", ErrorKind.Transient, "connection-lost", "Check the network between the hosts and the destination."),
        (9, "Lost connection to destination host", ErrorKind.Transient, "connection-lost", "Check the network between the hosts and the destination."),
        (38, "cannot allocate memory", ErrorKind.Resource, "out-of-memory", "Free memory on the host or choose another host."),
        (38, "No space left on device", ErrorKind.Resource, "disk-full", "Free space on the host."),
    ];

    /// <summary>Every libvirt number that has an entry of its own.</summary>
    public static IEnumerable<int> Mapped => Table.Keys;

    /// <summary>Maps a native error; a number without an entry is Unknown, which callers treat as Fatal.</summary>
    public static ErrorInfo Map(int native, string text, string where, string? what = null)
    {
        var (kind, code, advice) = Table.GetValueOrDefault(native, (ErrorKind.Unknown, "libvirt-error", null));
        foreach (var t in Texts)
        {
            if (t.Code == native && text.Contains(t.Text, StringComparison.OrdinalIgnoreCase))
            {
                (kind, code, advice) = (t.Kind, t.OurCode, t.Advice ?? advice);
                break;
            }
        }

        return new ErrorInfo
        {
            Kind = kind,
            Code = code,
            Message = what is null ? text : $"{what}: {text}",
            Where = where,
            NativeCode = $"libvirt:{native}",
            NativeMessage = text,
            Advice = advice,
        };
    }

    /// <summary>
    /// The error of the call that just failed. It belongs to the native thread: nothing may come between the call and this, least of all an await.
    /// </summary>
    public static unsafe (int Code, string Text) Last()
    {
        var error = Vir.virGetLastError();
        return error is null ? (0, "libvirt gave no reason") : (error->Code, Marshal.PtrToStringUTF8(error->Message) ?? "");
    }

    /// <summary>The connection to a host's libvirtd is gone.</summary>
    public static ErrorInfo ConnectionLost(string where) =>
        Own(ErrorKind.Transient, "connection-lost", $"The connection to libvirtd ({where}) was lost.", where, "Try again: the driver reconnects by itself.").Error;

    /// <summary>An error of ours, found before or without a native call.</summary>
    public static HypervisorException Own(ErrorKind kind, string code, string message, string where, string? advice = null, ErrorInfo? cause = null) =>
        new(new ErrorInfo { Kind = kind, Code = code, Message = message, Where = where, Advice = advice, Cause = cause });
}
