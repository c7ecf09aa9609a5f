using HvPlatform.Contracts;
using HvPlatform.Contracts.Packages;

namespace HvPlatform.MigrationSaga.Packages;

/// <summary>What exports and imports differ in: the order of their phases, the messages they speak with, and where the way back ends.</summary>
public abstract class PackageProcedure
{
    /// <summary>In words.</summary>
    internal abstract string Noun { get; }

    /// <summary>Every message it decides on.</summary>
    public abstract IReadOnlyList<Type> Inputs { get; }

    /// <summary>Whether a message may come before all others: the beginning, or a cancel that overtook it.</summary>
    public abstract bool CanBeFirst(Type message);

    /// <summary>The phase after one whose step is done.</summary>
    internal abstract PackagePhase Next(PackagePhase phase);

    /// <summary>From here on what was made stays.</summary>
    internal abstract bool IsPastNoReturn(PackagePhase phase);

    /// <summary>The name of a phase's step.</summary>
    internal static string StepOf(PackagePhase phase) => phase switch
    {
        PackagePhase.Checking => "check",
        PackagePhase.Exporting => "export",
        PackagePhase.Planning => "plan",
        PackagePhase.Validating => "validate",
        PackagePhase.Realising => "realise",
        PackagePhase.Discarding => "discard",
        _ => "inspect",
    };

    /// <summary>A message as the decisions read it; null if it is none of this procedure's.</summary>
    internal abstract PackageInput? Read(object message, DateTimeOffset now);

    /// <summary>The command of a phase.</summary>
    internal abstract object Command(PackageJob job, string step);

    internal abstract object Inspect(PackageJob job);

    internal abstract object Abort(PackageJob job);

    internal abstract object Timer(OperationId operation, long timer);

    internal abstract object Started(PackageJob job, DateTimeOffset at);

    internal abstract object PhaseChanged(PackageJob job, PackagePhase from, ErrorInfo? error, DateTimeOffset at);

    internal abstract object InDoubt(PackageJob job, bool hostSilent, DateTimeOffset at);

    internal abstract object Completed(PackageJob job, DateTimeOffset at);

    internal abstract object Failed(PackageJob job, ErrorInfo error, bool clean, DateTimeOffset at);

    internal static long TotalMs(PackageJob job, DateTimeOffset at) => (long)(at - job.BeganAt).TotalMilliseconds;
}
