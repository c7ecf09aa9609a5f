using HvPlatform.Contracts;
using HvPlatform.Contracts.Alerts;

namespace HvPlatform.Telemetry.Alerts;

/// <summary>Which rule about which subject: of these at most one alert is open.</summary>
internal readonly record struct AlertKey(string Rule, Guid? Subject);

/// <summary>What a rule has found.</summary>
internal sealed record Finding
{
    public required string Rule { get; init; }

    public required AlertSeverity Severity { get; init; }

    public required AlertSubjectKind SubjectKind { get; init; }

    public required Guid? SubjectId { get; init; }

    public string? SubjectName { get; init; }

    public VmId? Vm { get; init; }

    public HostId? Host { get; init; }

    public required string Message { get; init; }

    public required string Advice { get; init; }

    public AlertKey Key => new(Rule, SubjectId);
}
