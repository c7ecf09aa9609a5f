using HvPlatform.Contracts;
using HvPlatform.Contracts.Packages;
using HvPlatform.MigrationSaga.Packages;

namespace HvPlatform.MigrationSaga.ImportVm;

/// <summary>An import: the host reads the directory, plans the VM (copies, names, ids, paths, switches), validates and realises it. Realising is the point of no return: the VM may exist from then on.</summary>
public sealed class ImportProcedure : PackageProcedure
{
    public static ImportProcedure Instance { get; } = new();

    internal override string Noun => "import";

    public override IReadOnlyList<Type> Inputs { get; } =
    [
        typeof(BeginImport), typeof(ImportStepEnded), typeof(VmImportInspected), typeof(CancelImportRequested), typeof(ResolveImportRequested), typeof(ImportTimerElapsed),
    ];

    public override bool CanBeFirst(Type message) => message == typeof(BeginImport) || message == typeof(CancelImportRequested);

    internal override PackagePhase Next(PackagePhase phase) => phase switch
    {
        PackagePhase.Checking => PackagePhase.Planning,
        PackagePhase.Planning => PackagePhase.Validating,
        PackagePhase.Validating => PackagePhase.Realising,
        PackagePhase.Realising => PackagePhase.Verifying,
        _ => PackagePhase.Completed,
    };

    internal override bool IsPastNoReturn(PackagePhase phase) => phase is PackagePhase.Realising or PackagePhase.Verifying;

    internal override PackageInput? Read(object message, DateTimeOffset now) => message switch
    {
        BeginImport m => new BeginInput(new PackageJob
        {
            OperationId = m.OperationId,
            VmId = m.VmId,
            VmName = m.VmName,
            HostId = m.HostId,
            Epoch = m.Epoch,
            Trail = m.Trail,
            Import = m.Settings,
            Phase = PackagePhase.Requested,
            BeganAt = m.Trail.RequestedAt < now ? m.Trail.RequestedAt : now,
            Deadline = now,
        }),
        ImportStepEnded m => new StepInput(m.Step, m.Outcome, m.Findings, m.Manifest, m.Vm, m.StartError, m.Error),
        VmImportInspected m => new SeenInput(m.Step, m.Presence, m.Manifest, m.Vm),
        CancelImportRequested m => new CancelInput(m.OperationId, m.Trail),
        ResolveImportRequested m => new ResolveInput(m.Resolution, m.Trail),
        ImportTimerElapsed m => new TimerInput(m.Timer),
        _ => null,
    };

    internal override object Command(PackageJob s, string step) => s.WorkPhase switch
    {
        PackagePhase.Checking => new CheckVmImport { OperationId = s.OperationId, Step = step, HostId = s.HostId, VmId = s.VmId, Epoch = s.Epoch, Settings = s.Import! },
        PackagePhase.Planning => new PlanVmImport { OperationId = s.OperationId, Step = step, HostId = s.HostId, VmId = s.VmId, Epoch = s.Epoch, Settings = s.Import! },
        PackagePhase.Validating => new ValidateVmImport { OperationId = s.OperationId, Step = step, HostId = s.HostId, VmId = s.VmId, Epoch = s.Epoch, Settings = s.Import! },
        PackagePhase.Realising => new RealiseVmImport { OperationId = s.OperationId, Step = step, HostId = s.HostId, VmId = s.VmId, Epoch = s.Epoch, Settings = s.Import! },
        _ => new DiscardImport { OperationId = s.OperationId, Step = step, HostId = s.HostId, VmId = s.VmId, Epoch = s.Epoch, Settings = s.Import! },
    };

    internal override object Inspect(PackageJob s) => new InspectImport
    {
        OperationId = s.OperationId,
        Step = s.Question,
        HostId = s.HostId,
        VmId = s.VmId,
        Epoch = s.Epoch,
        Settings = s.Import!,
        Round = s.Rounds,
    };

    internal override object Abort(PackageJob s) => new AbortImport { OperationId = s.OperationId, HostId = s.HostId, VmId = s.VmId, Epoch = s.Epoch };

    internal override object Timer(OperationId operation, long timer) => new ImportTimerElapsed { OperationId = operation, Timer = timer };

    internal override object Started(PackageJob s, DateTimeOffset at) =>
        new ImportStarted { OperationId = s.OperationId, VmId = s.VmId, HostId = s.HostId, Settings = s.Import!, Trail = s.Trail, At = at };

    internal override object PhaseChanged(PackageJob s, PackagePhase from, ErrorInfo? error, DateTimeOffset at) =>
        new ImportPhaseChanged { OperationId = s.OperationId, VmId = s.VmId, From = from, To = s.Phase, Error = error, At = at };

    internal override object InDoubt(PackageJob s, bool hostSilent, DateTimeOffset at) =>
        new ImportInDoubt { OperationId = s.OperationId, VmId = s.VmId, HostId = s.HostId, Since = at, Unknown = s.Unknown ?? "", HostSilent = hostSilent };

    internal override object Completed(PackageJob s, DateTimeOffset at) => new ImportCompleted
    {
        OperationId = s.OperationId,
        VmId = s.VmId,
        HostId = s.HostId,
        ImportedVmId = s.Vm?.Id ?? s.VmId,
        Vm = s.Vm,
        StartError = s.StartError,
        TotalMs = TotalMs(s, at),
        At = at,
    };

    internal override object Failed(PackageJob s, ErrorInfo error, bool clean, DateTimeOffset at) => new ImportFailed
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
