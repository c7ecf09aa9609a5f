using System.Reflection;
using System.Text;
using HvPlatform.Hypervisors;
using HvPlatform.Hypervisors.Libvirt;
using HvPlatform.Hypervisors.Simulated;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.UnitTests.Docs;

/// <summary>docs/support-matrix.md is written from the code: HV_UPDATE_GOLDEN=1 writes it, this test refuses one that is out of date.</summary>
public sealed class SupportMatrixTests
{
    static readonly (string Name, string Namespace)[] Drivers = [("libvirt", "HvPlatform.Hypervisors.Libvirt"), ("simulated", "HvPlatform.Hypervisors.Simulated"), ("Hyper-V", "HvPlatform.Hypervisors.HyperV")];

    [Fact]
    public void The_support_matrix_says_what_the_drivers_implement()
    {
        var path = Path.Combine(Repository.Root, "docs", "support-matrix.md");
        var now = Write();
        if (Environment.GetEnvironmentVariable("HV_UPDATE_GOLDEN") == "1")
        {
            File.WriteAllText(path, now);
        }

        Assert.Equal(now, File.ReadAllText(path));
    }

    static string Write()
    {
        var types = typeof(SimulatedDriver).Assembly.GetTypes();
        var facets = typeof(IHypervisorDriver).GetProperties().Select(p => p.PropertyType).Where(t => t.IsInterface).ToList();
        var text = new StringBuilder("""
            # What each driver can do

            Generated from the code by `HV_UPDATE_GOLDEN=1 ./hv test UnitTests`: a mark means that the driver implements the operation and that the common
            driver contract suite runs against it. An operation without a mark is refused as unsupported before any work.

            | facet | operation |
            """);
        foreach (var (name, _) in Drivers)
        {
            text.Append($" {name} |");
        }

        text.Append("\n|---|---|").AppendJoin("", Drivers.Select(_ => "---|")).Append('\n');
        foreach (var facet in facets.Prepend(typeof(IHypervisorDriver)))
        {
            foreach (var operation in facet.GetMethods().Where(m => !m.IsSpecialName))
            {
                text.Append($"| {FacetName(facet)} | {OperationName(operation)} |");
                foreach (var (_, ns) in Drivers)
                {
                    text.Append(types.Any(t => t.Namespace == ns && t.IsClass && facet.IsAssignableFrom(t)) ? " yes |" : " - |");
                }

                text.Append('\n');
            }
        }

        // What a host may offer beyond a facet's core; its capabilities say whether it does.
        IReadOnlyList<string>[] offered = [LibvirtDriver.AllFacets, SimulatedHostOptions.AllFacets, []];
        foreach (var further in offered.SelectMany(f => f).Where(f => f.Contains('-')).Distinct())
        {
            text.Append($"| {further.Split('-')[0]} | {further} |").AppendJoin("", offered.Select(f => f.Contains(further) ? " where the host does |" : " - |")).Append('\n');
        }

        return text.ToString();
    }

    static string FacetName(Type facet) => facet == typeof(IHypervisorDriver) ? "core" : facet.Name[1..^"Driver".Length].ToLowerInvariant();

    static string OperationName(MethodInfo method)
    {
        var name = method.Name.EndsWith("Async", StringComparison.Ordinal) ? method.Name[..^5] : method.Name;
        name = name.Replace("MiB", "", StringComparison.Ordinal);
        return string.Concat(name.Select((c, i) => i > 0 && char.IsUpper(c) && !char.IsUpper(name[i - 1]) ? " " + char.ToLowerInvariant(c) : char.ToLowerInvariant(c).ToString()));
    }
}
