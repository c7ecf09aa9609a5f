namespace HvPlatform.Cli;

/// <summary>Where the source tree is that this program was built from: the verbs that start or test the platform run what is built there.</summary>
internal static class Checkout
{
    /// <summary>The directory of <c>HvPlatform.sln</c>: <c>HV_ROOT</c> (set by <c>./hv</c>), else searched upwards from the program.</summary>
    public static string Root { get; } = Find();

    /// <summary>A program built from the checkout, in the configuration this one was built in.</summary>
    /// <param name="project">The project's folder, for example <c>services/all-in-one</c>.</param>
    /// <param name="name">Its assembly name.</param>
    public static string Program(string project, string name)
    {
        var path = Path.Combine(Root, project, "bin", Configuration, "net10.0", name);
        return File.Exists(path) ? path : throw new FileNotFoundException($"{path} is missing: run ./hv build.");
    }

    /// <summary><c>Release</c> or <c>Debug</c>.</summary>
    public static string Configuration => AppContext.BaseDirectory.Contains("/Debug/", StringComparison.Ordinal) ? "Debug" : "Release";

    static string Find()
    {
        if (Environment.GetEnvironmentVariable("HV_ROOT") is { Length: > 0 } given)
        {
            return given;
        }

        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "HvPlatform.sln")))
            {
                return directory.FullName;
            }
        }

        throw new InvalidOperationException("This verb runs what is built in a checkout of the source. Set HV_ROOT to one.");
    }
}
