using System.Text;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.UnitTests.Cli;

/// <summary>What each verb prints, word by word, as transcripts in golden/*.txt. HV_UPDATE_GOLDEN=1 writes them anew; look at the difference before it is committed.</summary>
public sealed class GoldenTests
{
    static readonly string[] s_formats = ["table", "wide", "json", "yaml", "name"];

    static readonly Dictionary<string, string[]> s_transcripts = new()
    {
        ["help"] =
        [
            "--help", "vm --help", "vm list --help", "vm start --help", "vm set --help", "vm screenshot --help", "vm checkpoint --help", "vm kvp --help", "vm disk create --help", "vm nic set --help",
            "vm export --help", "vm import --help", "vm wait --help", "host --help", "host list --help", "host evacuate --help", "host maintenance --help", "migrate --help", "migration --help", "migration list --help",
            "migration resolve --help", "operation --help", "operation resolve --help", "evacuation --help", "evacuation cancel --help", "event watch --help", "inventory --help", "inventory diff --help", "top --help", "vm metrics --help", "vm history --help", "login --help", "config --help", "config set --help", "completion --help",
        ],
        ["host"] =
        [
            .. InAllFormats("host list"), "host list --no-headers", .. InAllFormats("host get host-a"), .. InAllFormats($"host switches {SampleFleet.HostA}"), "host maintenance host-a", "host maintenance host-b --end",
            .. InAllFormats("host evacuate host-a --dry-run"), "host get nowhere",
        ],
        ["vm"] =
        [
            .. InAllFormats("vm list"), "vms list --no-headers", .. InAllFormats("vm get web"), .. InAllFormats("vm history web"), .. InAllFormats("vm settings web"), .. InAllFormats("vm checkpoint list web"),
            .. InAllFormats("vm kvp list web"), .. InAllFormats("vm start 1e3"), "vm start 1e3 --wait", "vm start 1e3 -q", "vm start web", "vm get nothing", "vm get twins",
        ],
        ["dry-run"] =
        [
            "vm start 1e3 --dry-run --reason maintenance --idempotency-key k-1", "vm start web --dry-run", "migrate web host-a --dry-run", "migrate web host-b --dry-run", "migrate web host-c --bandwidth 200 --ladder 30s:raise-downtime=1000,60s:post-copy --dry-run --idempotency-key k-2", "vm rename web www --dry-run --idempotency-key k-3",
        ],
        ["migration"] =
        [
            .. InAllFormats("migration list"), .. InAllFormats($"migration get {SampleFleet.Move}"), $"migration cancel {SampleFleet.Move}", "migrate web host-b --live", "migrate web host-b --wait",
            $"migration resolve {SampleFleet.Move} --vm-is-on source --reason seen",
        ],
        ["operation"] = [.. InAllFormats("operation list"), .. InAllFormats($"operation get {SampleFleet.Start}"), $"operation watch {SampleFleet.Start}", $"operation watch {SampleFleet.Move}"],
        ["evacuation"] = [.. InAllFormats("evacuation list"), .. InAllFormats($"evacuation get {SampleFleet.Evacuation}"), $"evacuation pause {SampleFleet.Evacuation}", $"evacuation watch {SampleFleet.Evacuation}"],
        ["inventory"] =
        [
            .. InAllFormats("inventory summary"), .. InAllFormats("inventory diff --from 2026-05-04T03:02:01Z --to 2026-05-04T04:00:00Z"), "inventory as-of 2026-05-04T03:02:01Z", "top -o json",
        ],
        ["metrics"] =
        [
            .. InAllFormats("vm metrics web"), .. InAllFormats("host metrics host-a"), .. InAllFormats($"migration progress {SampleFleet.Move}"), "host history host-a", $"migration history {SampleFleet.Move}",
            $"operation history {SampleFleet.Move} -o wide",
        ],
        ["agent"] =
        [
            "join-token --help", "agent --help", .. InAllFormats("join-token list"), "join-token create --name rack --valid-for 10m", "join-token create --host host-a --dry-run --idempotency-key k-4", $"join-token delete {SampleFleet.Start}", .. InAllFormats("agent list"),
            $"agent get {SampleFleet.Hook}", $"agent approve {SampleFleet.Hook} host-a", $"agent delete {SampleFleet.Hook}",
        ],
        ["alert"] = ["alert --help", .. InAllFormats("alert list --open"), $"alert acknowledge {SampleFleet.Hook}"],
        ["access"] =
        [
            "token --help", .. InAllFormats("token list"), "token list --limit 1", "group list --limit 1 -o json", "token create ci --role Viewer --group lab --group *", "token create ci --role Viewer --group lab -o json", "token create ci --role Viewer --group lab -q",
            "token create ci --role King --group lab", "token create ci", $"token delete {SampleAccess.Token}", $"token delete {SampleAccess.Unknown}", "token delete ci",
            "grant --help", .. InAllFormats("grant list"), "grant create group:operators --role Operator --group lab", "grant create group:operators --role Operator --group lab -o yaml", $"grant delete {SampleAccess.Grant}",
            $"grant delete {SampleAccess.Unknown}",
            "group --help", .. InAllFormats("group list"), .. InAllFormats("group get lab"), "group set lab --host host-a --vm web --vm 1e3", "group set lab --host nowhere", "group set a/b", "group delete lab",
            "audit --help", .. InAllFormats("audit --from 2026-05-04T00:00:00Z"), "audit --from never",
        ],
        ["change"] =
        [
            "vm set web --cpus 4 --memory 4096 --notes hello", "vm set web --cpus 4 --wait", "vm set web --cpus 4 -o json", "vm set 1e3 --cpus 512", "vm set web --console Teletype", "vm set web --com1 pipe --dry-run --idempotency-key k",
            "vm disk create web /vm/more.vhdx --size 1.5", "vm disk create web /vm/more.vhdx --size 1.5 --controller SCSI --location 1 --dry-run --idempotency-key k", "vm disk create web /vm/more.vhdx", "vm disk attach web /vm/old.vhdx",
            "vm disk detach web /vm/old.vhdx --dry-run --idempotency-key k", "vm disk resize web /vm/more.vhdx --size 20 --dry-run --idempotency-key k",
            "vm nic add web lan --switch lab --vlan 7 --dry-run --idempotency-key k", "vm nic set web lan --mac 52:54:00:00:00:02", "vm nic remove web lan --dry-run --idempotency-key k",
            "vm rename web www", "vm kvp set web rack 8 --wait", "vm kvp remove web rack --host-only --dry-run --idempotency-key k", "vm checkpoint create web before", "vm checkpoint delete web c1 --subtree --dry-run --idempotency-key k",
            "vm copy-file web /iso/a.txt /tmp/a.txt --dry-run --idempotency-key k", "vm move-storage web --to /fast --disk a.vhdx=/faster/a.vhdx --dry-run --idempotency-key k", "vm move-storage web --disk a.vhdx",
        ],
        ["package"] =
        [
            "vm export web --to /exports/web", "vm export web --to /exports/web -q", "vm export web --to /exports/web --detach", "vm export web --to /exports/web --detach -o json", "vm export web",
            "vm export web --to /exports/web --snapshots c1 --dry-run --idempotency-key k", "vm import host-a /exports/web", "vm import host-a /exports/web --detach -o yaml",
            "vm import host-a /exports/web --name copy --disk a.vhdx=/vm/a.vhdx --network lan=lab --start --dry-run --idempotency-key k", "vm import host-a /exports/web --disk a.vhdx",
        ],
        ["webhook"] =
        [
            "webhook --help", .. InAllFormats("webhook list"), $"webhook get {SampleFleet.Hook}", "webhook create https://ci.example/hook --type vm_moved", "webhook create https://ci.example/hook -o name",
            $"webhook set {SampleFleet.Hook} --paused", $"webhook delete {SampleFleet.Hook}", $"webhook test {SampleFleet.Hook}", .. InAllFormats($"webhook deliveries {SampleFleet.Hook} --status Dead"),
            $"webhook redeliver {SampleFleet.Hook} {SampleFleet.Start}",
        ],
        ["event"] = [.. InAllFormats("event watch --from 0 --count 2")],
        ["usage"] =
        [
            "vm lst", "vm list --sort size", "vm list --state Asleep", "vm list --generation two", "vm list --secure-boot maybe", "vm list --limit 0", "migrate web", "migrate web host-b --live --cold", "migration get 12", "vm start 1e3 --wait --timeout soon", "vm list --as-of yesterday", "host list -o xml", "login",
            $"migration resolve {SampleFleet.Move} --vm-is-on source",
        ],
        ["self"] = ["version", "version -o json", .. InAllFormats("whoami"), "completion bash", "completion zsh", "completion fish", "config view"],
    };

    public static TheoryData<string> Transcripts => [.. s_transcripts.Keys];

    [Theory]
    [MemberData(nameof(Transcripts))]
    public async Task Every_verb_prints_what_it_has_printed_before(string name)
    {
        var text = new StringBuilder();
        foreach (var line in s_transcripts[name])
        {
            var run = await CliRun.Async(SampleFleet.Create(), line.Split(' '));
            text.Append($"$ hv {line}\n{run.Out}{Marked(run.Error)}[{run.ExitCode}]\n\n");
        }

        var path = Path.Combine(Repository.Root, "tests", "UnitTests", "Cli", "golden", $"{name}.txt");
        if (Environment.GetEnvironmentVariable("HV_UPDATE_GOLDEN") == "1")
        {
            await File.WriteAllTextAsync(path, text.ToString());
        }

        Assert.Equal(await File.ReadAllTextAsync(path), text.ToString());
        Assert.DoesNotContain("The script has no", text.ToString());
        Assert.DoesNotContain("is not one of HvPlatform's API", text.ToString());
    }

    static IEnumerable<string> InAllFormats(string line) => s_formats.Select(f => f == "table" ? line : $"{line} -o {f}");

    /// <summary>Lines of standard error are marked.</summary>
    static string Marked(string error) => string.Concat(error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => $"! {l}\n"));
}
