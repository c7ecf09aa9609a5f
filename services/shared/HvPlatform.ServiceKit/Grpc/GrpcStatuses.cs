using HvPlatform.Contracts;

namespace HvPlatform.ServiceKit.Grpc;

/// <summary>The one table from our kinds of error to gRPC's codes.</summary>
public static class GrpcStatuses
{
    /// <summary>The code of a kind of error.</summary>
    public static GrpcStatus Of(ErrorKind kind) => kind switch
    {
        ErrorKind.Transient => GrpcStatus.Unavailable,
        ErrorKind.NotFound => GrpcStatus.NotFound,
        ErrorKind.InvalidState or ErrorKind.Conflict => GrpcStatus.FailedPrecondition,
        ErrorKind.Unsupported => GrpcStatus.Unimplemented,
        ErrorKind.Denied => GrpcStatus.PermissionDenied,
        ErrorKind.Validation => GrpcStatus.InvalidArgument,
        ErrorKind.Resource => GrpcStatus.ResourceExhausted,
        ErrorKind.Timeout => GrpcStatus.DeadlineExceeded,
        ErrorKind.Cancelled => GrpcStatus.Cancelled,
        ErrorKind.Fatal => GrpcStatus.Internal,
        _ => GrpcStatus.Unknown,
    };
}
