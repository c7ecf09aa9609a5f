using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace HvPlatform.Hypervisors.Libvirt.Native;

/// <summary>Second names of one file, which .NET does not offer.</summary>
internal static partial class FileIdentity
{
    const int CurrentFolder = -100;
    const int NoFollow = 0x100;
    const uint Inode = 0x100;
    const int Exists = 17;
    const int Missing = 2;
    const int IsLink = 40;
    const int CloseOnExec = 0x80000;

    // O_NOFOLLOW (asm/fcntl.h) is one of the few flags that differ between architectures.
    static readonly int s_openNoFollow = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x8000 : 0x20000;

    /// <summary>Gives a file a second name, in one step; false if the name is taken.</summary>
    public static bool TryLink(string file, string name)
    {
        if (link(file, name) == 0)
        {
            return true;
        }

        var error = Marshal.GetLastPInvokeError();
        return error == Exists ? false : throw new IOException($"{name}: {new Win32Exception(error).Message}");
    }

    /// <summary>True if both names are there and are one file.</summary>
    public static bool AreSame(string one, string other) => Read(one) is { } a && a == Read(other);

    /// <summary>Opens a file for reading. A symbolic link at its path is an IOException.</summary>
    public static FileStream OpenNoFollow(string path)
    {
        var descriptor = open(path, CloseOnExec | s_openNoFollow);
        if (descriptor < 0)
        {
            var error = Marshal.GetLastPInvokeError();
            throw error == Missing ? new FileNotFoundException($"{path} is missing.", path) : new IOException($"{path}: {(error == IsLink ? "it is a symbolic link" : new Win32Exception(error).Message)}");
        }

        return new FileStream(new SafeFileHandle(descriptor, ownsHandle: true), FileAccess.Read, bufferSize: 0);
    }

    static unsafe (ulong Inode, uint Major, uint Minor)? Read(string path)
    {
        // struct statx (linux/stat.h): the same on every architecture.
        var buffer = stackalloc byte[256];
        if (statx(CurrentFolder, path, NoFollow, Inode, buffer) == 0)
        {
            return (*(ulong*)(buffer + 32), *(uint*)(buffer + 136), *(uint*)(buffer + 140));
        }

        var error = Marshal.GetLastPInvokeError();
        return error == Missing ? null : throw new IOException($"{path}: {new Win32Exception(error).Message}");
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int link(string file, string name);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static unsafe partial int statx(int folder, string path, int flags, uint mask, byte* buffer);
}
