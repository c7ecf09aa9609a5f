using HvPlatform.Contracts;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>A VM of a host as it was when an operation began: what it is, what it is set to, and how to ask for more of it.</summary>
internal sealed class HyperVMachine
{
    private readonly ICimSession session;

    private HyperVMachine(ICimSession session, CimInstance system, CimInstance settings, VmId id, string where)
    {
        this.session = session;
        System = system;
        Settings = settings;
        Id = id;
        Where = where;
    }

    /// <summary>Its id.</summary>
    public VmId Id { get; }

    /// <summary>The host, for messages.</summary>
    public string Where { get; }

    /// <summary>The <c>Msvm_ComputerSystem</c>.</summary>
    public CimInstance System { get; }

    /// <summary>The <c>Msvm_VirtualSystemSettingData</c> in force.</summary>
    public CimInstance Settings { get; }

    /// <summary>Its name.</summary>
    public string Name => System.String("ElementName") ?? Id.ToString();

    /// <summary>Generation 2 (UEFI) and not 1 (BIOS).</summary>
    public bool IsGeneration2 => string.Equals(Settings.String("VirtualSystemSubType"), "Microsoft:Hyper-V:SubType:2", StringComparison.OrdinalIgnoreCase);

    /// <summary>What it is doing.</summary>
    public VmPowerState State => (VmPowerState)(System.Number("EnabledState") ?? 0);

    /// <summary>Its path.</summary>
    public CimPath Path => VmPaths.Of(Id);

    /// <summary>The path of its settings.</summary>
    public CimPath SettingsPath => new("Msvm_VirtualSystemSettingData", ("InstanceID", Settings.String("InstanceID")!));

    /// <summary>Looks a VM up; one that the host does not know is <see cref="ErrorCategory.VmNotFound"/>. Throws <see cref="CimException"/>, too.</summary>
    public static async Task<HyperVMachine> FindAsync(ICimSession session, VmId vm, string where, CancellationToken cancellationToken)
    {
        var system = await GetAsync(session, VmPaths.Of(vm), cancellationToken);
        var settings = system is null ? null : await GetAsync(session, VmPaths.SettingsOf(vm), cancellationToken);
        return system is null || settings is null ? throw HyperVErrors.VmNotFound(vm, where) : new HyperVMachine(session, system, settings, vm, where);
    }

    /// <summary>VMs with this name; a host may have several.</summary>
    public static async Task<IReadOnlyList<VmId>> FindByNameAsync(ICimSession session, string name, CancellationToken cancellationToken)
    {
        var found = new List<VmId>();
        await foreach (var system in session.QueryAsync(CimPath.Virtualization, Wql.Select("Msvm_ComputerSystem", "ElementName", name), cancellationToken))
        {
            // The host itself has a name, too, and is no VM.
            if (Guid.TryParse(system.String("Name"), out var id))
            {
                found.Add(new VmId(id));
            }
        }

        return found;
    }

    /// <summary>Its processors, memory, drives, adapters and integration components: everything that its settings have beneath them.</summary>
    public async Task<IReadOnlyList<CimInstance>> ComponentsAsync(CancellationToken cancellationToken) =>
        await ListAsync(session.AssociatorsAsync(SettingsPath, "Msvm_VirtualSystemSettingDataComponent", null, cancellationToken));

    /// <summary>The one integration component of a class that the VM has now (<c>Msvm_ShutdownComponent</c>, …), or null.</summary>
    public async Task<CimInstance?> IntegrationAsync(string className, CancellationToken cancellationToken)
    {
        await foreach (var component in session.QueryAsync(CimPath.Virtualization, Wql.Select(className, "SystemName", VmPaths.Key(Id)), cancellationToken))
        {
            return component;
        }

        return null;
    }

    /// <summary>As <see cref="Require"/>, but a state that this driver does not know is left to the host to judge: for what loses nothing.</summary>
    public void RequireIfKnown(string operation, params VmPowerState[] allowed)
    {
        if (VmPowerStates.IsKnown(State))
        {
            Require(operation, allowed);
        }
    }

    /// <summary>Refuses the operation unless the VM is in one of the states. A state that this driver does not know is none of them.</summary>
    public void Require(string operation, params VmPowerState[] allowed)
    {
        if (allowed.Contains(State))
        {
            return;
        }

        throw VmPowerStates.IsTransitional(State)
            ? HyperVErrors.TransitionalState(operation, Name, State.ToString(), Where)
            : HyperVErrors.InvalidState(operation, Name, State.ToString(), Where, [.. allowed.Select(s => s.ToString())]);
    }

    /// <summary>An error of this VM that no category is made for.</summary>
    public HypervisorException Refused(ErrorCategory category, ErrorKind kind, string code, string message, string advice) =>
        new(HyperVErrors.Info(category, message, Where) with { Kind = kind, Code = code, Advice = advice });

    /// <summary>All of a stream.</summary>
    public static async Task<List<CimInstance>> ListAsync(IAsyncEnumerable<CimInstance> stream)
    {
        var list = new List<CimInstance>();
        await foreach (var instance in stream)
        {
            list.Add(instance);
        }

        return list;
    }

    private static async Task<CimInstance?> GetAsync(ICimSession session, CimPath path, CancellationToken cancellationToken)
    {
        try
        {
            return await session.GetAsync(path, cancellationToken);
        }
        catch (CimException error) when (error.Kind == CimErrorKind.NotFound)
        {
            return null;
        }
    }
}
