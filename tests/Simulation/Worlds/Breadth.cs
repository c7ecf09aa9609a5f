namespace HvPlatform.Simulation.Worlds;

/// <summary>What a world has beyond the plain one.</summary>
[Flags]
enum Breadth
{
    None = 0,

    /// <summary>The network between two hosts is cut, and restored.</summary>
    CutLinks = 1,

    /// <summary>Some VMs have disks that only their host reaches; they are copied.</summary>
    LocalDisks = 2,

    /// <summary>Migrations that do not converge may go post-copy.</summary>
    PostCopy = 4,

    /// <summary>Timers of the saga are lost; its upkeep arms them again.</summary>
    LostTimers = 8,

    /// <summary>A person looks at the hosts and ends doubts with what is true there.</summary>
    Operator = 16,
}

/// <summary>Which seed has what. With chance of its own, so that the seeds without it stay what they were.</summary>
static class Breadths
{
    /// <summary>
    /// What random worlds have. Not LocalDisks, PostCopy and Operator: they have found what is not mended yet (a copied disk stays marked on a host that the VM did not reach,
    /// <c>--seed 5005 --with LocalDisks</c>; after a person's word the source's remains are confirmed once only, and stay if that is lost, <c>--seed 66 --with Operator</c>; a post-copy that has no end without a person, <c>--seed 5012 --with PostCopy</c>).
    /// </summary>
    const Breadth Usual = Breadth.CutLinks | Breadth.LostTimers;

    /// <summary>The salt leaves the seeds in RandomSeedTests.s_regressions as they were.</summary>
    public static Random Of(int seed) => new(unchecked((seed * 15485863) ^ 2015356));

    public static Breadth Usually(int seed)
    {
        var random = Of(seed);
        return random.NextDouble() < 0.5 ? Breadth.None : (Breadth)random.Next(32) & Usual;
    }
}
