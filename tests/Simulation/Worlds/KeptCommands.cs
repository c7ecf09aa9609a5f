using System.Text.Json.Nodes;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Operations;
using HvPlatform.Simulation.Bus;

namespace HvPlatform.Simulation.Worlds;

/// <summary>
/// Keeps a command to a host back, with all its repeats, until its operation is long over and a newer one has the VM, or just for long: the old command then
/// comes at the worst moment. Has its own chance, so that the seeds without it stay what they were.
/// </summary>
sealed class KeptCommands
{
    const int KeepMost = 400;

    readonly World _world;
    readonly Random _random;
    readonly double _keep;
    readonly Dictionary<(string Operation, string Step), Kept?> _seen = [];

    sealed class Kept
    {
        public required string Queue { get; init; }

        public required Envelope Message { get; init; }

        public required string Vm { get; init; }

        public bool Brought { get; set; }
    }

    public KeptCommands(World world)
    {
        (_world, _random) = (world, Of(world.Options.Seed));
        _keep = Chance(_random);
    }

    /// <summary>Whether the world of this seed keeps commands back at all.</summary>
    public static bool Has(int seed) => Chance(Of(seed)) > 0;

    /// <summary>The salt leaves the seeds in RandomSeedTests.s_regressions as they were.</summary>
    static Random Of(int seed) => new(unchecked((seed * 104729) ^ 494));

    static double Chance(Random random) => random.NextDouble() < 0.6 ? 0 : random.NextDouble() * 0.08;

    /// <summary>Whether this message is kept back for now.</summary>
    public bool Keeps(string queue, Envelope message)
    {
        if (_keep == 0)
        {
            return false;
        }

        if (message.Type == typeof(OperationAccepted))
        {
            NewOperation(JsonNode.Parse(message.Body)!["vmId"]!.GetValue<string>());
            return false;
        }

        if (!message.Type.IsAssignableTo(typeof(IHostCommand)))
        {
            return false;
        }

        var command = (IHostCommand)message.Open();
        var key = (command.OperationId.ToString(), command.Step);
        if (!_seen.TryGetValue(key, out var kept))
        {
            kept = _random.NextDouble() < _keep ? new Kept { Queue = queue, Message = message, Vm = command.VmId.ToString() } : null;
            _seen[key] = kept;
            if (kept is not null)
            {
                _world.Reach($"kept {message.Type.Name}");
                BringAfter(kept, 35 + (_random.NextDouble() * KeepMost));
            }
        }

        return kept is { Brought: false };
    }

    /// <summary>Soon after it began, in the midst of it, or after it.</summary>
    void NewOperation(string vm)
    {
        foreach (var kept in _seen.Values.Where(k => k is { Brought: false } && k.Vm == vm && _random.NextDouble() < 0.7).ToList())
        {
            BringAfter(kept!, _random.NextDouble() * (_random.NextDouble() < 0.5 ? 3 : 25));
        }
    }

    void BringAfter(Kept kept, double seconds) => _world.Scheduler.After(TimeSpan.FromSeconds(seconds), null, "kept back", () =>
    {
        if (!kept.Brought)
        {
            kept.Brought = true;
            _world.Trace("broker", () => $"brings {_world.Describe(kept.Message)}, kept back until now");
            _world.Broker.Bring(kept.Queue, kept.Message);
        }
    });
}
