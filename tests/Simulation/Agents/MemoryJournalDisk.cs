using HvPlatform.HostAgent.Journal;

namespace HvPlatform.Simulation.Agents;

/// <summary>
/// What one agent's journal is kept on. It outlives the agent: what an append had made durable before its process died is there for the next one. It can be told
/// to refuse.
/// </summary>
sealed class MemoryJournalDisk(string name)
{
    readonly List<byte[]> _payloads = [];
    Holder? _holder;
    Failure _failure;

    enum Failure
    {
        None = 0,
        NotWritten = 1,
        Written = 2,
    }

    /// <summary>Appends that are durable, replaced ones included.</summary>
    public long Appends { get; private set; }

    /// <summary>The next append fails. Whether it is on the disk all the same is what a failed fsync does not say.</summary>
    public void FailNextAppend(bool written) => _failure = written ? Failure.Written : Failure.NotWritten;

    /// <summary>Opens it for one agent. Throws as the file does if another has it.</summary>
    public IJournalDisk Hold() =>
        _holder is null ? _holder = new Holder(this) : throw new JournalDamagedException(name, "another agent is using it.");

    /// <summary>The holder's process is dead: the system lets go of its lock.</summary>
    public void HolderDied() => _holder = null;

    /// <summary>The disk is gone and an empty one is in its place.</summary>
    public void Lose() => _payloads.Clear();

    sealed class Holder(MemoryJournalDisk disk) : IJournalDisk
    {
        bool _refuses;

        public string Name => disk.Name;

        public long Length => disk._payloads.Sum(p => (long)p.Length);

        public IReadOnlyList<ReadOnlyMemory<byte>> Read() => [.. disk._payloads.Select(p => (ReadOnlyMemory<byte>)p)];

        public void Append(ReadOnlySpan<byte> payload)
        {
            RequireHeld();
            var failure = disk._failure;
            disk._failure = Failure.None;
            if (failure != Failure.NotWritten && !_refuses)
            {
                disk._payloads.Add(payload.ToArray());
                disk.Appends++;
            }

            _refuses |= failure != Failure.None;
            if (_refuses)
            {
                throw new IOException($"{Name}: Input/output error (injected).");
            }
        }

        public void Replace(IEnumerable<byte[]> payloads)
        {
            RequireHeld();
            var all = payloads.ToList();
            disk._payloads.Clear();
            disk._payloads.AddRange(all);
        }

        public void Dispose()
        {
            if (disk._holder == this)
            {
                disk._holder = null;
            }
        }

        void RequireHeld()
        {
            if (disk._holder != this)
            {
                throw new Kernel.SimulationDefectException($"{Name}: written by an agent that is dead or has let go of it.");
            }
        }
    }

    string Name => name;
}
