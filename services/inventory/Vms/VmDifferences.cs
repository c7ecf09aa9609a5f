using HvPlatform.Contracts.Vms;

namespace HvPlatform.Inventory.Vms;

/// <summary>Which members of a VM's configuration differ. What runs (state, epoch, bytes allocated on disk) is not configuration. What a guest says of itself is.</summary>
internal static class VmDifferences
{
    public static IReadOnlyList<string> Between(VmInfo a, VmInfo b)
    {
        if (a.Name == b.Name && a.Vcpus == b.Vcpus && a.MemoryMiB == b.MemoryMiB && a.Persistent == b.Persistent && SameDisks(a, b) && a.Nics.SequenceEqual(b.Nics) && a.Details == b.Details)
        {
            return [];
        }

        var changed = new List<string>();
        Note(a.Name != b.Name, "name");
        Note(a.Vcpus != b.Vcpus, "vcpus");
        Note(a.MemoryMiB != b.MemoryMiB, "memoryMiB");
        Note(!SameDisks(a, b), "disks");
        Note(!a.Nics.SequenceEqual(b.Nics), "nics");
        Note(a.Persistent != b.Persistent, "persistent");
        Note(a.Details?.Hardware != b.Details?.Hardware, "details.hardware");
        Note(a.Details?.Services != b.Details?.Services, "details.services");
        Note(a.Details?.Guest != b.Details?.Guest, "details.guest");
        Note(a.Details?.CreatedAt != b.Details?.CreatedAt, "details.createdAt");
        Note(a.Details?.Security != b.Details?.Security, "details.security");
        Note(a.Details?.Replication != b.Details?.Replication, "details.replication");
        Note(a.Details?.Backup != b.Details?.Backup, "details.backup");
        Note(a.Details?.Notes != b.Details?.Notes, "details.notes");
        Note(changed.Count == 0, "details");
        return changed;

        void Note(bool differs, string member)
        {
            if (differs)
            {
                changed.Add(member);
            }
        }
    }

    static bool SameDisks(VmInfo a, VmInfo b) => a.Disks.Count == b.Disks.Count
        && a.Disks.Zip(b.Disks).All(p => (p.First with { AllocatedBytes = null }) == (p.Second with { AllocatedBytes = null }));
}
