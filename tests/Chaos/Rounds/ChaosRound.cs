using System.Diagnostics;
using HvPlatform.Chaos.World;

namespace HvPlatform.Chaos.Rounds;

/// <summary>How a round went.</summary>
sealed record RoundResult
{
    public required RoundPlan Plan { get; init; }

    public required Guid Operation { get; init; }

    /// <summary>The operation's status at its end; <c>none</c> if it did not end.</summary>
    public required string Outcome { get; init; }

    /// <summary>Whether the migration said that it was in doubt.</summary>
    public bool InDoubt { get; init; }

    /// <summary>From the fault to the operation's terminal event.</summary>
    public TimeSpan? Recovery { get; init; }

    /// <summary>From the fault to the guest being heard again where it ended up; started by us if the fault ended it.</summary>
    public TimeSpan? Usable { get; init; }

    /// <summary>What does not hold.</summary>
    public required IReadOnlyList<string> Violations { get; init; }
}

/// <summary>One migration, one fault, and what is true afterwards.</summary>
sealed class ChaosRound(ChaosWorld world)
{
    /// <summary>The migration, and the loss of power that the fault may be.</summary>
    const int MovesPerRound = 2;

    const int Attempts = 3;

    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(180);

    /// <summary>Full reports come every 30 s: by then the platform has come to the truth whatever events it missed.</summary>
    static readonly TimeSpan s_reportPatience = TimeSpan.FromSeconds(45);

    /// <summary>Runs it. Afterwards the guest runs on one of the hosts and everything is up again, unless there was a violation.</summary>
    /// <exception cref="MissedPhaseException">Again and again the migration was over, or elsewhere, before the fault.</exception>
    public async Task<RoundResult> RunAsync(RoundPlan plan, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await TryAsync(plan, cancellationToken);
            }
            catch (MissedPhaseException) when (attempt < Attempts)
            {
                // On a busy machine a process may be frozen too late. Nothing was harmed; the migration goes on to its end by itself.
            }
        }
    }

    async Task<RoundResult> TryAsync(RoundPlan plan, CancellationToken cancellationToken)
    {
        var source = await ReadyAsync(cancellationToken);
        var destination = 3 - source;
        var boots = RoundChecks.Boots(world);
        await using var guest = new GuestWatch(world);
        world.Moves += MovesPerRound;
        var hold = new PhaseHold(world, source, destination);
        Guid id;
        long broken;
        DateTimeOffset brokenAt;
        var injection = new Injection(world, plan, plan.Fault, source, destination);
        try
        {
            id = await hold.ReachAsync(plan.Phase, plan.InsideTheCall, cancellationToken);
            await Task.Delay(plan.Delay, cancellationToken);
            (broken, brokenAt) = (Stopwatch.GetTimestamp(), TimeProvider.System.GetUtcNow());
            await injection.BreakAsync();
            await Task.Delay(100, cancellationToken);
        }
        finally
        {
            hold.Release();
        }

        var second = new Injection(world, plan, plan.Second, source, destination).RunAsync(plan.SecondDelay, cancellationToken);
        await Task.Delay(plan.Outage, cancellationToken);
        await injection.MendAsync();
        await second;
        if (await world.Api.EndOfAsync(id, s_patience, cancellationToken) is not { } operation)
        {
            var last = await world.Api.TryGetAsync($"/v1/migrations/{id}");
            return new() { Plan = plan, Operation = id, Outcome = "none", Violations = [$"the migration has not ended after {s_patience.TotalSeconds:0} s: {last}"] };
        }

        var checks = new RoundChecks(world, plan, source, destination, boots);
        List<string> violations = [.. await checks.RunAsync(operation, s_reportPatience, cancellationToken)];
        var doubt = await WasInDoubtAsync(id);
        if (plan.MustBeInDoubt && !doubt)
        {
            violations.Add($"a host was silent for {plan.Outage.TotalSeconds:0} s and the migration did not say that it was in doubt");
        }

        var usable = violations.Count > 0 ? null : await UsableAsync(guest, broken, await checks.CopiesAsync(), violations, cancellationToken);
        return new()
        {
            Plan = plan,
            Operation = id,
            Outcome = operation.GetProperty("status").GetString()!,
            InDoubt = doubt,
            Recovery = operation.GetProperty("finishedAt").GetDateTimeOffset() - brokenAt is { Ticks: > 0 } late ? late : TimeSpan.Zero,
            Usable = usable,
            Violations = violations,
        };
    }

    /// <summary>Waits until the next migration would be accepted, and returns the host the guest runs on.</summary>
    async Task<int> ReadyAsync(CancellationToken cancellationToken)
    {
        await world.MendAsync(cancellationToken);
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < TimeSpan.FromSeconds(60))
        {
            var vm = await world.Api.TryGetAsync($"/v1/vms/{world.Vm}");
            var hosts = await world.Api.ListAsync("/v1/hosts");
            var idle = await world.QueryAsync("select count(*) from orchestrator.operations where finished_at is null") is 0L;
            if (idle && vm?.GetProperty("state").GetString() == "Running" && hosts.Count == world.Host.Length && hosts.All(h => h.GetProperty("status").GetString() == "Online"))
            {
                return world.Number(vm.Value.GetProperty("hostId").GetGuid());
            }

            await Task.Delay(50, cancellationToken);
        }

        throw new TimeoutException("Before the round: the platform does not say that the guest runs and that both hosts are online.");
    }

    async Task<bool> WasInDoubtAsync(Guid id) =>
        await world.Api.TryGetAsync($"/v1/migrations/{id}") is { } migration
        && migration.GetProperty("phases").EnumerateArray().Any(p => p.GetProperty("phase").GetString() == "InDoubt");

    /// <summary>A guest that was ended is started where it is defined: it must be whole enough for that.</summary>
    async Task<TimeSpan?> UsableAsync(GuestWatch guest, long broken, IReadOnlyList<(int Host, string State)> copies, List<string> violations, CancellationToken cancellationToken)
    {
        var (host, state) = copies[0];
        foreach (var left in world.DiskFiles(3 - host))
        {
            // The migration leaves it to its owner, and the way back needs the place.
            File.Delete(left);
        }

        var since = broken;
        if (state != "running")
        {
            since = Stopwatch.GetTimestamp();
            try
            {
                await world.Api.RunAsync($"/v1/vms/{world.Vm}/start", null, cancellationToken);
            }
            catch (Exception e) when (e is TimeoutException or InvalidOperationException)
            {
                violations.Add($"the VM cannot be started again: {e.Message}");
                return null;
            }
        }

        var clock = Stopwatch.StartNew();
        while (guest.HeardAfter(since, host) is null)
        {
            if (clock.Elapsed > TimeSpan.FromSeconds(30))
            {
                violations.Add($"the guest on host {host} is {state} and says nothing");
                return null;
            }

            await Task.Delay(20, cancellationToken);
        }

        return Stopwatch.GetElapsedTime(broken, since) + guest.HeardAfter(since, host);
    }
}
