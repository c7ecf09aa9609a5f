using System.Diagnostics;

namespace HvPlatform.Cli.LocalServers;

/// <summary>
/// Sees to it that nothing this process started outlives it, also after <c>kill -9</c>: one shell process reads what is to be cleaned up from a
/// pipe; the pipe's end of file is this process's death. A pid is only signalled while its start time is still the one that was recorded, so a
/// reused pid is safe. (The kernel's parent-death signal would not do: it fires when the forking thread ends, and .NET forks from pool threads.)
/// </summary>
internal sealed class Reaper
{
    const string Script = """
        trap '' INT TERM HUP
        exec >/dev/null 2>&1
        order=(); declare -A start sig; dirs=(); containers=()
        while read -r what a b c; do
          case $what in
            pid) order+=("$a"); start[$a]=$b; sig[$a]=$c;;
            forget) unset "start[$a]";;
            dir) dirs+=("$a${b:+ $b}${c:+ $c}");;
            container) containers+=("$a");;
          esac
        done
        alive() { local s; s=$(<"/proc/$1/stat") || return 1; s=${s##*) }; set -- "$1" $s; [ "${21}" = "${start[$1]}" ] && [ "$2" != Z ]; }
        for ((i = ${#order[@]} - 1; i >= 0; i--)); do
          p=${order[i]}; [ -n "${start[$p]}" ] && alive "$p" || continue
          kill -"${sig[$p]}" "$p"
          for ((t = 0; t < 100; t++)); do alive "$p" || break; sleep .1; done
          alive "$p" && kill -KILL "$p"
        done
        for c in "${containers[@]}"; do docker rm -f -v "$c"; done
        for d in "${dirs[@]}"; do for ((t = 0; t < 50; t++)); do rm -rf -- "$d" && break; sleep .1; done; done
        """;

    static readonly Lazy<Reaper> s_instance = new(() => new Reaper());
    readonly Process _process;

    Reaper()
    {
        var start = new ProcessStartInfo("setsid") { RedirectStandardInput = true };
        foreach (var argument in (string[])["bash", "-c", Script, "hv-reaper"])
        {
            start.ArgumentList.Add(argument);
        }

        _process = Process.Start(start) ?? throw new LocalServerException("Could not start bash.");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => CleanUp();
    }

    /// <summary>The reaper of this process, started at first use.</summary>
    public static Reaper Instance => s_instance.Value;

    /// <summary>Signals the process at this process's end; after 10 s kills it. Processes go in the reverse order of registration.</summary>
    public void Watch(int pid, string signal) => Tell($"pid {pid} {StartTime(pid)} {signal}");

    /// <summary>The process ended by itself or was stopped.</summary>
    public void Forget(int pid) => Tell($"forget {pid}");

    /// <summary>Removes the directory at the end, after all processes.</summary>
    public void RemoveDirectory(string path) => Tell($"dir {path}");

    /// <summary>Removes the Docker container at the end.</summary>
    public void RemoveContainer(string id) => Tell($"container {id}");

    void Tell(string line)
    {
        lock (_process)
        {
            try
            {
                _process.StandardInput.WriteLine(line);
                _process.StandardInput.Flush();
            }
            catch (IOException)
            {
                // This process is ending and the reaper is at work already.
            }
            catch (ObjectDisposedException)
            {
                // As above.
            }
        }
    }

    /// <summary>Clock ticks after boot at which the process started: field 22 of /proc/PID/stat (proc(5)).</summary>
    static string StartTime(int pid)
    {
        var stat = File.ReadAllText($"/proc/{pid}/stat");
        return stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19];
    }

    void CleanUp()
    {
        lock (_process)
        {
            _process.StandardInput.Close();
        }

        _process.WaitForExit(TimeSpan.FromSeconds(30));
    }
}
