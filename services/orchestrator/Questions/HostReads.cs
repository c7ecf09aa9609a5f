using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Orchestrator.Http;

namespace HvPlatform.Orchestrator.Questions;

/// <summary>The endpoints that ask a host live.</summary>
internal static class HostReads
{
    const int LargestPixels = 4096;

    static readonly IReadOnlyList<QueryParameter> ScreenshotSize =
    [
        new("width", "Width wanted, pixels, 16 to 4096; the host gives what is nearest.", "integer", "int32"),
        new("height", "Height wanted, pixels, 16 to 4096.", "integer", "int32"),
    ];

    public static void Map(RouteGroupBuilder v1)
    {
        Vm<ReadVmSettings, VmSettingsState>(v1, "settings", "settings", "the settings of a VM", "Get a VM's settings as its host has them now.", "GetVmSettings", (h, v) => new ReadVmSettings { HostId = h, VmId = v });
        Vm<ReadVmCheckpoints, VmCheckpoints>(v1, "checkpoints", "checkpoints", "the checkpoints of a VM", "List a VM's checkpoints as its host has them now; their parents make them a tree.", "ListVmCheckpoints", (h, v) => new ReadVmCheckpoints { HostId = h, VmId = v });
        Vm<ReadVmKvp, VmKvp>(v1, "kvp", "guest", "the key-value pairs of a VM", "Get a VM's key-value pairs: the guest's, its own description of itself, and the host's.", "GetVmKvp", (h, v) => new ReadVmKvp { HostId = h, VmId = v });
        v1.MapGet("/vms/{id}/screenshot", ScreenshotAsync)
            .Reads<VmScreenshot>("GetVmScreenshot", "VMs", "Get a picture of a VM's screen: image/png if the request accepts it, else JSON with the picture in base64.", ScreenshotSize, Problems404);
        v1.MapGet("/hosts/{id}/switches", SwitchesAsync).Reads<HostSwitches>("ListHostSwitches", "Hosts", "List a host's virtual switches as it has them now.", null, Problems404);
    }

    static int[] Problems404 => [404, 409, 422, 502, 503, 504];

    static void Vm<TQuestion, TAnswer>(RouteGroupBuilder v1, string path, string facet, string what, string summary, string name, Func<HostId, VmId, TQuestion> question)
        where TQuestion : class, IHostQuestion
        where TAnswer : class => v1.MapGet($"/vms/{{id}}/{path}", async (string id, HttpContext http, HostQuestions questions) =>
        {
            if (!RouteIds.TryRead<VmId>(id, out var vm, out var wrong))
            {
                return Problems.Result(http, wrong);
            }

            var outcome = await questions.AskAsync<TQuestion, TAnswer>(vm, facet, what, host => question(host, vm), http.RequestAborted);
            return outcome.Is(out var answer, out var refusal) ? Resources.Single(http, answer) : Problems.Result(http, refusal);
        }).Reads<TAnswer>(name, "VMs", summary, null, Problems404);

    static async Task<IResult> ScreenshotAsync(string id, HttpContext http, HostQuestions questions)
    {
        var query = new QueryReader(http);
        var (width, height) = (query.Int("width", 1024, 16, LargestPixels), query.Int("height", 768, 16, LargestPixels));
        if (!RouteIds.TryRead<VmId>(id, out var vm, out var wrong) || (wrong = query.Refusal) is not null)
        {
            return Problems.Result(http, wrong);
        }

        var outcome = await questions.AskAsync<ReadVmScreenshot, VmScreenshot>(
            vm, "console", "a picture of the screen of a VM", host => new ReadVmScreenshot { HostId = host, VmId = vm, WidthPixels = width, HeightPixels = height }, http.RequestAborted);
        if (!outcome.Is(out var picture, out var refusal))
        {
            return Problems.Result(http, refusal);
        }

        http.Response.Headers.CacheControl = "no-store";
        return http.Request.Headers.Accept.ToString().Contains("image/png", StringComparison.OrdinalIgnoreCase)
            ? Results.Bytes(Convert.FromBase64String(picture.PngBase64), "image/png")
            : Resources.Ok(picture);
    }

    static async Task<IResult> SwitchesAsync(string id, HttpContext http, HostQuestions questions)
    {
        if (!RouteIds.TryRead<HostId>(id, out var host, out var wrong))
        {
            return Problems.Result(http, wrong);
        }

        var outcome = await questions.AskAsync<ReadHostSwitches, HostSwitches>(host, "switches", "its virtual switches", new ReadHostSwitches { HostId = host }, http.RequestAborted);
        return outcome.Is(out var switches, out var refusal) ? Resources.Single(http, switches) : Problems.Result(http, refusal);
    }
}
