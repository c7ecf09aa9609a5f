using HvPlatform.Contracts.Migrations;
using HvPlatform.Hypervisors.Simulated;

namespace HvPlatform.Simulation.Matrix;

/// <summary>Who does a step.</summary>
enum Doer
{
    Source = 0,
    Destination = 1,
    Orchestrator = 2,
}

/// <summary>A step of the saga: the request, the answer, who works on it, and what has to happen for a migration to come there.</summary>
sealed record MatrixStep(string Name, Type Request, Type Answer, Doer Doer, MigrationPhase Phase)
{
    /// <summary>Planted in the transfer, so that the migration comes to this step.</summary>
    public SimulatedTransferFaultKind? TransferFault { get; init; }

    /// <summary>Someone cancels in the middle of the transfer.</summary>
    public bool Cancel { get; init; }

    public static IReadOnlyList<MatrixStep> All { get; } =
    [
        new("check-source", typeof(CheckMigrationSource), typeof(MigrationSourceChecked), Doer.Source, MigrationPhase.Preflight),
        new("check-destination", typeof(CheckMigrationDestination), typeof(MigrationDestinationChecked), Doer.Destination, MigrationPhase.Preflight),
        new("reserve", typeof(ReserveMigrationCapacity), typeof(MigrationCapacityReserved), Doer.Orchestrator, MigrationPhase.Reserving),
        new("prepare", typeof(PrepareMigrationDestination), typeof(MigrationDestinationPrepared), Doer.Destination, MigrationPhase.PreparingDestination),
        new("transfer", typeof(TransferVm), typeof(VmTransferEnded), Doer.Source, MigrationPhase.Transferring),
        new("finish", typeof(FinishMigrationOnDestination), typeof(MigrationFinishedOnDestination), Doer.Destination, MigrationPhase.Finishing),
        new("confirm", typeof(ConfirmMigrationOnSource), typeof(MigrationConfirmedOnSource), Doer.Source, MigrationPhase.Confirming),
        new("abort", typeof(AbortVmTransfer), typeof(VmTransferEnded), Doer.Source, MigrationPhase.Cancelling) { Cancel = true },
        new("clean-up", typeof(CleanUpMigrationDestination), typeof(MigrationDestinationCleanedUp), Doer.Destination, MigrationPhase.RollingBack) { TransferFault = SimulatedTransferFaultKind.JobFails },
        new("restore", typeof(RestoreMigrationSource), typeof(MigrationSourceRestored), Doer.Source, MigrationPhase.RollingBack) { TransferFault = SimulatedTransferFaultKind.JobFails },
        new("inspect", typeof(InspectMigratingVm), typeof(MigratingVmInspected), Doer.Source, MigrationPhase.Transferring) { TransferFault = SimulatedTransferFaultKind.AnswerLost },
    ];
}

/// <summary>What goes wrong.</summary>
enum MatrixFault
{
    CrashBefore = 0,
    CrashAfter = 1,
    Duplicate = 2,
    Loss = 3,
    Late = 4,
    Timeout = 5,
}

/// <summary>Where.</summary>
enum MatrixPart
{
    Saga = 0,
    SourceAgent = 1,
    DestinationAgent = 2,
    Orchestrator = 3,
    Broker = 4,
    Database = 5,
}

/// <summary>One run: this goes wrong there, in this step, once.</summary>
sealed record MatrixCell(MatrixStep Step, MatrixPart Part, MatrixFault Fault)
{
    /// <summary>Why the cell makes no sense; null if it does.</summary>
    public string? NotApplicable => (Part, Fault) switch
    {
        (MatrixPart.Database, MatrixFault.Loss) => "a",
        (MatrixPart.SourceAgent, MatrixFault.Duplicate or MatrixFault.Loss or MatrixFault.Late) when Step.Doer != Doer.Source => "b",
        (MatrixPart.DestinationAgent, MatrixFault.Duplicate or MatrixFault.Loss or MatrixFault.Late) when Step.Doer != Doer.Destination => "b",
        _ => null,
    };
}

/// <summary>What a run came to.</summary>
sealed record MatrixOutcome(MigrationPhase? End, bool Cancelled, int Seconds, bool Doubted, bool Struck, string? Violation);
