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

    /// <summary>What caused it, down to the native error.</summary>
    public ErrorInfo? Cause { get; init; }
}
