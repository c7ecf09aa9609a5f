using HvPlatform.Contracts.Vms;

namespace HvPlatform.Hypervisors;

/// <summary>What a <see cref="VmStorageMove"/> means for the disks a VM has.</summary>
internal static class StoragePlacement
{
    /// <summary>
    /// Which file goes where; a disk that is where it shall be is not in it. Throws what <paramref name="refuse"/> makes of a member and of what is wrong with it.
    /// </summary>
    /// <param name="move">What is asked for.</param>
    /// <param name="disks">The VM's disks: their names for the guest and their files.</param>
    /// <param name="below">The place of a file, given by its path, in a directory.</param>
    /// <param name="same">How the host's file system compares paths.</param>
    /// <param name="refuse">Makes the error.</param>
    public static IReadOnlyList<(string From, string To)> Of(
        VmStorageMove move, IReadOnlyList<(string Name, string File)> disks, Func<string, string, string> below, StringComparer same, Func<string, string, Exception> refuse)
    {
        var places = disks.ToDictionary(d => d.File, d => move.Directory is { } directory ? below(directory, d.File) : d.File, same);
        var named = new HashSet<string>(same);
        foreach (var disk in move.Disks)
        {
            // A disk that has been moved already is known by its new place.
            var file = Find(disk.Source) ?? Find(disk.Destination)
                ?? throw refuse("disks", $"the VM has no disk '{disk.Source}'. It has {(disks.Count == 0 ? "none" : string.Join(", ", disks.Select(d => d.File)))}.");
            if (!named.Add(file))
            {
                throw refuse("disks", $"'{disk.Source}' is named twice.");
            }

            places[file] = disk.Destination;
        }

        if (places.Values.GroupBy(p => p, same).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw refuse(move.Disks.Count == 0 ? "directory" : "disks", $"two disks would go to '{twice.Key}'. Give one of them a place of its own.");
        }

        return [.. places.Where(p => !same.Equals(p.Key, p.Value)).Select(p => (p.Key, p.Value))];

        string? Find(string which) => disks.Where(d => same.Equals(d.File, which) || same.Equals(d.Name, which)).Select(d => d.File).FirstOrDefault();
    }
}
