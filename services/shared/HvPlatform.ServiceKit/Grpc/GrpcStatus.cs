namespace HvPlatform.ServiceKit.Grpc;

/// <summary>How a call ended, as gRPC numbers it.</summary>
public enum GrpcStatus
{
    /// <summary>As asked.</summary>
    Ok = 0,

    /// <summary>The caller, or someone else who may, stopped it.</summary>
    Cancelled = 1,

    /// <summary>Not classified.</summary>
    Unknown = 2,

    /// <summary>The request itself is wrong.</summary>
    InvalidArgument = 3,

    /// <summary>Not done in time; whether it takes effect is not known.</summary>
    DeadlineExceeded = 4,

    /// <summary>The thing named does not exist.</summary>
    NotFound = 5,

    /// <summary>The caller may not do this.</summary>
    PermissionDenied = 7,

    /// <summary>Something ran out, or a limit is passed.</summary>
    ResourceExhausted = 8,

    /// <summary>Not in a state that allows this.</summary>
    FailedPrecondition = 9,

    /// <summary>Begun and undone.</summary>
    Aborted = 10,

    /// <summary>Not offered here.</summary>
    Unimplemented = 12,

    /// <summary>A defect, or bytes that are no gRPC.</summary>
    Internal = 13,

    /// <summary>May succeed if tried again.</summary>
    Unavailable = 14,

    /// <summary>The caller did not say who it is, or not credibly.</summary>
    Unauthenticated = 16,
}
