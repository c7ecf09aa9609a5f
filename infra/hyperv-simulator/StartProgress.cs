namespace HvPlatform.HyperVSimulator;

/// <summary>Writes how far a long start is, a line every two seconds.</summary>
/// <param name="vms">How many virtual machines there will be.</param>
/// <param name="clock">Measures the time between two lines.</param>
/// <param name="output">Where the lines go.</param>
internal sealed class StartProgress(int vms, TimeProvider clock, TextWriter output) : IProgress<int>
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private long last = clock.GetTimestamp();

    /// <inheritdoc/>
    public void Report(int value)
    {
        if (clock.GetElapsedTime(last) >= Pause)
        {
            last = clock.GetTimestamp();
            output.WriteLine($"hvsim: {value} of {vms} virtual machines are made.");
        }
    }
}
