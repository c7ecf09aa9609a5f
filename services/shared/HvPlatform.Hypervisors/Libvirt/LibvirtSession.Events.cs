using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HvPlatform.Contracts;
using HvPlatform.Hypervisors.Libvirt.Native;

namespace HvPlatform.Hypervisors.Libvirt;

/// <summary>Something libvirt said about a domain, with the figures of a job that has completed.</summary>
internal sealed record SessionEvent(VmId Vm, int EventId, int Type, int Detail, string Cause, VirParameters? Job = null)
{
    /// <summary>After this the domain may no longer be known.</summary>
    public bool MayBeGone => EventId == VirConst.EventLifecycle && Type is VirConst.LifecycleStopped or VirConst.LifecycleUndefined;
}

/// <summary>
/// The event half of a session. Callbacks run on the event thread, get borrowed domain pointers and must not call the host: they read the UUID,
/// forget what the cache knows and hand the event on.
/// </summary>
internal sealed partial class LibvirtSession
{
    static readonly ConcurrentDictionary<nint, LibvirtSession> Sessions = new();
    static readonly string[] Lifecycle = ["defined", "undefined", "started", "suspended", "resumed", "stopped", "shutdown", "pmsuspended", "crashed"];
    static long lastKey;

    readonly List<int> callbackIds = [];
    readonly ConcurrentDictionary<object, (Action<SessionEvent> OnEvent, Action OnLost)> listeners = new();
    nint key;

    /// <summary>Hands every event to <paramref name="onEvent"/>, on the event thread, until disposed; <paramref name="onLost"/> is called once if the connection goes.</summary>
    public IDisposable Listen(Action<SessionEvent> onEvent, Action onLost)
    {
        var token = new object();
        listeners[token] = (onEvent, onLost);
        if (lost && listeners.TryRemove(token, out _))
        {
            onLost();
        }

        return new Listening(this, token);
    }

    unsafe void Subscribe()
    {
        // A number, not a pointer to an object: a late callback of a closed session finds nothing instead of freed memory.
        key = (nint)Interlocked.Increment(ref lastKey);
        Sessions[key] = this;
        Ok(Vir.virConnectRegisterCloseCallback(connection, &OnClose, (void*)key, null));
        Register(VirConst.EventLifecycle, (delegate* unmanaged[Cdecl]<nint, nint, int, int, void*, int>)&OnLifecycle);
        Register(VirConst.EventReboot, (delegate* unmanaged[Cdecl]<nint, nint, void*, void>)&OnReboot);
        Register(VirConst.EventDiskChange, (delegate* unmanaged[Cdecl]<nint, nint, byte*, byte*, byte*, int, void*, void>)&OnDiskChange);
        Register(VirConst.EventDeviceRemoved, (delegate* unmanaged[Cdecl]<nint, nint, byte*, void*, void>)&OnDeviceRemoved);
        Register(VirConst.EventDeviceAdded, (delegate* unmanaged[Cdecl]<nint, nint, byte*, void*, void>)&OnDeviceAdded);
        Register(VirConst.EventBlockJob2, (delegate* unmanaged[Cdecl]<nint, nint, byte*, int, int, void*, void>)&OnBlockJob);
        Register(VirConst.EventMetadataChange, (delegate* unmanaged[Cdecl]<nint, nint, int, byte*, void*, void>)&OnMetadataChange);
        Register(VirConst.EventJobCompleted, (delegate* unmanaged[Cdecl]<nint, nint, VirTypedParameter*, int, void*, void>)&OnJobCompleted);
    }

    unsafe void Register(int eventId, void* callback) =>
        callbackIds.Add(Ok(Vir.virConnectDomainEventRegisterAny(connection, 0, eventId, callback, (void*)key, null)));

    unsafe void Unsubscribe()
    {
        // Registered callbacks hold references: without this the connection would stay open. Their own failures (the host is gone) do not matter.
        foreach (var id in callbackIds)
        {
            _ = Vir.virConnectDomainEventDeregisterAny(connection, id);
        }

        _ = Vir.virConnectUnregisterCloseCallback(connection, &OnClose);
        Sessions.TryRemove(key, out _);
    }

    void MarkLost()
    {
        lost = true;
        foreach (var token in listeners.Keys)
        {
            if (listeners.TryRemove(token, out var listener))
            {
                listener.OnLost();
            }
        }
    }

    static unsafe void Raise(void* opaque, nint domain, int eventId, string cause, int type = 0, int detail = 0, VirParameters? job = null)
    {
        if (!Sessions.TryGetValue((nint)opaque, out var session))
        {
            return;
        }

        var vm = IdOf(domain);
        session.Details.Forget(vm);
        var e = new SessionEvent(vm, eventId, type, detail, cause, job);
        foreach (var listener in session.listeners.Values)
        {
            listener.OnEvent(e);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    static unsafe void OnClose(nint connection, int reason, void* opaque)
    {
        if (Sessions.TryGetValue((nint)opaque, out var session))
        {
            session.MarkLost();
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    static unsafe int OnLifecycle(nint connection, nint domain, int type, int detail, void* opaque)
    {
        Raise(opaque, domain, VirConst.EventLifecycle, type >= 0 && type < Lifecycle.Length ? Lifecycle[type] : $"lifecycle-{type}", type, detail);
        return 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    static unsafe void OnReboot(nint connection, nint domain, void* opaque) => Raise(opaque, domain, VirConst.EventReboot, "rebooted");

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    static unsafe void OnDiskChange(nint connection, nint domain, byte* oldSource, byte* newSource, byte* alias, int reason, void* opaque) =>
        Raise(opaque, domain, VirConst.EventDiskChange, "disk-changed");

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    static unsafe void OnDeviceRemoved(nint connection, nint domain, byte* alias, void* opaque) =>
        Raise(opaque, domain, VirConst.EventDeviceRemoved, "device-removed");

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    static unsafe void OnDeviceAdded(nint connection, nint domain, byte* alias, void* opaque) =>
        Raise(opaque, domain, VirConst.EventDeviceAdded, "device-added");

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    static unsafe void OnBlockJob(nint connection, nint domain, byte* disk, int type, int status, void* opaque) =>
        Raise(opaque, domain, VirConst.EventBlockJob2, "block-job");

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    static unsafe void OnMetadataChange(nint connection, nint domain, int type, byte* uri, void* opaque) =>
        Raise(opaque, domain, VirConst.EventMetadataChange, "metadata-changed");

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    static unsafe void OnJobCompleted(nint connection, nint domain, VirTypedParameter* parameters, int count, void* opaque) =>
        Raise(opaque, domain, VirConst.EventJobCompleted, "job-completed", job: VirParameters.Copy(parameters, count));

    sealed class Listening(LibvirtSession session, object token) : IDisposable
    {
        public void Dispose() => session.listeners.TryRemove(token, out _);
    }
}
