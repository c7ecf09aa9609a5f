using HvPlatform.Benchmarks;

// `./hv bench [area …]`: runs the areas named, or all.
var areas = new Dictionary<string, Func<BenchReport, Task>>
{
    ["bus"] = BusBench.RunAsync,
    ["libvirt"] = LibvirtMigrationBench.RunAsync,
    ["eventstore"] = EventStoreBenchmarks.RunAsync,
    ["migration"] = MigrationBench.RunAsync,
    ["memory"] = MemoryBench.RunAsync,
    ["inventory"] = InventoryBenchmark.RunAsync,
    ["eta"] = EtaBench.RunAsync,
    ["hyperv"] = HyperVBench.RunAsync,
    ["figures"] = FiguresBench.RunAsync,
    ["face"] = FaceBench.RunAsync,
};
// What is run only when named: parts of an area, and what writes files.
var onRequest = new Dictionary<string, Func<BenchReport, Task>>
{
    ["migrations"] = MigrationBench.ManySimulatedAsync,
    ["recovery"] = RecoveryBench.RunAsync,
    ["record-transfers"] = TransferRecorder.RunAsync,
};
var report = new BenchReport();
foreach (var area in args.Length == 0 ? [.. areas.Keys] : args)
{
    if (!areas.TryGetValue(area, out var run) && !onRequest.TryGetValue(area, out run))
    {
        Console.Error.WriteLine($"There is no benchmark '{area}'. Areas: {string.Join(", ", areas.Keys.Concat(onRequest.Keys))}.");
        return 2;
    }

    Console.WriteLine($"== {area}");
    await run(report);
}

return 0;
