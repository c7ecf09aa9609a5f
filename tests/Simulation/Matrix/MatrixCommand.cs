namespace HvPlatform.Simulation.Matrix;

/// <summary><c>./hv sim --matrix</c>.</summary>
static class MatrixCommand
{
    public static int Run(SimArguments arguments)
    {
        var (markdown, runs, wrong) = MatrixTable.Build();
        foreach (var line in wrong)
        {
            Console.WriteLine(line);
        }

        if (arguments.Write)
        {
            var path = PathOf();
            File.WriteAllText(path, markdown);
            Console.WriteLine($"written: {path}");
        }

        Console.WriteLine($"matrix: runs {runs}, violations {wrong.Count}");
        return wrong.Count == 0 ? 0 : 1;
    }

    /// <summary>The published table.</summary>
    public static string PathOf() => Path.Combine(Environment.GetEnvironmentVariable("HV_ROOT") ?? FindRoot(), "docs", "crash-matrix.md");

    static string FindRoot()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "HvPlatform.sln")))
            {
                return folder;
            }
        }

        throw new InvalidOperationException("Not inside a checkout.");
    }
}
