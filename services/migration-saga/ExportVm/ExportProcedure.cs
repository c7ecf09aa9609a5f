using HvPlatform.Contracts;
using HvPlatform.Contracts.Packages;
using HvPlatform.MigrationSaga.Packages;

namespace HvPlatform.MigrationSaga.ExportVm;

/// <summary>An export: the host checks, writes the directory, and is asked whether it is whole. Until then everything can be undone, because the VM itself is not touched.</summary>
public sealed class ExportProcedure : PackageProcedure
{
    public static ExportProcedure Instance { get; } = new();

    internal override string Noun => "export";

    public override IReadOnlyList<Type> Inputs { get; } =
    [
        typeof(BeginExport), typeof(ExportStepEnded), typeof(VmExportInspected), typeof(CancelExportRequested), typeof(ResolveExportRequested), typeof(ExportTimerElapsed),
    ];

    public override bool CanBeFirst(Type message) => message == typeof(BeginExport) || message == typeof(CancelExportRequested);

    internal override PackagePhase Next(PackagePhase phase) => phase switch
    {
        PackagePhase.Checking => PackagePhase.Exporting,
        PackagePhase.Exporting => PackagePhase.Verifying,
        _ => PackagePhase.Completed,
    };

    internal override bool IsPastNoReturn(PackagePhase phase) => false;

    internal override PackageInput? Read(object message, DateTimeOffset now) => message switch
    {
        BeginExport m => new BeginInput(new PackageJob
        {
            OperationId = m.OperationId,
            VmId = m.VmId,
            VmName = m.VmName,
            HostId = m.HostId,
            Epoch = m.Epoch,
            Trail = m.Trail,
            Export = m.Settings,
            Phase = PackagePhase.Requested,
            BeganAt = m.Trail.RequestedAt < now ? m.Trail.RequestedAt : now,
            Deadline = now,
        }),
        ExportStepEnded m => new StepInput(m.Step, m.Outcome, m.Findings, m.Manifest, null, null, m.Error),
        VmExportInspected m => new SeenInput(m.Step, m.Presence, m.Manifest, null),
        CancelExportRequested m => new CancelInput(m.OperationId, m.Trail),
        ResolveExportRequested m => new ResolveInput(m.Resolution, m.Trail),
        ExportTimerElapsed m => new TimerInput(m.Timer),
        _ => null,
    };

    internal override object Command(PackageJob s, string step) => s.WorkPhase switch
    {
        PackagePhase.Checking => new CheckVmExport { OperationId = s.OperationId, Step = step, HostId = s.HostId, VmId = s.VmId, Epoch = s.Epoch, Settings = s.Export! },
        PackagePhase.Exporting => new ExportVmOnHost { OperationId = s.OperationId, Step = step, HostId = s.HostId, VmId = s.VmId, Epoch = s.Epoch, Settings = s.Export! },
        _ => new DiscardExport { OperationId = s.OperationId, Step = step, HostId = s.HostId, VmId = s.VmId, Epoch = s.Epoch, Settings = s.Export! },
    };

    internal override object Inspect(PackageJob s) => new InspectExport
    {
        OperationId = s.OperationId,
        Step = s.Question,
        HostId = s.HostId,
        VmId = s.VmId,
        Epoch = s.Epoch,
        Settings = s.Export!,
        Round = s.Rounds,
    };

    internal override object Abort(PackageJob s) => new AbortExport { OperationId = s.OperationId, HostId = s.HostId, VmId = s.VmId, Epoch = s.Epoch };

    internal override object Timer(OperationId operation, long timer) => new ExportTimerElapsed { OperationId = operation, Timer = timer };

    internal override object Started(PackageJob s, DateTimeOffset at) =>
        new ExportStarted { OperationId = s.OperationId, VmId = s.VmId, HostId = s.HostId, Settings = s.Export!, Trail = s.Trail, At = at };

    internal override object PhaseChanged(PackageJob s, PackagePhase from, ErrorInfo? error, DateTimeOffset at) =>
        new ExportPhaseChanged { OperationId = s.OperationId, VmId = s.VmId, From = from, To = s.Phase, Error = error, At = at };

    internal override object InDoubt(PackageJob s, bool hostSilent, DateTimeOffset at) =>
        new ExportInDoubt { OperationId = s.OperationId, VmId = s.VmId, HostId = s.HostId, Since = at, Unknown = s.Unknown ?? "", HostSilent = hostSilent };

    internal override object Completed(PackageJob s, DateTimeOffset at) => new ExportCompleted
    {
        OperationId = s.OperationId,
        VmId = s.VmId,
        HostId = s.HostId,
        Directory = s.Export!.Directory,
        Manifest = s.Manifest,
        TotalMs = TotalMs(s, at),
        At = at,
    };

    internal override object Failed(PackageJob s, ErrorInfo error, bool clean, DateTimeOffset at) => new ExportFailed
    {
        OperationId = s.OperationId,
        VmId = s.VmId,
        HostId = s.HostId,
        Error = error,
        Cancelled = s.CancelRequested && s.Error is null,
        Clean = clean,
        TotalMs = TotalMs(s, at),
        At = at,
    };
}
