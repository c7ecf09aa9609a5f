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
        var live = new Option<bool>("--live") { Description = "Also what is not kept: progress of migrations, samples, alerts." };
        var count = new Option<int?>("--count") { Description = "End after this many events.", HelpName = "N" };
        return cli.Verb("watch", "Prints events as they happen, until Ctrl-C. A broken connection is taken up where it broke.", [types, vm, host, from, live, count], async run =>
        {
            Guid? ofVm = run.Get(vm) is { } vmName ? await Find.VmAsync(run, vmName) : null;
            Guid? ofHost = run.Get(host) is { } hostName ? await Find.HostAsync(run, hostName) : null;
            var wanted = run.Get(types) is { Length: > 0 } given ? string.Join(',', given) : null;
            var (position, left) = (run.Get(from), run.Get(count) ?? int.MaxValue);
            while (left > 0 && !run.Cancelled.IsCancellationRequested)
            {
                try
                {
                    await foreach (var item in run.Api.StreamEventsAsync(types: wanted, vm: ofVm, host: ofHost, after: position, live: run.Get(live) ? true : null, cancellationToken: run.Cancelled))
                    {
                        position = Print(run, item) ?? position;
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

    /// <summary>Prints an event and gives its position; null for one that is not kept.</summary>
    static long? Print(Run run, ServerSentEvent item)
    {
        var kept = item.Id is null ? null : ApiJson.Read(JsonElement.Parse(item.Data), ApiTypes.ToHistoryEvent);
        if (!run.Print.IsTable)
        {
            run.Print.One(JsonElement.Parse(item.Data), item.Id ?? item.Type, () => []);
        }
        else if (kept is null)
        {
            run.Print.Lines([$"{"live",-8} {Words.AtMs(run.Host.Time.GetUtcNow())}  {item.Type,-28} {item.Data}"]);
        }
        else
        {
            run.Print.Lines([$"{kept.Seq,-8} {Words.AtMs(kept.At)}  {kept.Type,-28} {Subject(kept)}{(run.Print.IsWide ? $"  {kept.Data.GetRawText()}" : "")}".TrimEnd()]);
        }

        run.Host.Out.Flush();
        return kept?.Seq;
    }

    /// <summary>Whom it is about, with its name if the event has one.</summary>
    static string Subject(HistoryEvent e)
    {
        var name = e.Data.ValueKind == JsonValueKind.Object && (e.Data.TryGetProperty("name", out var own) || e.Data.TryGetProperty("vmName", out own)) ? $"{own} " : "";
        var state = e.Data.ValueKind == JsonValueKind.Object && e.Data.TryGetProperty("state", out var now) && now.ValueKind == JsonValueKind.String ? $" {now}" : "";
        return $"{name}{e.StreamId}{state}";
    }
}
