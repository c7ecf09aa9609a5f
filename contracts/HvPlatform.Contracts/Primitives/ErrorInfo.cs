namespace HvPlatform.Contracts;

/// <summary>An error as it travels: what, where, why, and what to do next, with the native code kept and its cause beneath it.</summary>
public sealed record ErrorInfo
{
    /// <summary>What a caller can do about it.</summary>
    public required ErrorKind Kind { get; init; }

    /// <summary>A stable, searchable code of ours: lower-case words joined by dashes, for example <c>host-unreachable</c>.</summary>
    public required string Code { get; init; }

    /// <summary>One sentence for a person: what failed, on what.</summary>
    public required string Message { get; init; }

    /// <summary>Which side: a host's name or id, a service, or a file.</summary>
    public string? Where { get; init; }

    /// <summary>The hypervisor's own code, for example <c>libvirt:42</c> or <c>WMI:32775</c>.</summary>
    public string? NativeCode { get; init; }

    /// <summary>The hypervisor's own text, unchanged.</summary>
    public string? NativeMessage { get; init; }

    /// <summary>What to do next, one line.</summary>
    public string? Advice { get; init; }

    /// <summary>Which sort of error it is, finer than <see cref="Kind"/>; null if the driver does not say.</summary>
    public ErrorCategory? Category { get; init; }

    /// <summary>Whether waiting, other settings or more resources can help; null if the driver does not say.</summary>
    public FailureType? FailureType { get; init; }

    /// <summary>The member of the request or of the VM's settings that is wrong, for example <c>memoryMiB</c>.</summary>
    public string? Field { get; init; }

    /// <summary>For a wrong state: the state the VM is in, in the hypervisor's words.</summary>
    public string? CurrentState { get; init; }

    /// <summary>For a wrong state: the states in which the operation is possible.</summary>
    public IReadOnlyList<string>? AllowedStates { get; init; }

    /// <summary>For a lack of resources: what is short, for example <c>memory</c>.</summary>
    public string? ResourceKind { get; init; }

    /// <summary>For a property or a VM that needs a newer version: the least that has it, for example <c>VM version 9.0</c>.</summary>
    public string? RequiredVersion { get; init; }

    /// <summary>What caused it, down to the native error.</summary>
    public ErrorInfo? Cause { get; init; }
}
