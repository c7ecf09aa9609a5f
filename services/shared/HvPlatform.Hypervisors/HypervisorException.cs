using HvPlatform.Contracts;

namespace HvPlatform.Hypervisors;

/// <summary>The one exception of every driver: our kind and code, the hypervisor's own code and text, and what to do next.</summary>
public sealed class HypervisorException(ErrorInfo error, Exception? inner = null) : Exception(error.Message, inner)
{
    /// <summary>The error as it travels.</summary>
    public ErrorInfo Error { get; } = error;

    /// <summary>What a caller can do about it.</summary>
    public ErrorKind Kind => Error.Kind;
}
