using System.Reflection;
using System.Text;
using HvPlatform.Hypervisors;
using HvPlatform.Hypervisors.HyperV;
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
        IReadOnlyList<string>[] offered = [LibvirtDriver.AllFacets, SimulatedHostOptions.AllFacets, HyperVDriver.AllFacets];
        foreach (var further in offered.SelectMany(f => f).Where(f => f.Contains('-')).Distinct())
        {
            text.Append($"| {further.Split('-')[0]} | {further} |").AppendJoin("", offered.Select(f => f.Contains(further) ? " where the host does |" : " - |")).Append('\n');
        }

        WriteHyperV(text);
        return text.ToString();
    }

    /// <summary>What was planned for Hyper-V, operation by operation.</summary>
    static void WriteHyperV(StringBuilder text)
    {
        text.Append("""

            # Hyper-V, operation by operation

            The sixteen categories of the Hyper-V plan and the ten commands of the inventory document. "done" names the method behind it, which a test finds in the code; it was
            checked on the host simulator, not on Windows.

            """);
        foreach (var category in HyperVSupport.Rows.GroupBy(r => r.Category))
        {
            text.Append($"\n## {category.Key}\n\n| operation | | where, or why not |\n|---|---|---|\n");
            foreach (var (row, operation) in category.SelectMany(r => r.Operations.Split(' ').Select(o => (r, o))))
            {
                var status = row.Status switch { SupportStatus.Done => "done", SupportStatus.NotYet => "not yet", _ => "no" };
                text.Append($"| `{operation}` | {status} | {(row.Status == SupportStatus.Done ? string.Join(", ", row.Where.Split(", ").Select(w => $"`{w}`")) : row.Where)} |\n");
            }
        }
    }

    [Fact]
    public void Every_Hyper_V_operation_said_to_be_done_is_in_the_code()
    {
        var types = typeof(SimulatedDriver).Assembly.GetTypes();
        const BindingFlags Any = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        var methods = types.SelectMany(t => t.GetMethods(Any).Where(m => !m.IsAbstract).Select(m => $"{t.Name}.{m.Name}")).ToHashSet();
        Assert.All(HyperVSupport.Rows.Where(r => r.Status == SupportStatus.Done).SelectMany(r => r.Where.Split(", ")), where => Assert.Contains(where, methods));
    }

    [Fact]
    public void No_operation_has_two_answers_in_one_category_and_none_is_without()
    {
        var all = HyperVSupport.Rows.SelectMany(r => r.Operations.Split(' ').Select(o => (r.Category, o))).ToList();
        Assert.Equal(all.Count, all.Distinct().Count());
        Assert.Equal(17, all.Select(a => a.Category).Distinct().Count());
        Assert.Equal(10, all.Count(a => a.Category == "Inventory document"));
        Assert.All(HyperVSupport.Rows, r => Assert.NotEmpty(r.Where));
    }

    static string FacetName(Type facet) => facet == typeof(IHypervisorDriver) ? "core" : facet.Name[1..^"Driver".Length].ToLowerInvariant();

    static string OperationName(MethodInfo method)
    {
        var name = method.Name.EndsWith("Async", StringComparison.Ordinal) ? method.Name[..^5] : method.Name;
        name = name.Replace("MiB", "", StringComparison.Ordinal);
        return string.Concat(name.Select((c, i) => i > 0 && char.IsUpper(c) && !char.IsUpper(name[i - 1]) ? " " + char.ToLowerInvariant(c) : char.ToLowerInvariant(c).ToString()));
    }
}
