using HvPlatform.Contracts;

namespace HvPlatform.Orchestrator.Http;

/// <summary>A problem document (RFC 9457) with the members this API adds. Members that do not apply are left out.</summary>
internal sealed record Problem
{
    /// <summary>Which problem: <c>urn:hvplatform:problem:</c> and the code.</summary>
    public required string Type { get; init; }

    /// <summary>The same for every problem of this type.</summary>
    public required string Title { get; init; }

    /// <summary>The HTTP status.</summary>
    public required int Status { get; init; }

    /// <summary>What happened here, on what.</summary>
    public required string Detail { get; init; }

    /// <summary>The path asked for.</summary>
    public required string Instance { get; init; }

    /// <summary>The last part of <see cref="Type"/>, to switch on.</summary>
    public required string Code { get; init; }

    /// <summary>What to do next.</summary>
    public string? Advice { get; init; }

    /// <summary>What is wrong, per field: its path in the body, or the parameter's or header's name.</summary>
    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }

    /// <summary>What was found instead of what was needed.</summary>
    public string? Found { get; init; }

    /// <summary>What would have been allowed, or is known.</summary>
    public IReadOnlyList<string>? Allowed { get; init; }

    /// <summary>The operation in the way.</summary>
    public string? OperationUrl { get; init; }

    /// <summary>The evacuation in the way.</summary>
    public string? EvacuationUrl { get; init; }

    /// <summary>When the host was last seen, UTC.</summary>
    public DateTimeOffset? LastSeenAt { get; init; }

    /// <summary>When asking again may help, s; also the header Retry-After.</summary>
    public int? RetryAfterSeconds { get; init; }

    /// <summary>Memory asked for, MiB.</summary>
    public long? AskedMiB { get; init; }

    /// <summary>Memory free, MiB.</summary>
    public long? FreeMiB { get; init; }

    /// <summary>Which side: a host's name or id.</summary>
    public string? Where { get; init; }

    /// <summary>The hypervisor's own code.</summary>
    public string? NativeCode { get; init; }

    /// <summary>The hypervisor's own text.</summary>
    public string? NativeMessage { get; init; }

    /// <summary>What caused it, down to the native error.</summary>
    public ErrorInfo? Cause { get; init; }

    /// <summary>The trace to look for in the telemetry.</summary>
    public string? TraceId { get; init; }
}
