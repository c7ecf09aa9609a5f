using System.Runtime.InteropServices;

namespace HvPlatform.Hypervisors.Libvirt.Native;

/// <summary><c>struct _virTypedParameter</c> (libvirt-common.h): name[80], type, 8-byte union at 88.</summary>
[StructLayout(LayoutKind.Explicit, Size = 96)]
internal unsafe struct VirTypedParameter
{
    [FieldOffset(0)]
    public fixed byte Field[80];

    /// <summary>1 int, 2 uint, 3 llong, 4 ullong, 5 double, 6 boolean, 7 string.</summary>
    [FieldOffset(80)]
    public int Type;

    [FieldOffset(88)]
    public int Int;

    [FieldOffset(88)]
    public uint UInt;

    [FieldOffset(88)]
    public long Long;

    [FieldOffset(88)]
    public double Double;

    [FieldOffset(88)]
    public sbyte Boolean;

    [FieldOffset(88)]
    public byte* Text;

    public readonly string Name
    {
        get
        {
            fixed (byte* p = Field)
            {
                return Marshal.PtrToStringUTF8((nint)p)!;
            }
        }
    }

    public readonly object Value => Type switch
    {
        1 => (long)Int,
        2 => (long)UInt,
        3 => Long,
        // Counters: a value beyond 2^63 does not occur.
        4 => Long,
        5 => Double,
        6 => Boolean != 0,
        7 => Marshal.PtrToStringUTF8((nint)Text) ?? "",
        _ => "",
    };
}

/// <summary>A copy of a list of typed parameters.</summary>
internal sealed class VirParameters
{
    readonly Dictionary<string, object> values;

    unsafe VirParameters(VirTypedParameter* parameters, int count)
    {
        values = new Dictionary<string, object>(count);
        for (var i = 0; i < count; i++)
        {
            values[parameters[i].Name] = parameters[i].Value;
        }
    }

    public static unsafe VirParameters Copy(VirTypedParameter* parameters, int count) => new(parameters, count);

    public long? Number(string name) => values.TryGetValue(name, out var v) && v is long n ? n : null;

    public string? Text(string name) => values.TryGetValue(name, out var v) ? v as string : null;
}

/// <summary><c>struct _virDomainStatsRecord</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct VirDomainStatsRecord
{
    public nint Domain;
    public VirTypedParameter* Parameters;
    public int Count;
}

/// <summary><c>struct _virError</c>; only the first three members are read.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct VirErrorRecord
{
    public int Code;
    public int Domain;
    public nint Message;
}

/// <summary><c>struct _virNodeInfo</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct VirNodeInfo
{
    public fixed byte Model[32];
    public ulong MemoryKiB;
    public uint Cpus;
    public uint Mhz;
    public uint Nodes;
    public uint Sockets;
    public uint Cores;
    public uint Threads;
}

/// <summary><c>virNodeCPUStats</c>: field[80], unsigned long long.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct VirNodeCpuStat
{
    public fixed byte Field[80];
    public ulong ValueNs;
}

/// <summary><c>struct _virNodeMemoryStats</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct VirNodeMemoryStat
{
    public fixed byte Field[80];
    public ulong ValueKiB;
}
