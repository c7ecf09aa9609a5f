using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Repository;

/// <summary>
/// What a host's CIM server offers, without any wire: the WS-Management front asks it, and so does an in-process session. Synchronous, since the model is in memory.
/// Every method throws only <see cref="CimException"/>, with the kind and native code the real host's fault has.
/// </summary>
public interface ICimRepository
{
    /// <summary>The host's name, as in object paths.</summary>
    string HostName { get; }

    /// <summary>One instance, or null. All keys must be given (<see cref="CimErrorKind.InvalidRequest"/> otherwise, as the real host does).</summary>
    CimInstance? Get(CimPath path);

    /// <summary>
    /// All instances of a class and of those derived from it. <paramref name="equal"/> names properties that the caller will filter on equality with anyway: a repository
    /// may use it to find them at once, or ignore it.
    /// </summary>
    IEnumerable<CimInstance> Enumerate(string nameSpace, string className, IReadOnlyDictionary<string, string>? equal = null);

    /// <summary>The instances at the other end of associations; null for any.</summary>
    IEnumerable<CimInstance> Associators(CimPath source, string? associationClass, string? resultClass);

    /// <summary>The associations themselves that refer to an instance; null for any.</summary>
    IEnumerable<CimInstance> References(CimPath source, string? associationClass);

    /// <summary>The path of an instance that came from here.</summary>
    CimPath PathOf(CimInstance instance);

    /// <summary>Calls a method; arguments were read from the wire. The result has the out parameters and <c>ReturnValue</c>.</summary>
    CimInstance Invoke(CimPath target, string method, CimInstance arguments);
}
