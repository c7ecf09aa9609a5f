using HvPlatform.Contracts;
using HvPlatform.Hypervisors;
using Xunit;

namespace HvPlatform.TestKit;

/// <summary>
/// The one contract suite of every driver: a class per driver derives from this one and gives it two hosts. A fact that holds for one
/// driver only is no part of the contract and belongs into that driver's own tests. Afterwards every VM of both hosts is removed.
/// </summary>
public abstract partial class DriverContractTests : IAsyncLifetime
{
    IDriverContractHost? hosts;

    /// <summary>Gives two empty hosts, or skips the test with a reason.</summary>
    protected abstract Task<IDriverContractHost> CreateAsync();

    IHypervisorDriver Source => hosts!.Source;

    IHypervisorDriver Destination => hosts!.Destination;

    static CancellationToken None => CancellationToken.None;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync() => hosts = await CreateAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (hosts is null)
        {
            return;
        }

        foreach (var driver in new[] { Source, Destination })
        {
            foreach (var vm in (await driver.ListAsync(None)).Vms)
            {
                if (vm.State is not (VmState.Off or VmState.Saved))
                {
                    await driver.ForceOffAsync(vm.Id, None);
                }

                await driver.Definition!.DeleteAsync(vm.Id, None);
            }
        }

        await hosts.DisposeAsync();
    }

    [Fact]
    public async Task Host_has_an_id_of_its_own_that_stays()
    {
        var source = await Source.GetHostAsync(None);
        Assert.Equal(source, await Source.GetHostAsync(None));
        Assert.NotEqual(source.Id, (await Destination.GetHostAsync(None)).Id);
        Assert.NotEqual(Guid.Empty, source.Id.Value);
        Assert.NotEqual("", source.Name);
    }

    [Fact]
    public async Task Capabilities_name_exactly_the_facets_that_exist()
    {
        var capabilities = await Source.GetCapabilitiesAsync(None);
        var expected = new (string Name, object? Facet)[]
        {
            ("power", Source.Power), ("definition", Source.Definition), ("migration", Source.Migration), ("stats", Source.Stats),
            ("settings", Source.Settings), ("checkpoints", Source.Checkpoints), ("guest", Source.Guest), ("console", Source.Console), ("switches", Source.Switches), ("export", Source.Export),
            ("storage", Source.Storage),
        };

        // What a facet offers beyond its core is named after it: "migration-cold".
        Assert.Equal(expected.Where(f => f.Facet is not null).Select(f => f.Name).Order(), capabilities.Facets.Where(f => !f.Contains('-')).Order());
        Assert.All(capabilities.Facets, f => Assert.Contains(f.Split('-')[0], capabilities.Facets));
        Assert.True(capabilities.CpuCount > 0);
        Assert.True(capabilities.MemoryMiB > 0);
        Assert.NotEqual("", capabilities.Hypervisor);
        Assert.Equal(Source.Migration is null, capabilities.MigrationUri is null);
    }

    [Fact]
    public async Task Empty_host_lists_completely_and_without_vms()
    {
        var scan = await Source.ListAsync(None);
        Assert.Empty(scan.Vms);
        Assert.Empty(scan.Unreadable);
    }

    [Fact]
    public async Task Defined_vm_is_listed_as_specified_and_off()
    {
        var spec = await hosts!.NewSpecAsync("defined");
        var id = new VmId(Guid.NewGuid());
        var defined = await Source.Definition!.DefineAsync(id, spec, None);
        var listed = Assert.Single((await Source.ListAsync(None)).Vms);
        var got = await Source.GetAsync(id, None);
        foreach (var vm in new[] { defined, listed, got! })
        {
            Assert.Equal(id, vm.Id);
            Assert.Equal("defined", vm.Name);
            Assert.Equal(VmState.Off, vm.State);
            Assert.Equal(spec.Vcpus, vm.Vcpus);
            Assert.Equal(spec.MemoryMiB, vm.MemoryMiB);
            Assert.Equal(spec.Disks.Select(d => d.Source), vm.Disks.Select(d => d.Source));
            Assert.True(vm.Persistent);
        }
    }

    [Fact]
    public async Task Name_or_id_in_use_is_a_conflict_and_changes_nothing()
    {
        var first = await DefineAsync("taken");
        var spec = await hosts!.NewSpecAsync("taken");
        await FailsAsync(ErrorKind.Conflict, () => Source.Definition!.DefineAsync(new VmId(Guid.NewGuid()), spec, None));
        await FailsAsync(ErrorKind.Conflict, () => Source.Definition!.DefineAsync(first, spec with { Name = "other" }, None));
        Assert.Equal("taken", Assert.Single((await Source.ListAsync(None)).Vms).Name);
    }

    [Theory]
    [InlineData("", 1, 64)]
    [InlineData("no/slash", 1, 64)]
    [InlineData("no-cpu", 0, 64)]
    [InlineData("no-memory", 1, 0)]
    public async Task Impossible_spec_is_refused_as_validation(string name, int vcpus, long memoryMiB)
    {
        var spec = (await hosts!.NewSpecAsync("impossible")) with { Name = name, Vcpus = vcpus, MemoryMiB = memoryMiB };
        await FailsAsync(ErrorKind.Validation, () => Source.Definition!.DefineAsync(new VmId(Guid.NewGuid()), spec, None));
        Assert.Empty((await Source.ListAsync(None)).Vms);
    }

    [Fact]
    public async Task Unknown_vm_is_null_to_get_and_not_found_to_every_command()
    {
        var id = new VmId(Guid.NewGuid());
        Assert.Null(await Source.GetAsync(id, None));
        foreach (var command in Commands(id))
        {
            await FailsAsync(ErrorKind.NotFound, command);
        }
    }

    [Fact]
    public async Task Started_vm_runs_and_forced_off_is_off()
    {
        var id = await DefineAsync("power");
        await Source.StartAsync(id, None);
        Assert.Equal(VmState.Running, await StateAsync(id));
        await FailsAsync(ErrorKind.InvalidState, () => Source.StartAsync(id, None));
        await Source.ForceOffAsync(id, None);
        Assert.Equal(VmState.Off, await StateAsync(id));
    }

    [Fact]
    public async Task Commands_a_stopped_vm_cannot_obey_are_invalid_state()
    {
        var id = await DefineAsync("stopped");
        await FailsAsync(ErrorKind.InvalidState, () => Source.ForceOffAsync(id, None));
        await FailsAsync(ErrorKind.InvalidState, () => Source.Power!.ShutDownAsync(id, None));
        await FailsAsync(ErrorKind.InvalidState, () => Source.Power!.RebootAsync(id, None));
        await FailsAsync(ErrorKind.InvalidState, () => Source.Power!.PauseAsync(id, None));
        await FailsAsync(ErrorKind.InvalidState, () => Source.Power!.ResumeAsync(id, None));
        Assert.Equal(VmState.Off, await StateAsync(id));
    }

    [Fact]
    public async Task Paused_vm_resumes()
    {
        var id = await StartNewAsync("pausing");
        await FailsAsync(ErrorKind.InvalidState, () => Source.Power!.ResumeAsync(id, None));
        await Source.Power!.PauseAsync(id, None);
        Assert.Equal(VmState.Paused, await StateAsync(id));
        await FailsAsync(ErrorKind.InvalidState, () => Source.Power!.PauseAsync(id, None));
        await Source.Power!.ResumeAsync(id, None);
        Assert.Equal(VmState.Running, await StateAsync(id));
    }

    [Fact]
    public async Task Guest_asked_to_shut_down_does_so_and_asked_to_reboot_keeps_running()
    {
        var id = await StartNewAsync("obedient");
        await Source.Power!.RebootAsync(id, None);
        await Eventually.Until(async () => await StateAsync(id) == VmState.Running, "the guest runs after the reboot");
        await Eventually.Until(
            async () =>
            {
                // A guest that is still booting misses the request, so it is repeated, as a person would press the button again.
                if (await StateAsync(id) == VmState.Running)
                {
                    await Record.ExceptionAsync(() => Source.Power!.ShutDownAsync(id, None));
                }

                return await StateAsync(id) == VmState.Off;
            },
            "the guest is off");
    }

    [Fact]
    public async Task Running_vm_is_not_deleted_and_a_stopped_one_is()
    {
        var id = await DefineAsync("deleted");
        await Source.StartAsync(id, None);
        await FailsAsync(ErrorKind.InvalidState, () => Source.Definition!.DeleteAsync(id, None));
        Assert.Equal(VmState.Running, await StateAsync(id));
        await Source.ForceOffAsync(id, None);
        await Source.Definition!.DeleteAsync(id, None);
        Assert.Null(await Source.GetAsync(id, None));
    }

    [Fact]
    public async Task Watch_reports_what_happens_to_a_vm_until_it_is_gone()
    {
        using var stop = new CancellationTokenSource();
        var seen = new List<DriverEvent>();
        var watching = CollectAsync(seen, stop.Token);
        var canaries = 0;
        await Eventually.Until(
            async () =>
            {
                // The watch counts from when it has begun, which nothing announces: keep knocking until it answers.
                await DefineAsync($"canary-{canaries++}");
                lock (seen)
                {
                    return seen.Count > 0;
                }
            },
            "a definition is seen");

        var id = await DefineAsync("watched");
        await Eventually.Until(() => Seen(id, gone: false) > 0, "the second definition is seen");
        var before = Seen(id, gone: false);
        await Source.StartAsync(id, None);
        await Eventually.Until(() => Seen(id, gone: false) > before, "the start is seen");
        before = Seen(id, gone: false);
        await Source.ForceOffAsync(id, None);
        await Eventually.Until(() => Seen(id, gone: false) > before, "the stop is seen");
        Assert.Equal(0, Seen(id, gone: true));
        await Source.Definition!.DeleteAsync(id, None);
        await Eventually.Until(() => Seen(id, gone: true) > 0, "the deletion is seen");

        await stop.CancelAsync();
        Assert.True(await Record.ExceptionAsync(() => watching) is null or OperationCanceledException);

        int Seen(VmId vm, bool gone)
        {
            lock (seen)
            {
                return seen.Count(e => e.Vm == vm && e.Gone == gone);
            }
        }
    }

    [Fact]
    public async Task Running_vms_and_only_they_are_sampled()
    {
        if (Source.Stats is null)
        {
            Assert.Skip("This driver has no facet stats, and says so in its capabilities.");
        }

        await DefineAsync("idle");
        var id = await StartNewAsync("sampled");
        await Eventually.Until(async () => (await Source.Stats!.SampleAsync(None)).Any(s => s.Vm == id && s.CpuTimeNs > 0), "CPU time is counted");
        var sample = Assert.Single(await Source.Stats!.SampleAsync(None));
        await Eventually.Until(async () => (await Source.Stats!.SampleAsync(None)).Single().CpuTimeNs > sample.CpuTimeNs, "CPU time grows");
    }

    [Fact]
    public async Task Running_vm_takes_memory_from_the_host()
    {
        var free = await Source.GetFreeMemoryMiBAsync(None);
        var capabilities = await Source.GetCapabilitiesAsync(None);
        Assert.True(free is null || (free > 0 && free <= capabilities.MemoryMiB), $"{free} of {capabilities.MemoryMiB} MiB free");
    }

    [Fact]
    public async Task Cancelled_before_it_began_does_nothing()
    {
        var id = await DefineAsync("cancelled");
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Source.StartAsync(id, cancelled.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Source.ListAsync(cancelled.Token));
        Assert.Equal(VmState.Off, await StateAsync(id));
    }

    async Task CollectAsync(List<DriverEvent> seen, CancellationToken cancellationToken)
    {
        await foreach (var e in Source.WatchAsync(cancellationToken))
        {
            lock (seen)
            {
                seen.Add(e);
            }
        }
    }

    IEnumerable<Func<Task>> Commands(VmId id) =>
    [
        () => Source.StartAsync(id, None),
        () => Source.ForceOffAsync(id, None),
        () => Source.Power!.ShutDownAsync(id, None),
        () => Source.Power!.RebootAsync(id, None),
        () => Source.Power!.PauseAsync(id, None),
        () => Source.Power!.ResumeAsync(id, None),
        () => Source.Definition!.DeleteAsync(id, None),
    ];

    async Task<VmId> DefineAsync(string name, bool busy = false, IHypervisorDriver? on = null)
    {
        var id = new VmId(Guid.NewGuid());
        await (on ?? Source).Definition!.DefineAsync(id, await hosts!.NewSpecAsync(name, busy), None);
        return id;
    }

    async Task<VmId> StartNewAsync(string name, bool busy = false)
    {
        var id = await DefineAsync(name, busy);
        await Source.StartAsync(id, None);
        await hosts!.GuestUpAsync(name);
        return id;
    }

    async Task<VmState?> StateAsync(VmId id, IHypervisorDriver? on = null) => (await (on ?? Source).GetAsync(id, None))?.State;

    static async Task FailsAsync(ErrorKind kind, Func<Task> action)
    {
        var error = (await Assert.ThrowsAsync<HypervisorException>(action)).Error;
        Assert.True(error.Kind == kind, $"expected {kind}, got {error.Kind} {error.Code}: {error.Message} {error.NativeMessage}");
        Assert.NotEqual("", error.Code);
        Assert.NotEqual("", error.Message);
    }
}
