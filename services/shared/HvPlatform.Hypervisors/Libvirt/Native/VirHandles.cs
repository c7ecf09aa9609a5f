using System.Runtime.InteropServices;

namespace HvPlatform.Hypervisors.Libvirt.Native;

/// <summary>An owned <c>virConnectPtr</c>.</summary>
internal sealed class ConnectHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    // virConnectClose answers how many references are left (domain handles hold some) or -1.
    protected override bool ReleaseHandle() => Vir.virConnectClose(handle) >= 0;
}

/// <summary>An owned <c>virDomainPtr</c>; it keeps its connection alive by libvirt's own count.</summary>
internal sealed class DomainHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle() => Vir.virDomainFree(handle) == 0;
}
