using System.Net;

namespace HvPlatform.UnitTests.Cli;

/// <summary>Changes of a VM's settings, devices and files as the API takes them, and an export and an import to their end.</summary>
internal static class SampleChanges
{
    public const string Export = "00000000-0000-0000-0000-0000000000d1", Import = "00000000-0000-0000-0000-0000000000d2", Change = "00000000-0000-0000-0000-0000000000d3";

    const string At = "2026-05-04T03:02:01Z";

    public static ScriptedApi Add(ScriptedApi api) => api
        .On($"POST /v1/vms/{SampleFleet.Web}/settings", Accepted("ReconfigureVm"), HttpStatusCode.Accepted)
        .On($"POST /v1/vms/{SampleFleet.Db}/settings", SampleFleet.Problem(422, "settings-refused", "VM '1e3' cannot have 512 processors.", "Ask for fewer.", ""","nativeCode":"Hyper-V:32773","nativeMessage":"Invalid parameter" """), HttpStatusCode.UnprocessableEntity)
        .On($"POST /v1/vms/{SampleFleet.Web}/kvp", Accepted("WriteVmKvp"), HttpStatusCode.Accepted)
        .On($"POST /v1/vms/{SampleFleet.Web}/checkpoints", Accepted("CreateVmCheckpoint"), HttpStatusCode.Accepted)
        .On($"POST /v1/vms/{SampleFleet.Web}/rename", Accepted("RenameVm"), HttpStatusCode.Accepted)
        .On($"GET /v1/operations/{Change}", SampleFleet.Operation(Change, "ReconfigureVm", SampleFleet.Web, "web", "Succeeded", Finished))
        .On($"POST /v1/vms/{SampleFleet.Web}/storage-moves", Accepted("MoveVmStorage"), HttpStatusCode.Accepted)
        .On($"POST /v1/vms/{SampleFleet.Web}/export", Exporting("Accepted", "Planning", ""), HttpStatusCode.Accepted)
        .On($"GET /v1/operations/{Export}", Exporting("Running", "Exporting", ""","progress":{"percent":40,"item":"web.vhdx"}"""))
        .On($"GET /v1/operations/{Export}", Exporting("Succeeded", "Completed", Result("""
            "manifest":{"version":1,"hypervisor":"HyperV","vmId":"00000000-0000-0000-0000-000000000001","vmName":"web","mode":"Full","exportedAt":"2026-05-04T03:02:01Z","files":[{"path":"Virtual Machines/web.vmcx","kind":"definition","bytes":4096}]}
            """), Finished))
        .On($"POST /v1/hosts/{SampleFleet.HostA}/import", Importing("Accepted", "Planning", ""), HttpStatusCode.Accepted)
        .On($"GET /v1/operations/{Import}", Importing("Succeeded", "Completed", Result($"\"importedVmId\":\"{SampleFleet.Db}\""), Finished));

    static string Finished => $$""","finishedAt":"2026-05-04T03:02:02.5Z" """;

    static string Accepted(string kind) => SampleFleet.Operation(Change, kind, SampleFleet.Web, "web", "Accepted", "");

    static string Result(string what) => $$""","result":{"totalMs":1500,{{what}}}""";

    static string Exporting(string status, string phase, string package, string more = "") =>
        SampleFleet.Operation(Export, "ExportVm", SampleFleet.Web, "web", status, $$""","package":{"phase":"{{phase}}","directory":"/exports/web"{{package}}}{{more}}""");

    static string Importing(string status, string phase, string package, string more = "") =>
        SampleFleet.Operation(Import, "ImportVm", SampleFleet.Db, "1e3", status, $$""","package":{"phase":"{{phase}}","directory":"/exports/web"{{package}}}{{more}}""");
}
