using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using HvPlatform.Contracts;
using HvPlatform.Inventory;
using HvPlatform.Orchestrator;
using HvPlatform.TestKit;
using MassTransit;
using Xunit;

namespace HvPlatform.UnitTests.Docs;

/// <summary>The tables of docs/bus-api.md are written from the code: HV_UPDATE_GOLDEN=1 writes them, this test refuses ones that are out of date.</summary>
public sealed class BusApiTests
{
    static readonly NullabilityInfoContext s_nullability = new();
    static readonly Lazy<Dictionary<string, string>> s_summaries = new(ReadSummaries);

    [Fact]
    public void The_tables_of_messages_are_those_of_the_code()
    {
        var path = Path.Combine(Repository.Root, "docs", "bus-api.md");
        var text = File.ReadAllText(path);
        var orchestrator = typeof(OrchestratorModule).Assembly;
        var commands = Consumed(orchestrator, "VmCommandConsumer").Concat(Consumed(orchestrator, "EvacuationConsumer"));
        var events = typeof(InventoryModule).Assembly.GetTypes().Where(t => t.Name.StartsWith("Record", StringComparison.Ordinal)).SelectMany(Consumed).Concat(Consumed(orchestrator, "PackageOutcomeConsumer"));
        var now = Replace(Replace(text, "commands", Table(commands)), "events", Table(events));
        if (Environment.GetEnvironmentVariable("HV_UPDATE_GOLDEN") == "1")
        {
            File.WriteAllText(path, now);
        }

        Assert.Equal(now, File.ReadAllText(path));
    }

    static IEnumerable<Type> Consumed(Assembly assembly, string consumer) => Consumed(assembly.GetTypes().Single(t => t.Name == consumer));

    static IEnumerable<Type> Consumed(Type consumer) => consumer.GetInterfaces()
        .Where(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IConsumer<>)).Select(i => i.GetGenericArguments()[0])
        .Where(m => m.Assembly == typeof(VmId).Assembly);

    static string Table(IEnumerable<Type> messages)
    {
        var text = new StringBuilder("| exchange, and type after `urn:message:` | members (`?` may be missing) | |\n|---|---|---|\n");
        foreach (var message in messages.Distinct().OrderBy(m => m.FullName, StringComparer.Ordinal))
        {
            var members = message.GetProperties().Where(p => p.GetMethod is { IsStatic: false } && p.Name != "EqualityContract").Select(p => $"`{JsonNamingPolicy.CamelCase.ConvertName(p.Name)}`{(IsOptional(p) ? "?" : "")}");
            text.Append($"| `{message.Namespace}:{message.Name}` | {string.Join(", ", members)} | {s_summaries.Value.GetValueOrDefault($"T:{message.FullName}", "")} |\n");
        }

        return text.ToString();
    }

    static bool IsOptional(PropertyInfo property) => Nullable.GetUnderlyingType(property.PropertyType) is not null || s_nullability.Create(property).ReadState == NullabilityState.Nullable
        || !property.IsDefined(typeof(System.Runtime.CompilerServices.RequiredMemberAttribute));

    static string Replace(string text, string name, string table)
    {
        var (begin, end) = ($"<!-- {name}: generated -->\n", $"<!-- {name}: end -->");
        var (from, to) = (text.IndexOf(begin, StringComparison.Ordinal), text.IndexOf(end, StringComparison.Ordinal));
        Assert.True(from >= 0 && to > from, $"docs/bus-api.md has no place for the table of {name}.");
        return text[..(from + begin.Length)] + table + text[to..];
    }

    static Dictionary<string, string> ReadSummaries() => XDocument.Load(Path.Combine(AppContext.BaseDirectory, "HvPlatform.Contracts.xml")).Descendants("member")
        .Where(m => m.Element("summary") is not null)
        .ToDictionary(m => m.Attribute("name")!.Value, m => string.Join(' ', Plain(m.Element("summary")!).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).Replace("|", "\\|", StringComparison.Ordinal));

    static string Plain(XElement summary) => string.Concat(summary.Nodes().Select(n => n switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "see" } see => $"`{see.Attribute("cref")?.Value.Split('.')[^1]}`",
        XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
        XElement other => other.Value,
        _ => "",
    }));
}
