using System.Collections.Frozen;
using System.Globalization;
using HvPlatform.Contracts;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <content>
/// A method that answered with an error, and a job that ended with one. The same number means different things to different classes (4 is "Invalid Parameter" to one
/// and "Failed" to another), so a number is first made into its documented meaning for that method, and the meaning is judged.
/// </content>
internal static partial class HyperVErrors
{
    /// <summary>The meaning of numbers where the method's own documentation has none; the family from 32768 is common to all of Hyper-V.</summary>
    private static readonly FrozenDictionary<uint, string> Meanings = new Dictionary<uint, string>
    {
        [1] = "Not supported",
        [2] = "Failed",
        [3] = "Timeout",
        [4] = "Invalid parameter",
        [5] = "Invalid state",
        [6] = "Incompatible parameters",
        [4097] = "Invalid state transition",
        [4098] = "Use of timeout parameter not supported",
        [4099] = "Busy",
        [32768] = "Failed",
        [32769] = "Access denied",
        [32770] = "Not supported",
        [32771] = "Status is unknown",
        [32772] = "Timeout",
        [32773] = "Invalid parameter",
        [32774] = "System is in use",
        [32775] = "Invalid state for this operation",
        [32776] = "Incorrect data type",
        [32777] = "System is not available",
        [32778] = "Out of memory",
        [32779] = "File not found",
        [32784] = "Not compatible",
    }.ToFrozenDictionary();

    private static readonly (string Meaning, ErrorCategory Category, ErrorKind Kind, string Code, FailureType Failure, string? Advice)[] Judgements =
    [
        ("not supported", ErrorCategory.OperationFailed, ErrorKind.Unsupported, "not-supported", FailureType.Configuration, "This host's version cannot do this; see its capabilities."),
        ("access denied", ErrorCategory.OperationFailed, ErrorKind.Denied, "access-denied", FailureType.Configuration, "Make the account an administrator of the host, or put it into the group Hyper-V Administrators."),
        ("timeout", ErrorCategory.OperationFailed, ErrorKind.Timeout, "operation-timeout", FailureType.Transient, "Read the state before trying again."),
        ("invalid state", ErrorCategory.InvalidState, ErrorKind.InvalidState, "invalid-state", FailureType.Transient, null),
        ("invalid parameter", ErrorCategory.Validation, ErrorKind.Validation, "invalid-value", FailureType.Validation, "The host does not take one of the values; its text says which."),
        ("incompatible parameters", ErrorCategory.Validation, ErrorKind.Validation, "invalid-value", FailureType.Validation, "The host does not take these values together."),
        ("invalid type", ErrorCategory.Validation, ErrorKind.Validation, "invalid-value", FailureType.Validation, null),
        ("incorrect data type", ErrorCategory.Validation, ErrorKind.Validation, "invalid-value", FailureType.Validation, null),
        ("incorrect resource", ErrorCategory.Validation, ErrorKind.Validation, "invalid-value", FailureType.Validation, null),
        ("size not supported", ErrorCategory.Validation, ErrorKind.Validation, "invalid-value", FailureType.Validation, null),
        ("file in use", ErrorCategory.Io, ErrorKind.Conflict, "file-in-use", FailureType.Transient, "Find what holds the file: another VM, a backup or a virus scanner."),
        ("in use", ErrorCategory.OperationFailed, ErrorKind.Conflict, "in-use", FailureType.Transient, "Another operation holds it; wait for its end and try again."),
        ("busy", ErrorCategory.OperationFailed, ErrorKind.Conflict, "in-use", FailureType.Transient, "Another operation holds it; wait for its end and try again."),
        ("locked", ErrorCategory.InvalidState, ErrorKind.InvalidState, "guest-locked", FailureType.Transient, "Unlock the guest's console or force the shutdown."),
        ("shutdown is in progress", ErrorCategory.TransitionalState, ErrorKind.InvalidState, "transitional-state", FailureType.Transient, null),
        ("not ready", ErrorCategory.OperationFailed, ErrorKind.Transient, "not-ready", FailureType.Transient, "Try again when the guest has started."),
        ("not available", ErrorCategory.OperationFailed, ErrorKind.Transient, "not-available", FailureType.Transient, "Try again; if it stays, restart the host's Virtual Machine Management service (vmms)."),
        ("unavailable", ErrorCategory.OperationFailed, ErrorKind.Transient, "not-available", FailureType.Transient, "Try again; if it stays, restart the host's Virtual Machine Management service (vmms)."),
        ("out of memory", ErrorCategory.InsufficientResources, ErrorKind.Resource, "out-of-memory", FailureType.Resource, "Free memory on the host or choose another host."),
        ("insufficient resources", ErrorCategory.InsufficientResources, ErrorKind.Resource, "insufficient-resources", FailureType.Resource, null),
        ("file not found", ErrorCategory.Io, ErrorKind.NotFound, "file-not-found", FailureType.Permanent, "Check the path as the host sees it."),
        ("object not found", ErrorCategory.DeviceNotFound, ErrorKind.NotFound, "object-not-found", FailureType.Permanent, null),
        ("object exists", ErrorCategory.OperationFailed, ErrorKind.Conflict, "object-exists", FailureType.Validation, "Choose another name."),
        ("not compatible", ErrorCategory.OperationFailed, ErrorKind.Unsupported, "not-compatible", FailureType.Configuration, "Choose a host whose processor and version offer what the VM uses."),
        ("cycle detected", ErrorCategory.Io, ErrorKind.Validation, "disk-chain-cycle", FailureType.Permanent, "Repair the chain of differencing disks (Set-VHD -ParentPath)."),
    ];

    /// <summary>A method answered with a value that is neither success nor a started job.</summary>
    /// <param name="className">Whose method.</param>
    /// <param name="method">The method.</param>
    /// <param name="value">What it answered.</param>
    /// <param name="operation">A verb phrase: <c>start VM web1</c>.</param>
    /// <param name="where">The host.</param>
    public static HypervisorException ReturnValue(string className, string method, uint value, string operation, string where)
    {
        var documented = CimSchema.Instance.Find(className)?.Method(method)?.ReturnValues.GetValueOrDefault(value);
        var meaning = string.IsNullOrEmpty(documented) ? Meanings.GetValueOrDefault(value, "Undocumented return value") : documented;
        var info = Judged(meaning, ErrorCategory.OperationFailed, $"Cannot {operation}: {className}.{method} answered {value} ({meaning}).", where);
        return new HypervisorException(info with { NativeCode = Native(value), NativeMessage = meaning });
    }

    /// <summary>A job ended with an error.</summary>
    /// <param name="operation">A verb phrase: <c>start VM web1</c>.</param>
    /// <param name="job">How it ended.</param>
    /// <param name="texts">The host's texts, the most telling last; may be empty.</param>
    /// <param name="where">The host.</param>
    public static HypervisorException JobFailed(string operation, HyperVJob job, IReadOnlyList<string> texts, string where)
    {
        var code = job.ErrorCode is > 0 ? (uint)job.ErrorCode.Value : 0;
        var text = texts.Count > 0 ? Short(string.Join(" ", texts), 2000) : "the host gave no reason";
        var judged = Judged(Meanings.GetValueOrDefault(code, ""), ErrorCategory.JobFailed, $"Cannot {operation}: {text}", where);
        return new HypervisorException(judged with
        {
            // A job's own category says that it is one; what its code adds is the kind, the code and the advice.
            Category = judged.Category is ErrorCategory.OperationFailed ? ErrorCategory.JobFailed : judged.Category,
            NativeCode = code == 0 ? null : Native(code),
            NativeMessage = text,
        });
    }

    private static ErrorInfo Judged(string meaning, ErrorCategory otherwise, string message, string where)
    {
        foreach (var (part, category, kind, code, failure, advice) in Judgements)
        {
            if (meaning.Contains(part, StringComparison.OrdinalIgnoreCase))
            {
                var info = Info(category, message, where);
                return info with { Kind = kind, Code = code, FailureType = failure, Advice = advice ?? info.Advice };
            }
        }

        return Info(otherwise, message, where);
    }

    private static string Native(uint value) => string.Create(CultureInfo.InvariantCulture, $"WMI:{value}");
}
