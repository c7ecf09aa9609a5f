using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Evacuations;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Evacuations;
using HvPlatform.Orchestrator.Http;
using HvPlatform.Orchestrator.ReadModels;
using HvPlatform.Orchestrator.Vms;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.UnitTests.Orchestrator;

/// <summary>Problem documents are part of the API: their golden file is docs/problems.json. <c>HV_UPDATE_GOLDEN=1</c> writes it.</summary>
public sealed partial class ProblemTests
{
    static readonly JsonSerializerOptions Indented = new(HvJson.Options) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    static readonly VmId Vm = new(Guid.Parse("11111111-1111-1111-1111-111111111111"));
    static readonly OperationId Operation = new(Guid.Parse("22222222-2222-2222-2222-222222222222"));

    static readonly EvacuationId Evacuation = new(Guid.Parse("33333333-3333-3333-3333-333333333333"));

    static Evacuation Evacuated => new()
    {
        Id = Evacuation,
        HostId = Host("alpha", 'a').Id,
        HostName = "alpha",
        Status = EvacuationStatus.Completed,
        Settings = new(),
        Trail = new() { RequestedBy = "ada", RequestedAt = At },
        DeadlineAt = At,
        UpdatedAt = At,
    };

    static HostState Host(string name, char digit, HypervisorKind kind = HypervisorKind.Libvirt, string status = "Online") => new()
    {
        Id = new HostId(Guid.Parse(new string(digit, 32))),
        Name = name,
        Kind = kind,
        MemoryMiB = 4096,
        Facets = ["power"],
        LastSeenAt = At,
        Status = status,
        Error = status == "HypervisorUnreachable" ? new ErrorInfo { Kind = ErrorKind.Transient, Code = "connection-lost", Message = "libvirtd does not answer.", NativeCode = "libvirt:38", NativeMessage = "Cannot recv data" } : null,
    };

    static VmPlacement Placement(VmState state = VmState.Off) => new()
    {
        Id = Vm,
        Name = "web-1",
        HostId = Host("alpha", 'a').Id,
        State = state,
        MemoryMiB = 8192,
        Epoch = 3,
        ObservedAt = At,
    };

    static IReadOnlyList<Refusal> Samples =>
    [
        Refusals.VmNotFound(Vm),
        Refusals.HostNotFound(Host("alpha", 'a').Id),
        Refusals.OperationNotFound(Operation),
        Refusals.MigrationNotFound(Operation),
        Refusals.VmGone(Placement() with { DeletedAt = At }),
        Refusals.VmGone(Placement() with { MissingSince = At }),
        Refusals.WrongState(Placement(VmState.Running), "start", [VmState.Off, VmState.Saved], "Resume it."),
        Refusals.VmBusy(Vm, Operation, OperationKind.StartVm),
        Refusals.VmBusy(Vm, Operation, OperationKind.MigrateVm),
        Refusals.RunsTwice(Placement(VmState.Running)),
        Refusals.HostNotRegistered(Placement(), 10),
        Refusals.VmExists(Vm, "web-1"),
        Refusals.NameTaken("web-1", Host("alpha", 'a').Id, Vm),
        Refusals.EtagMismatch("\"4\""),
        Refusals.IdempotencyKeyReused("k-1", Operation),
        Refusals.AgentDown(Host("alpha", 'a', status: "AgentSilent"), 10),
        Refusals.AgentDown(Host("alpha", 'a', status: "AgentStopped"), 10),
        Refusals.HypervisorDown(Host("alpha", 'a', status: "HypervisorUnreachable"), 10),
        Refusals.FacetMissing(Host("beta", 'b'), "migration", "receive VMs", "destinationHostId"),
        Refusals.UnknownHostInBody(Host("gone", 'c').Id, "destinationHostId"),
        Refusals.SameHost(Placement(), Host("alpha", 'a')),
        Refusals.OtherHypervisor(Placement(), Host("alpha", 'a'), Host("hyper", 'd', HypervisorKind.HyperV)),
        Refusals.NoCapacity(Host("beta", 'b'), 8192, new Capacity(4096, 1024, 512, 512)),
        Refusals.HostInMaintenance(Host("beta", 'b'), "destinationHostId"),
        Refusals.EvacuationNotFound(Evacuation),
        Refusals.EvacuationRunning("alpha", Host("alpha", 'a').Id, Evacuation),
        Refusals.EvacuationToItself("alpha", Host("alpha", 'a').Id),
        Refusals.EvacuationWrongState(Evacuated, "pause", [EvacuationStatus.Running, EvacuationStatus.Paused]),
        Refusals.OperationFinal(Operation, OperationStatus.Succeeded, "Migration"),
        Refusals.Invalid(Refusals.Field("spec.vcpus", "must be 1 to 4096, found 0")),
    ];

    [Fact]
    public void Every_refusal_reads_as_in_the_golden_file()
    {
        var file = Path.Combine(Repository.Root, "docs", "problems.json");
        var text = JsonSerializer.Serialize(Samples.Select(r => Problems.Describe(r, "/v1/…")), Indented).ReplaceLineEndings("\n") + "\n";
        if (Environment.GetEnvironmentVariable("HV_UPDATE_GOLDEN") == "1")
        {
            File.WriteAllText(file, text);
        }

        Assert.Equal(File.ReadAllText(file), text);
    }

    [Fact]
    public void Advice_about_a_thing_that_is_known_names_its_URL()
    {
        // Here any operation or host is meant.
        string[] general = ["migration-not-found", "facet-unsupported"];
        Assert.DoesNotContain(Samples, r => r.Error.Advice?.Contains("{id}", StringComparison.Ordinal) == true && !general.Contains(r.Error.Code));
    }

    [Theory]
    [InlineData(VmState.ShuttingDown, "until it is Off")]
    [InlineData(VmState.Paused, "/resume")]
    [InlineData(VmState.Running, "nothing has to be done")]
    public void What_to_do_about_a_VM_that_cannot_be_started_depends_on_its_state(VmState state, string part) =>
        Assert.Contains(part, StartVmAction.Action.AdviceFor!(Placement(state)), StringComparison.Ordinal);

    [Fact]
    public void Every_code_the_orchestrator_refuses_with_has_a_type()
    {
        var sources = Directory.EnumerateFiles(Path.Combine(Repository.Root, "services", "orchestrator"), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal));
        var codes = sources.SelectMany(f => Code().Matches(File.ReadAllText(f)).Select(m => m.Groups[1].Value)).ToHashSet();

        Assert.Contains("wrong-state", codes);
        Assert.Contains("too-many-streams", codes);
        Assert.Empty(codes.Except(Problems.Types.Keys));
    }

    [Fact]
    public void Every_type_is_described_for_readers()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "howto", "api.md"));
        Assert.All(Problems.Types, t => Assert.Matches($@"\| `{t.Key}` \| {t.Value.Status} \|", page));
    }

    [GeneratedRegex("""Of\(\s*ErrorKind\.\w+,\s*"([a-z-]+)",""")]
    private static partial Regex Code();
}
