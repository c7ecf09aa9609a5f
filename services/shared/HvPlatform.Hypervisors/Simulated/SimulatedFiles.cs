using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Hypervisors.Simulated;

/// <summary>
/// The disk files of one host that no other host reaches. A file made to receive a copy carries a mark that says for which VM, until that VM has arrived: a marked file may be
/// removed with its VM's migration, no other ever is. Files stay when their VM leaves. Guarded by the fleet's gate.
/// </summary>
sealed class SimulatedFiles
{
    readonly SortedDictionary<string, VmId?> _files = new(StringComparer.Ordinal);

    public IEnumerable<(string Path, VmId Vm)> Marked => _files.Where(f => f.Value is not null).Select(f => (f.Key, f.Value!.Value));

    /// <summary>A file is there that was not made for this VM.</summary>
    public bool IsTaken(string path, VmId vm) => _files.TryGetValue(path, out var mark) && mark != vm;

    public bool IsMade(string path, VmId vm) => _files.TryGetValue(path, out var mark) && mark == vm;

    public bool IsMarked(VmId vm) => _files.ContainsValue(vm);

    public void Make(string path, VmId vm) => _files[path] = vm;

    /// <summary>They are the VM's own from now on.</summary>
    public void Keep(IEnumerable<VmDisk> disks)
    {
        foreach (var disk in disks)
        {
            _files[disk.Source!] = null;
        }
    }

    public void KeepMarked(VmId vm)
    {
        foreach (var (path, _) in Marked.Where(f => f.Vm == vm).ToList())
        {
            _files[path] = null;
        }
    }

    public void RemoveMarked(VmId vm)
    {
        foreach (var (path, _) in Marked.Where(f => f.Vm == vm).ToList())
        {
            _files.Remove(path);
        }
    }
}
