using System.Text.Json;

namespace HvPlatform.Cli.Client;

/// <summary>A list of checkpoints in the order of their tree.</summary>
internal static class CheckpointTree
{
    /// <summary>Each followed by those made from it. One whose parent is not in the list is a root.</summary>
    public static IReadOnlyList<(JsonElement Checkpoint, int Depth)> Order(IReadOnlyList<JsonElement> checkpoints)
    {
        var known = checkpoints.Select(c => c.Text("id")).ToHashSet();
        var children = checkpoints.ToLookup(c => known.Contains(c.Text("parentId")) && c.Text("parentId") != c.Text("id") ? c.Text("parentId") : "");
        var ordered = new List<(JsonElement, int)>();
        Add("", 0);
        return ordered;

        void Add(string parent, int depth)
        {
            foreach (var checkpoint in children[parent])
            {
                ordered.Add((checkpoint, depth));
                Add(checkpoint.Text("id"), depth + 1);
            }
        }
    }
}
