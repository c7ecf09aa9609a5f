using HvPlatform.Contracts.Packages;
using HvPlatform.MigrationSaga.Packages;
using MassTransit;

namespace HvPlatform.MigrationSaga.ImportVm;

/// <summary>An import as a MassTransit state machine. What a message does in a state is decided by <see cref="PackageDecisions"/> with <see cref="ImportProcedure"/>.</summary>
public sealed class ImportVmStateMachine : PackageStateMachine<ImportVmState>
{
    public ImportVmStateMachine()
    {
        Input(() => Begin, m => m.OperationId);
        Input(() => StepEnded, m => m.OperationId);
        Input(() => Inspected, m => m.OperationId);
        Input(() => CancelRequested, m => m.OperationId);
        Input(() => ResolveRequested, m => m.OperationId);
        Input(() => TimerElapsed, m => m.OperationId);

        // A cancel may overtake the beginning: it waits for it in the state Requested.
        Initially(
            When(Begin).Activity(x => x.OfType<PackageActivity<ImportVmState, BeginImport>>()),
            When(CancelRequested).Activity(x => x.OfType<PackageActivity<ImportVmState, CancelImportRequested>>()));
    }

    public override PackageProcedure Procedure => ImportProcedure.Instance;

    public Event<BeginImport> Begin { get; private set; } = null!;

    public Event<ImportStepEnded> StepEnded { get; private set; } = null!;

    public Event<VmImportInspected> Inspected { get; private set; } = null!;

    public Event<CancelImportRequested> CancelRequested { get; private set; } = null!;

    public Event<ResolveImportRequested> ResolveRequested { get; private set; } = null!;

    public Event<ImportTimerElapsed> TimerElapsed { get; private set; } = null!;
}
