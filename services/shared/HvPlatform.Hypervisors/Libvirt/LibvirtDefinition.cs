using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.Libvirt.Native;

namespace HvPlatform.Hypervisors.Libvirt;

/// <summary>The definition facet.</summary>
internal sealed class LibvirtDefinition(LibvirtConnector connector, HostFacts host) : IDefinitionDriver
{
    // virDomainUndefineFlagsValues. Managed save image, snapshot and checkpoint metadata go with a definition.
    const uint UndefineAll = 1 | 2 | 16;
    const uint UndefineNvram = 4;
    const uint KeepNvram = 8;

    // libvirt defines over an existing domain of the same name and id in silence, so looking and defining must not interleave.
    readonly Lock defining = new();

    public Task<VmInfo> DefineAsync(VmId id, VmSpec spec, CancellationToken cancellationToken) => connector.RunAsync(
        s =>
        {
            var xml = DomainXml.For(id, spec, host, s.Options);
            lock (defining)
            {
                Refuse(s, s.TryLookup(id), "id-in-use", $"Id {id}");
                Refuse(s, s.TryLookup(spec.Name), "name-in-use", $"Name {spec.Name}");
                using var domain = s.Ok(Vir.virDomainDefineXML(s.Connection, xml), $"Cannot define VM {spec.Name}");
                s.Details.Forget(id);
                return DomainScan.One(s, domain);
            }
        },
        cancellationToken);

    public Task DeleteAsync(VmId vm, CancellationToken cancellationToken) => connector.RunAsync(
        s =>
        {
            using var domain = s.Lookup(vm);
            Remove(s, domain, "delete", keepNvram: false);
        },
        cancellationToken);

    /// <summary>libvirt renames a domain only while it is off and has no saved memory, snapshots or checkpoints.</summary>
    public Task RenameAsync(VmId vm, string name, CancellationToken cancellationToken) => connector.RunAsync(
        s =>
        {
            using var domain = s.Lookup(vm);
            var old = LibvirtSession.NameOf(domain);
            if (name.Length == 0 || name.Contains('/') || name.Any(char.IsControl))
            {
                throw LibvirtErrors.Own(ErrorKind.Validation, "name-invalid", $"Cannot rename VM {old}: a name must not be empty and must hold no '/' or control character.", s.Where);
            }

            if (old == name)
            {
                return;
            }

            var (state, _) = s.State(domain);
            if (DomainState.IsActive(state))
            {
                throw LibvirtErrors.Own(
                    ErrorKind.InvalidState, "invalid-state", $"Cannot rename VM {old}: it is {DomainState.Map(state, managedSave: false)}; libvirt renames only what is off.", s.Where, "Turn it off first.");
            }

            lock (defining)
            {
                Refuse(s, s.TryLookup(name), "name-in-use", $"Name {name}");
                s.Ok(Vir.virDomainRename(domain, name, 0), $"Cannot rename VM {old}");
                s.Details.Forget(vm);
            }
        },
        cancellationToken);

    /// <summary>Undefines a domain that is off; an active one is InvalidState. What is left of a VM that has moved keeps its NVRAM file: on shared storage that is the moved VM's own.</summary>
    public static void Remove(LibvirtSession session, DomainHandle domain, string verb, bool keepNvram)
    {
        var name = LibvirtSession.NameOf(domain);
        var (state, _) = session.State(domain);
        if (DomainState.IsActive(state))
        {
            throw LibvirtErrors.Own(
                ErrorKind.InvalidState,
                "invalid-state",
                $"Cannot {verb} VM {name}: it is {DomainState.Map(state, managedSave: false)} on this host.",
                session.Where,
                "Turn it off first.");
        }

        session.Ok(Vir.virDomainUndefineFlags(domain, UndefineAll | (keepNvram ? KeepNvram : UndefineNvram)), $"Cannot {verb} VM {name}");
    }

    static void Refuse(LibvirtSession session, DomainHandle? found, string code, string what)
    {
        if (found is null)
        {
            return;
        }

        using (found)
        {
            throw LibvirtErrors.Own(
                ErrorKind.Conflict, code, $"{what} is in use on this host by VM {LibvirtSession.NameOf(found)}, {LibvirtSession.IdOf(found)}.", session.Where);
        }
    }
}
