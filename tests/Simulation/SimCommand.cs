namespace HvPlatform.Simulation;

/// <summary><c>./hv sim</c>.</summary>
static class SimCommand
{
    public static Task<int> RunAsync(string[] args) => throw new NotImplementedException(string.Join(' ', args));
}
