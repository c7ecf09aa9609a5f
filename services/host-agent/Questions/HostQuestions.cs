using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.HostAgent.Questions;

/// <summary>Every question the agent answers about what is true on its host now. Nothing is found by scanning.</summary>
static class HostQuestions
{
    /// <summary>Longest that the hypervisor is waited for; less than the orchestrator waits for the agent.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(12);

    /// <summary>Most questions of one host at a time; fewer than its queue's deliveries, so that a hung hypervisor leaves commands their way.</summary>
    public const int AtATime = 4;

    public static IReadOnlyList<HostQuestion> All { get; } =
    [
        new HostQuestion<ReadVmSettings, VmSettingsState>("settings", d => d.Settings is not null, (d, q, ct) => d.Settings!.ReadAsync(q.VmId, ct)),
        new HostQuestion<ReadVmCheckpoints, VmCheckpoints>("checkpoints", d => d.Checkpoints is not null, (d, q, ct) => d.Checkpoints!.ListAsync(q.VmId, ct)),
        new HostQuestion<ReadVmKvp, VmKvp>("guest", d => d.Guest is not null, (d, q, ct) => d.Guest!.ReadKvpAsync(q.VmId, ct)),
        new HostQuestion<ReadVmScreenshot, VmScreenshot>("console", d => d.Console is not null, (d, q, ct) => d.Console!.ScreenshotAsync(q.VmId, q.WidthPixels, q.HeightPixels, ct)),
        new HostQuestion<ReadHostSwitches, HostSwitches>("switches", d => d.Switches is not null, (d, _, ct) => d.Switches!.ListAsync(ct)),
    ];
}
