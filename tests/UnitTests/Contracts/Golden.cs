using System.Text.Json;
using System.Text.Json.Nodes;
using HvPlatform.Contracts;

namespace HvPlatform.UnitTests.Contracts;

/// <summary>The golden files under contracts/golden. <c>HV_UPDATE_GOLDEN=1 ./hv test Contracts</c> writes those that are missing or have grown.</summary>
static class Golden
{
    static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    /// <summary>Where they are in the source tree.</summary>
    public static string Directory { get; } = Path.Combine(FindRoot(), "contracts", "golden");

    /// <summary>Whether this run is to write them.</summary>
    public static bool Update => Environment.GetEnvironmentVariable("HV_UPDATE_GOLDEN") == "1";

    /// <summary>The file of a type.</summary>
    public static string FileOf(Type type) => Path.Combine([Directory, .. (ContractTypes.ShortName(type) is var n && n.Contains('.') ? n : "Primitives." + n).Split('.')]) + ".json";

    /// <summary>The snapshot of all shapes.</summary>
    public static string SchemaFile => Path.Combine(Directory, "schema.json");

    /// <summary>The platform's JSON form of a value, indented for people.</summary>
    public static string Write(object value, JsonSerializerOptions? options = null) =>
        JsonNode.Parse(JsonSerializer.Serialize(value, value.GetType(), options ?? HvJson.Options))!.ToJsonString(s_indented) + "\n";

    /// <summary>The same JSON without members that are null.</summary>
    public static string WithoutNulls(string json)
    {
        var node = JsonNode.Parse(json)!;
        Remove(node);
        return node.ToJsonString(s_indented) + "\n";

        static void Remove(JsonNode? at)
        {
            switch (at)
            {
                case JsonObject o:
                    foreach (var (name, child) in o.ToArray())
                    {
                        if (child is null)
                        {
                            o.Remove(name);
                        }

                        Remove(child);
                    }

                    break;
                case JsonArray a:
                    foreach (var child in a)
                    {
                        Remove(child);
                    }

                    break;
            }
        }
    }

    /// <summary>Writes a golden file.</summary>
    public static void Save(string path, string text)
    {
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    static string FindRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "HvPlatform.sln")))
            {
                return directory.FullName;
            }
        }

        throw new InvalidOperationException("These tests read contracts/golden and must run inside a checkout.");
    }
}
