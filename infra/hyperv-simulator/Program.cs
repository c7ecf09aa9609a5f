namespace HvPlatform.HyperVSimulator;

/// <summary>The Hyper-V host simulator.</summary>
public static class Program
{
    /// <summary>Starts the hosts.</summary>
    public static int Main(string[] args)
    {
        Console.Error.WriteLine($"hvsim: not yet; {args.Length} arguments.");
        return 1;
    }
}
