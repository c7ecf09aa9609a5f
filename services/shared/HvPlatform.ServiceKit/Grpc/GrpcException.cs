using HvPlatform.Contracts;

namespace HvPlatform.ServiceKit.Grpc;

/// <summary>Ends a call with a status that is not OK.</summary>
public sealed class GrpcException : Exception
{
    /// <summary>With the code of the error's kind; the error travels in the status details.</summary>
    public GrpcException(ErrorInfo error, Exception? inner = null)
        : this(GrpcStatuses.Of(error.Kind), error, inner)
    {
    }

    /// <summary>With another code than the kind's.</summary>
    public GrpcException(GrpcStatus status, ErrorInfo error, Exception? inner = null)
        : base(error.Message, inner) => (Status, Error) = (status, error);

    /// <summary>For what is wrong with the call itself.</summary>
    public GrpcException(GrpcStatus status, string message, Exception? inner = null)
        : base(message, inner) => Status = status;

    /// <summary>The code.</summary>
    public GrpcStatus Status { get; }

    /// <summary>What the status details say.</summary>
    public ErrorInfo? Error { get; }
}
