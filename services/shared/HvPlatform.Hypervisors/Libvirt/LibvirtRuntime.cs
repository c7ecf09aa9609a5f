using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HvPlatform.Contracts;
using HvPlatform.Hypervisors.Libvirt.Native;

namespace HvPlatform.Hypervisors.Libvirt;

/// <summary>
/// libvirt in this process: loaded once, with its event loop on one thread of its own, which answers keep-alives and delivers events.
/// The loop must be registered before the first connection opens and lives as long as the process.
/// </summary>
internal static class LibvirtRuntime
{
    static readonly Lock Gate = new();
    static readonly ManualResetEventSlim Pause = new();
    static bool started;

    public static unsafe void EnsureStarted()
    {
        lock (Gate)
        {
            if (started)
            {
                return;
            }

            try
            {
                // Without a handler libvirt prints every error to stderr as well.
                Vir.virSetErrorFunc(null, &IgnoreError);
                if (Vir.virInitialize() < 0 || Vir.virEventRegisterDefaultImpl() < 0)
                {
                    var (code, text) = LibvirtErrors.Last();
                    throw new HypervisorException(LibvirtErrors.Map(code, text, Environment.MachineName, "libvirt did not initialise"));
                }
            }
            catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
            {
                throw new HypervisorException(
                    new ErrorInfo
                    {
                        Kind = ErrorKind.Fatal,
                        Code = "libvirt-missing",
                        Message = $"libvirt.so.0 cannot be loaded: {e.Message}",
                        Where = Environment.MachineName,
                        Advice = "Install libvirt's client library (Debian, Ubuntu: apt-get install libvirt0; Fedora: dnf install libvirt-libs).",
                    },
                    e);
            }

            new Thread(RunEvents) { IsBackground = true, Name = "libvirt-events" }.Start();
            started = true;
        }
    }

    static void RunEvents()
    {
        while (true)
        {
            if (Vir.virEventRunDefaultImpl() < 0)
            {
                // Only an interrupted or failing poll() ends here; do not spin on it.
                Pause.Wait(TimeSpan.FromMilliseconds(100));
            }
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    static unsafe void IgnoreError(void* data, VirErrorRecord* error)
    {
    }
}
