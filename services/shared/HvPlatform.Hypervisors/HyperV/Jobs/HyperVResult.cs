using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>What a method that may work by a job has brought.</summary>
/// <param name="Out">The method's own out parameters. With a job, its results are not in here: see <see cref="HyperVJobs.ResultAsync"/>.</param>
/// <param name="Job">The job at its end; null if the method was done at once.</param>
/// <param name="Warnings">The host's texts if the job completed with warnings.</param>
internal sealed record HyperVResult(CimInstance Out, HyperVJob? Job, IReadOnlyList<string> Warnings);
