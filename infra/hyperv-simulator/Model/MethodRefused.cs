namespace HvPlatform.HyperVSimulator.Model;

/// <summary>Thrown by a method's handler to end the call with a return value that means failure. The catalogue makes the answer of it.</summary>
/// <param name="returnValue">One of the method's documented return values.</param>
/// <param name="why">What was wrong, for the log of the simulator; a real host says only the number.</param>
public sealed class MethodRefused(uint returnValue, string why) : Exception(why)
{
    /// <summary>The number the caller gets.</summary>
    public uint ReturnValue { get; } = returnValue;
}
