namespace HvPlatform.Contracts.Hosts;

/// <summary>A host could not answer a question.</summary>
public sealed record HostQuestionFailed
{
    /// <summary>The host.</summary>
    public required HostId HostId { get; init; }

    /// <summary>The question's type name, for example <c>ReadVmKvp</c>.</summary>
    public required string Question { get; init; }

    /// <summary>Why, with the native error.</summary>
    public required ErrorInfo Error { get; init; }
}
