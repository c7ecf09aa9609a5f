using HvPlatform.Contracts.Packages;
using HvPlatform.MigrationSaga.Packages;
using MassTransit;

namespace HvPlatform.MigrationSaga.ExportVm;

/// <summary>An export as a MassTransit state machine. What a message does in a state is decided by <see cref="PackageDecisions"/> with <see cref="ExportProcedure"/>.</summary>
public sealed class ExportVmStateMachine : PackageStateMachine<ExportVmState>
{
    public ExportVmStateMachine()
    {
        Input(() => Begin, m => m.OperationId);
        Input(() => StepEnded, m => m.OperationId);
        Input(() => Inspected, m => m.OperationId);
        Input(() => CancelRequested, m => m.OperationId);
        Input(() => ResolveRequested, m => m.OperationId);
        Input(() => TimerElapsed, m => m.OperationId);

        // A cancel may overtake the beginning: it waits for it in the state Requested.
        Initially(
            When(Begin).Activity(x => x.OfType<PackageActivity<ExportVmState, BeginExport>>()),
            When(CancelRequested).Activity(x => x.OfType<PackageActivity<ExportVmState, CancelExportRequested>>()));
    }

    public override PackageProcedure Procedure => ExportProcedure.Instance;

    public Event<BeginExport> Begin { get; private set; } = null!;

    public Event<ExportStepEnded> StepEnded { get; private set; } = null!;

    public Event<VmExportInspected> Inspected { get; private set; } = null!;

    public Event<CancelExportRequested> CancelRequested { get; private set; } = null!;

    public Event<ResolveExportRequested> ResolveRequested { get; private set; } = null!;

    public Event<ExportTimerElapsed> TimerElapsed { get; private set; } = null!;
}
