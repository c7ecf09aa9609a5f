namespace HvPlatform.HyperVSimulator.Model;

/// <summary>Return values that Hyper-V's methods share.</summary>
public static class ReturnCode
{
    /// <summary>Done.</summary>
    public const uint Completed = 0;

    /// <summary>A job was started; the out parameter <c>Job</c> names it.</summary>
    public const uint JobStarted = 4096;

    /// <summary>Failed.</summary>
    public const uint Failed = 32768;

    /// <summary>Access denied.</summary>
    public const uint AccessDenied = 32769;

    /// <summary>Not supported.</summary>
    public const uint NotSupported = 32770;

    /// <summary>Timeout.</summary>
    public const uint Timeout = 32772;

    /// <summary>Invalid parameter.</summary>
    public const uint InvalidParameter = 32773;

    /// <summary>System is in use.</summary>
    public const uint InUse = 32774;

    /// <summary>Invalid state for this operation.</summary>
    public const uint InvalidState = 32775;

    /// <summary>Incorrect data type.</summary>
    public const uint IncorrectDataType = 32776;

    /// <summary>System is not available.</summary>
    public const uint NotAvailable = 32777;

    /// <summary>Out of memory.</summary>
    public const uint OutOfMemory = 32778;

    /// <summary>File not found.</summary>
    public const uint FileNotFound = 32779;
}
