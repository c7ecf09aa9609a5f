using HvPlatform.ApiClient;

namespace HvPlatform.Cli.Client.Verbs;

/// <summary>A list of checkpoints in the order of their tree.</summary>
internal static class CheckpointTree
{
    /// <summary>Each followed by those made from it. One whose parent is not in the list is a root.</summary>
    public static IReadOnlyList<(VmCheckpoint Checkpoint, int Depth)> Order(IReadOnlyList<VmCheckpoint> checkpoints)
    {
        var known = checkpoints.Select(c => c.Id).ToHashSet();
        var children = checkpoints.ToLookup(c => c.ParentId is { } parent && known.Contains(parent) && parent != c.Id ? parent : "");
        var ordered = new List<(VmCheckpoint, int)>();
        Add("", 0);
        return ordered;

        void Add(string parent, int depth)
        {
            foreach (var checkpoint in children[parent])
            {
                ordered.Add((checkpoint, depth));
                Add(checkpoint.Id, depth + 1);
            }
        }
    }
}
