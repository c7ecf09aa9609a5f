using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.Libvirt.Native;

namespace HvPlatform.Hypervisors.Libvirt;

/// <summary>The definition facet.</summary>
internal sealed class LibvirtDefinition(LibvirtConnector connector, HostFacts host) : IDefinitionDriver
{
    /// <summary>Managed save image, snapshot and checkpoint metadata, NVRAM: they go with a definition.</summary>
    public const uint UndefineAll = 1 | 2 | 4 | 16;

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
            Remove(s, domain, "delete");
        },
        cancellationToken);

    /// <summary>Undefines a domain that is off; an active one is InvalidState.</summary>
    public static void Remove(LibvirtSession session, DomainHandle domain, string verb)
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

        session.Ok(Vir.virDomainUndefineFlags(domain, UndefineAll), $"Cannot {verb} VM {name}");
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
