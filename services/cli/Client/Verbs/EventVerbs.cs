using System.CommandLine;
using System.Text.Json;
using HvPlatform.ApiClient;
using HvPlatform.Cli.Client.Completion;
using HvPlatform.Cli.Client.Output;

namespace HvPlatform.Cli.Client.Verbs;

/// <summary><c>hv event watch</c>.</summary>
internal static class EventVerbs
{
    static readonly TimeSpan s_again = TimeSpan.FromSeconds(1);

    public static Command Create(Cli cli) => Cli.Group("event", "The history of the whole fleet as it happens.", [Watch(cli)], "events");

    static Command Watch(Cli cli)
    {
        var types = new Option<string[]>("--type") { Description = "Only these events, for example vm_state_changed; may be given several times or with commas.", AllowMultipleArgumentsPerToken = true, HelpName = "TYPE" };
        var vm = Completions.Dynamic(new Option<string?>("--vm") { Description = "Only about this VM.", HelpName = "VM" }, Completions.Vms);
        var host = Completions.Dynamic(new Option<string?>("--host") { Description = "Only about this host.", HelpName = "HOST" }, Completions.Hosts);
        var from = new Option<long?>("--from") { Description = "Begin right after this position: 0 for the whole history, or the last number you have seen. Otherwise with what happens next.", HelpName = "SEQ" };
        var count = new Option<int?>("--count") { Description = "End after this many events.", HelpName = "N" };
        return cli.Verb("watch", "Prints events as they happen, until Ctrl-C. A broken connection is taken up where it broke.", [types, vm, host, from, count], async run =>
        {
            Guid? ofVm = run.Get(vm) is { } vmName ? await Find.VmAsync(run, vmName) : null;
            Guid? ofHost = run.Get(host) is { } hostName ? await Find.HostAsync(run, hostName) : null;
            var wanted = run.Get(types) is { Length: > 0 } given ? string.Join(',', given) : null;
            var (position, left) = (run.Get(from), run.Get(count) ?? int.MaxValue);
            while (left > 0 && !run.Cancelled.IsCancellationRequested)
            {
                try
                {
                    await foreach (var item in run.Api.StreamEventsAsync(types: wanted, vm: ofVm, host: ofHost, after: position, cancellationToken: run.Cancelled))
                    {
                        var happened = JsonSerializer.Deserialize(item.Data, ApiJson.Default.HistoryEvent)!;
                        position = happened.Seq;
                        Print(run, happened, item.Data);
                        if (--left == 0)
                        {
                            break;
                        }
                    }
                }
                catch (Exception e) when (position is not null && e is HttpRequestException or IOException or ApiProblemException { Status: >= System.Net.HttpStatusCode.InternalServerError })
                {
                    run.Print.Note($"hv: the event stream broke ({e.Message}); going on after {position}.");
                }

                if (left > 0)
                {
                    await Task.Delay(s_again, run.Host.Time, run.Cancelled);
                }
            }

            return ExitCodes.Done;
        });
    }

    static void Print(Run run, HistoryEvent e, string json)
    {
        if (run.Print.IsTable)
        {
            run.Print.Lines([$"{e.Seq,-8} {Words.AtMs(e.At)}  {e.Type,-28} {Subject(e)}{(run.Print.IsWide ? $"  {e.Data.GetRawText()}" : "")}".TrimEnd()]);
        }
        else
        {
            run.Print.One(JsonElement.Parse(json), $"{e.Seq}", () => []);
        }

        run.Host.Out.Flush();
    }

    /// <summary>Whom it is about, with its name if the event has one.</summary>
    static string Subject(HistoryEvent e)
    {
        var name = e.Data.ValueKind == JsonValueKind.Object && (e.Data.TryGetProperty("name", out var own) || e.Data.TryGetProperty("vmName", out own)) ? $"{own} " : "";
        var state = e.Data.ValueKind == JsonValueKind.Object && e.Data.TryGetProperty("state", out var now) && now.ValueKind == JsonValueKind.String ? $" {now}" : "";
        return $"{name}{e.StreamId}{state}";
    }
}
