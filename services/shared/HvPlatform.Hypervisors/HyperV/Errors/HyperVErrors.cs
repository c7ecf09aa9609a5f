using System.Collections.Frozen;
using System.Globalization;
using HvPlatform.Contracts;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>
/// Makes every error of the Hyper-V driver: one row per category says what a caller can do, what can help and what to do next; the methods add the context. What a
/// host answered (faults, return values, jobs' errors) is in the other parts of this class.
/// </summary>
internal static partial class HyperVErrors
{
    /// <summary>What an error of a category is unless its context says otherwise.</summary>
    internal sealed record Row(ErrorKind Kind, string Code, FailureType Failure, string Advice);

    private static readonly FrozenDictionary<ErrorCategory, Row> Rows = new Dictionary<ErrorCategory, Row>
    {
        [ErrorCategory.Connection] = new(ErrorKind.Transient, "host-unreachable", FailureType.Transient, "Check the network, the address and that the host's WinRM service runs (winrm quickconfig)."),
        [ErrorCategory.Authentication] = new(ErrorKind.Denied, "authentication-failed", FailureType.Configuration, "Check the account and its password, and that it is an administrator or in the groups Hyper-V Administrators and Remote Management Users."),
        [ErrorCategory.Query] = new(ErrorKind.Fatal, "query-failed", FailureType.Permanent, "See the event log Microsoft-Windows-WMI-Activity on the host."),
        [ErrorCategory.Method] = new(ErrorKind.Fatal, "method-failed", FailureType.Permanent, "See the event log Microsoft-Windows-Hyper-V-VMMS on the host."),
        [ErrorCategory.VmNotFound] = new(ErrorKind.NotFound, "vm-not-found", FailureType.Permanent, "Look which host has the VM now; it may have moved or been deleted."),
        [ErrorCategory.SwitchNotFound] = new(ErrorKind.NotFound, "switch-not-found", FailureType.Configuration, "Create the virtual switch on this host, or name one that it has."),
        [ErrorCategory.DiskNotFound] = new(ErrorKind.NotFound, "disk-not-found", FailureType.Permanent, "Check the path as the host sees it; a relative path is not allowed."),
        [ErrorCategory.CheckpointNotFound] = new(ErrorKind.NotFound, "checkpoint-not-found", FailureType.Permanent, "List the VM's checkpoints; it may have been merged or deleted."),
        [ErrorCategory.JobNotFound] = new(ErrorKind.NotFound, "job-not-found", FailureType.Permanent, "Read the VM's state: a host forgets a job five minutes after its end and when its management service restarts."),
        [ErrorCategory.GpuNotFound] = new(ErrorKind.NotFound, "gpu-not-found", FailureType.Configuration, "List the host's partitionable GPUs in its capabilities."),
        [ErrorCategory.DeviceNotFound] = new(ErrorKind.NotFound, "device-not-found", FailureType.Permanent, "Read the VM again: the device may have been removed, or this host's version does not have it."),
        [ErrorCategory.InvalidState] = new(ErrorKind.InvalidState, "invalid-state", FailureType.Transient, "Read the VM's state and try what it allows."),
        [ErrorCategory.TransitionalState] = new(ErrorKind.InvalidState, "transitional-state", FailureType.Transient, "Wait until the VM has reached its next state and try again."),
        [ErrorCategory.Validation] = new(ErrorKind.Validation, "invalid-value", FailureType.Validation, "Correct the member that is named and send the request again."),
        [ErrorCategory.MissingRequired] = new(ErrorKind.Validation, "value-missing", FailureType.Validation, "Give the member that is named and send the request again."),
        [ErrorCategory.PropertyNotSupported] = new(ErrorKind.Unsupported, "property-not-supported", FailureType.Configuration, "Upgrade the VM's configuration version or choose a newer host; see the host's capabilities."),
        [ErrorCategory.VmVersionUnsupported] = new(ErrorKind.Unsupported, "vm-version-unsupported", FailureType.Configuration, "Choose a version from the host's capabilities, or another host."),
        [ErrorCategory.OperationFailed] = new(ErrorKind.Fatal, "operation-failed", FailureType.Permanent, "See the event log Microsoft-Windows-Hyper-V-VMMS on the host."),
        [ErrorCategory.TypeConversion] = new(ErrorKind.Fatal, "host-answer-malformed", FailureType.Permanent, "Check what answers at this address: it does not send what Hyper-V's schema says."),
        [ErrorCategory.JobFailed] = new(ErrorKind.Fatal, "job-failed", FailureType.Permanent, "Read the host's text; the event log Microsoft-Windows-Hyper-V-VMMS has the details."),
        [ErrorCategory.JobTimedOut] = new(ErrorKind.Timeout, "job-timed-out", FailureType.Transient, "The job still runs on the host: look at it there before trying again."),
        [ErrorCategory.JobCancelled] = new(ErrorKind.Cancelled, "job-cancelled", FailureType.Permanent, "Ask again if it is still wanted."),
        [ErrorCategory.MigrationFailed] = new(ErrorKind.Fatal, "migration-failed", FailureType.Permanent, "Read the host's text; check that live migration is enabled on both hosts and that they trust each other's accounts."),
        [ErrorCategory.BlackoutExceeded] = new(ErrorKind.Resource, "blackout-exceeded", FailureType.Transient, "Migrate when the VM is less busy, or allow a longer downtime."),
        [ErrorCategory.Security] = new(ErrorKind.Denied, "security-refused", FailureType.Configuration, "Turn the VM off and check its security settings; a shielded VM can be changed only by its owner."),
        [ErrorCategory.Tpm] = new(ErrorKind.InvalidState, "tpm-failed", FailureType.Configuration, "Give the VM a key protector first, and check that this host may unwrap it."),
        [ErrorCategory.InsufficientResources] = new(ErrorKind.Resource, "insufficient-resources", FailureType.Resource, "Free resources on the host or choose another host."),
        [ErrorCategory.GpuUnavailable] = new(ErrorKind.Resource, "gpu-unavailable", FailureType.Resource, "Free a partition of the GPU, or choose another host."),
        [ErrorCategory.Io] = new(ErrorKind.Fatal, "file-error", FailureType.Permanent, "Check that the path exists on the host, has free space, and that the host's account and the VM may use it."),
    }.ToFrozenDictionary();

    /// <summary>Every category that the driver makes errors of.</summary>
    public static IEnumerable<ErrorCategory> Categories => Rows.Keys;

    /// <summary>An error of a category; what is in the context is added with <c>with</c>.</summary>
    /// <param name="category">Gives kind, code, failure type and advice.</param>
    /// <param name="message">One sentence: what failed, on what.</param>
    /// <param name="where">The host.</param>
    public static ErrorInfo Info(ErrorCategory category, string message, string where)
    {
        var row = Rows[category];
        return new ErrorInfo { Kind = row.Kind, Code = row.Code, Message = message, Where = where, Advice = row.Advice, Category = category, FailureType = row.Failure };
    }

    /// <summary>The host knows no such VM.</summary>
    public static HypervisorException VmNotFound(VmId vm, string where) => new(Info(ErrorCategory.VmNotFound, $"Host {where} has no VM {vm}.", where));

    /// <summary>The host has no such virtual switch.</summary>
    public static HypervisorException SwitchNotFound(string name, string where) =>
        new(Info(ErrorCategory.SwitchNotFound, $"Host {where} has no virtual switch '{Short(name)}'.", where));

    /// <summary>The host has no such virtual disk file.</summary>
    public static HypervisorException DiskNotFound(string path, string where) =>
        new(Info(ErrorCategory.DiskNotFound, $"Host {where} has no virtual disk '{Short(path)}'.", where));

    /// <summary>The VM has no such checkpoint.</summary>
    public static HypervisorException CheckpointNotFound(string vm, string checkpoint, string where) =>
        new(Info(ErrorCategory.CheckpointNotFound, $"VM {Short(vm)} has no checkpoint '{Short(checkpoint)}'.", where));

    /// <summary>The host has no such job: it never had, or has forgotten it since it ended.</summary>
    public static HypervisorException JobNotFound(string operation, string job, string where) =>
        new(Info(ErrorCategory.JobNotFound, $"The job {job} ({operation}) is no longer on host {where}; how it ended is not known.", where));

    /// <summary>The host has no such GPU.</summary>
    public static HypervisorException GpuNotFound(string gpu, string where) => new(Info(ErrorCategory.GpuNotFound, $"Host {where} has no partitionable GPU '{Short(gpu)}'.", where));

    /// <summary>The VM, or the host, has no such device or setting.</summary>
    /// <param name="owner">Whose: <c>VM web1</c>.</param>
    /// <param name="device">What: <c>network adapter 'LAN'</c>.</param>
    /// <param name="where">The host.</param>
    public static HypervisorException DeviceNotFound(string owner, string device, string where) => new(Info(ErrorCategory.DeviceNotFound, $"{owner} has no {device}.", where));

    /// <summary>The VM's state does not allow the operation.</summary>
    /// <param name="operation">A verb phrase: <c>start</c>.</param>
    /// <param name="vm">Its name.</param>
    /// <param name="current">Its state.</param>
    /// <param name="where">The host.</param>
    /// <param name="allowed">The states in which it is possible.</param>
    public static HypervisorException InvalidState(string operation, string vm, string current, string where, params IReadOnlyList<string> allowed) =>
        new(Info(ErrorCategory.InvalidState, $"Cannot {operation} VM {Short(vm)}: it is {current}; possible when {string.Join(" or ", allowed)}.", where) with { CurrentState = current, AllowedStates = allowed });

    /// <summary>The VM is between two states: another operation is under way.</summary>
    public static HypervisorException TransitionalState(string operation, string vm, string current, string where) =>
        new(Info(ErrorCategory.TransitionalState, $"Cannot {operation} VM {Short(vm)} while it is {current}.", where) with { CurrentState = current });

    /// <summary>A member of the request has a value that is not allowed; nothing was asked of the host.</summary>
    public static HypervisorException Validation(string field, string message, string where) => new(Info(ErrorCategory.Validation, $"{field}: {message}", where) with { Field = field });

    /// <summary>A member of the request is missing.</summary>
    public static HypervisorException MissingRequired(string field, string where) => new(Info(ErrorCategory.MissingRequired, $"{field} is required.", where) with { Field = field });

    /// <summary>This host or this VM's version does not have a property.</summary>
    public static HypervisorException PropertyNotSupported(string property, string required, string where) =>
        new(Info(ErrorCategory.PropertyNotSupported, $"{property} is not supported here; it needs {required} or newer.", where) with { Field = property, RequiredVersion = required });

    /// <summary>The host does not run VMs of a version.</summary>
    public static HypervisorException VmVersionUnsupported(string version, IReadOnlyList<string> supported, string where) =>
        new(Info(ErrorCategory.VmVersionUnsupported, $"Host {where} does not run VMs of version {Short(version)}; it runs {string.Join(", ", supported)}.", where) with
        {
            RequiredVersion = version,
            Field = "version",
        });

    /// <summary>The job did not end in the time allowed, and goes on at the host.</summary>
    public static HypervisorException JobTimedOut(string operation, string job, TimeSpan limit, int percent, string where) =>
        new(Info(ErrorCategory.JobTimedOut, string.Create(CultureInfo.InvariantCulture, $"Cannot {operation}: the job {job} is at {percent} % after {limit.TotalSeconds:0} s."), where));

    /// <summary>The job was cancelled.</summary>
    public static HypervisorException JobCancelled(string operation, string job, string where, ErrorInfo? cause = null) =>
        new(Info(ErrorCategory.JobCancelled, $"The job {job} ({operation}) was cancelled.", where) with { Cause = cause });

    /// <summary>A migration ended with an error; the cause keeps kind, code and text of the job.</summary>
    public static HypervisorException MigrationFailed(string vm, string destination, ErrorInfo cause, string where) =>
        new(Info(ErrorCategory.MigrationFailed, $"VM {Short(vm)} was not migrated to {Short(destination)}: {cause.Message}", where) with
        {
            Kind = cause.Kind,
            FailureType = cause.FailureType,
            NativeCode = cause.NativeCode,
            NativeMessage = cause.NativeMessage,
            Cause = cause,
        });

    /// <summary>The VM would have stood still, or stood still, for longer than allowed.</summary>
    public static HypervisorException BlackoutExceeded(string vm, TimeSpan allowed, TimeSpan? actual, string where) =>
        new(Info(
            ErrorCategory.BlackoutExceeded,
            string.Create(CultureInfo.InvariantCulture, $"VM {Short(vm)} would stand still for longer than the {allowed.TotalMilliseconds:0} ms allowed{(actual is { } real ? $": {real.TotalMilliseconds:0} ms" : "")}."),
            where));

    /// <summary>A security setting was refused.</summary>
    public static HypervisorException Security(string operation, string message, string where) => new(Info(ErrorCategory.Security, $"Cannot {operation}: {message}", where));

    /// <summary>The virtual TPM failed.</summary>
    public static HypervisorException Tpm(string operation, string message, string where) => new(Info(ErrorCategory.Tpm, $"Cannot {operation}: {message}", where));

    /// <summary>Something ran out.</summary>
    /// <param name="resource">What: <c>memory</c>.</param>
    /// <param name="required">How much is needed, with its unit.</param>
    /// <param name="available">How much there is, with its unit.</param>
    /// <param name="where">The host.</param>
    public static HypervisorException InsufficientResources(string resource, string required, string available, string where) =>
        new(Info(ErrorCategory.InsufficientResources, $"Host {where} has not enough {resource}: {required} needed, {available} there.", where) with { ResourceKind = resource });

    /// <summary>A GPU, or a part of it, cannot be had.</summary>
    public static HypervisorException GpuUnavailable(string gpu, string message, string where) =>
        new(Info(ErrorCategory.GpuUnavailable, $"GPU '{Short(gpu)}' cannot be had: {message}", where) with { ResourceKind = "gpu" });

    /// <summary>A file on the host could not be read or written.</summary>
    public static HypervisorException Io(string operation, string path, string message, string where) => new(Info(ErrorCategory.Io, $"Cannot {operation} '{Short(path)}': {message}", where) with { Field = "path" });

    /// <summary>A text from a host or a caller, cut to what fits in a message.</summary>
    public static string Short(string text, int most = 200) => text.Length <= most ? text : text[..most] + "…";
}
