using System.Runtime.InteropServices;

namespace HvPlatform.Hypervisors.Libvirt.Native;

/// <summary>libvirt's C functions, as its headers declare them. Errors belong to the calling thread: see <see cref="LibvirtSession.Ok(int,string?)"/>.</summary>
internal static unsafe partial class Vir
{
    const string Library = "libvirt.so.0";

    [LibraryImport(Library)]
    public static partial int virInitialize();

    [LibraryImport(Library)]
    public static partial int virEventRegisterDefaultImpl();

    [LibraryImport(Library)]
    public static partial int virEventRunDefaultImpl();

    [LibraryImport(Library)]
    public static partial void virSetErrorFunc(void* data, delegate* unmanaged[Cdecl]<void*, VirErrorRecord*, void> handler);

    [LibraryImport(Library)]
    public static partial VirErrorRecord* virGetLastError();

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial ConnectHandle virConnectOpen(string uri);

    [LibraryImport(Library)]
    public static partial int virConnectClose(nint connection);

    [LibraryImport(Library)]
    public static partial int virConnectIsAlive(ConnectHandle connection);

    [LibraryImport(Library)]
    public static partial int virConnectSetKeepAlive(ConnectHandle connection, int intervalSeconds, uint count);

    [LibraryImport(Library)]
    public static partial nint virConnectGetHostname(ConnectHandle connection);

    [LibraryImport(Library)]
    public static partial nint virConnectGetCapabilities(ConnectHandle connection);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint virConnectGetDomainCapabilities(
        ConnectHandle connection, string? emulator, string? arch, string? machine, string? virtType, uint flags);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int virConnectCompareHypervisorCPU(
        ConnectHandle connection, string? emulator, string? arch, string? machine, string? virtType, string cpuXml, uint flags);

    [LibraryImport(Library)]
    public static partial int virConnectGetVersion(ConnectHandle connection, ulong* version);

    [LibraryImport(Library)]
    public static partial int virConnectGetLibVersion(ConnectHandle connection, ulong* version);

    [LibraryImport(Library)]
    public static partial int virNodeGetInfo(ConnectHandle connection, VirNodeInfo* info);

    [LibraryImport(Library)]
    public static partial int virNodeGetMemoryStats(ConnectHandle connection, int cell, VirNodeMemoryStat* stats, int* count, uint flags);

    [LibraryImport(Library)]
    public static partial int virNodeGetCPUStats(ConnectHandle connection, int cpu, VirNodeCpuStat* stats, int* count, uint flags);

    [LibraryImport(Library)]
    public static partial int virConnectListAllDomains(ConnectHandle connection, nint** domains, uint flags);

    [LibraryImport(Library)]
    public static partial int virConnectGetAllDomainStats(ConnectHandle connection, uint groups, VirDomainStatsRecord*** records, uint flags);

    [LibraryImport(Library)]
    public static partial void virDomainStatsRecordListFree(VirDomainStatsRecord** records);

    [LibraryImport(Library)]
    public static partial int virConnectDomainEventRegisterAny(
        ConnectHandle connection, nint domain, int eventId, void* callback, void* opaque, delegate* unmanaged[Cdecl]<void*, void> free);

    [LibraryImport(Library)]
    public static partial int virConnectDomainEventDeregisterAny(ConnectHandle connection, int callbackId);

    [LibraryImport(Library)]
    public static partial int virConnectRegisterCloseCallback(
        ConnectHandle connection, delegate* unmanaged[Cdecl]<nint, int, void*, void> callback, void* opaque, delegate* unmanaged[Cdecl]<void*, void> free);

    [LibraryImport(Library)]
    public static partial int virConnectUnregisterCloseCallback(ConnectHandle connection, delegate* unmanaged[Cdecl]<nint, int, void*, void> callback);

    [LibraryImport(Library)]
    public static partial void virTypedParamsFree(VirTypedParameter* parameters, int count);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int virTypedParamsAddULLong(VirTypedParameter** parameters, int* count, int* capacity, string name, ulong value);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int virTypedParamsAddString(VirTypedParameter** parameters, int* count, int* capacity, string name, string value);

    // libvirt's own virFree is not exported; strings and lists it hands over come from malloc.
    [LibraryImport("libc", EntryPoint = "free")]
    public static partial void Free(void* pointer);

    /// <summary>Copies a string libvirt hands over and frees it.</summary>
    public static string Take(nint text)
    {
        var copy = Marshal.PtrToStringUTF8(text) ?? "";
        Free((void*)text);
        return copy;
    }
}
