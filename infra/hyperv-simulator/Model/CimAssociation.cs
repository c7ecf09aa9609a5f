using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Model;

/// <summary>One registration of an association class: how to get from either end to the other.</summary>
internal sealed record CimAssociation(
    CimClass Class, string LeftRole, string RightRole, Func<CimPath, IEnumerable<CimPath>> RightsOf, Func<CimPath, IEnumerable<CimPath>> LeftsOf, Action<CimPath, CimPath, CimInstance>? Others)
{
    public IEnumerable<CimPath> OthersOf(CimPath path) => RightsOf(path).Concat(LeftsOf(path));

    public IEnumerable<CimInstance> InstancesOf(CimPath path) => RightsOf(path).Select(right => Instance(path, right)).Concat(LeftsOf(path).Select(left => Instance(left, path)));

    public CimInstance Instance(CimPath left, CimPath right)
    {
        var instance = CimBlank.Of(Class.Name);
        instance[LeftRole] = left;
        instance[RightRole] = right;
        Others?.Invoke(left, right, instance);
        return instance;
    }
}
