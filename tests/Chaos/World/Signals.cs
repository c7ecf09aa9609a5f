using System.Runtime.InteropServices;

namespace HvPlatform.Chaos.World;

/// <summary>Signals to processes by pid.</summary>
static class Signals
{
    const int SigKill = 9, SigCont = 18, SigStop = 19;

    /// <summary><c>kill -9</c>; a process that is gone already is no error.</summary>
    public static void Kill(int pid) => _ = Send(pid, SigKill);

    /// <summary>Stops it where it stands: it keeps its memory, its locks and its connections, and answers nothing.</summary>
    public static void Freeze(int pid) => _ = Send(pid, SigStop);

    /// <summary>Lets it run on.</summary>
    public static void Thaw(int pid) => _ = Send(pid, SigCont);

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    static extern int Send(int pid, int signal);
}
