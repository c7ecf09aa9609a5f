namespace HvPlatform.HyperVSimulator.Model;

/// <summary>Thrown by a job's effect to let the job fail.</summary>
/// <param name="errorCode"><c>ErrorCode</c> of the job: 32768 Failed, 32773 Invalid parameter and so on.</param>
/// <param name="description"><c>ErrorDescription</c>: the whole story.</param>
/// <param name="details">Further errors that <c>GetErrorEx</c> lists after the first.</param>
public sealed class JobFailed(ushort errorCode, string description, params string[] details) : Exception(description)
{
    /// <summary>The job's <c>ErrorCode</c>.</summary>
    public ushort ErrorCode { get; } = errorCode;

    /// <summary>Further errors that <c>GetErrorEx</c> lists after the first.</summary>
    public IReadOnlyList<string> Details { get; } = details;
}
