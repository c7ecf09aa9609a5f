using System.Net;

namespace HvPlatform.UnitTests.Cli;

/// <summary>Tokens, grants, groups and the audit as the API answers them.</summary>
internal static class SampleAccess
{
    public const string Token = "00000000-0000-0000-0000-0000000000c1", Grant = "00000000-0000-0000-0000-0000000000c2", Unknown = "00000000-0000-0000-0000-0000000000ff";

    const string At = "2026-05-04T03:02:01Z";

    public static ScriptedApi Add(ScriptedApi api) => api
        .On("GET /v1/api-tokens", SampleFleet.Page(TokenBody("ci", ""), TokenBody("old", $$""","lastUsedAt":"{{At}}","revokedAt":"{{At}}" """)))
        .On("POST /v1/api-tokens", TokenBody("ci", ""","token":"hvt_secret" """), HttpStatusCode.Created)
        .On($"DELETE /v1/api-tokens/{Token}", "", HttpStatusCode.NoContent)
        .On($"DELETE /v1/api-tokens/{Unknown}", SampleFleet.Problem(404, "token-not-found", $"There is no API token {Unknown}.", "List them with GET /v1/api-tokens."), HttpStatusCode.NotFound)
        .On("GET /v1/grants", SampleFleet.Page(GrantBody))
        .On("POST /v1/grants", GrantBody, HttpStatusCode.Created)
        .On($"DELETE /v1/grants/{Grant}", "", HttpStatusCode.NoContent)
        .On($"DELETE /v1/grants/{Unknown}", SampleFleet.Problem(403, "forbidden", "ann is no Admin in all groups.", "Ask an administrator."), HttpStatusCode.Forbidden)
        .On("GET /v1/resource-groups", SampleFleet.Page(GroupBody, """{"name":"empty","hosts":[],"vms":[]}"""))
        .On("GET /v1/resource-groups/lab", GroupBody)
        .On("PUT /v1/resource-groups/lab", GroupBody)
        .On("PUT /v1/resource-groups/a%2Fb", SampleFleet.Problem(400, "invalid-request", "The request is not valid.", "Correct the named fields.", ""","errors":{"name":["must be letters, digits, - and _"]}"""), HttpStatusCode.BadRequest)
        .On("DELETE /v1/resource-groups/lab", "", HttpStatusCode.NoContent)
        .On("GET /v1/audit", SampleFleet.Page(Event(12, "api_token_made", """{"name":"ci","role":"Viewer"}"""), Event(11, "access_denied", """{"caller":"ann","request":"DELETE /v1/vms"}""")));

    static string TokenBody(string name, string more) =>
        $$"""{"id":"{{Token}}","name":"{{name}}","role":"Viewer","groups":["lab","*"],"createdBy":"ann","createdAt":"{{At}}","expiresAt":"2026-08-02T03:02:01Z"{{more}} }""";

    static string GrantBody => $$"""{"id":"{{Grant}}","subject":"group:operators","group":"lab","role":"Operator","createdBy":"ann","createdAt":"{{At}}"}""";

    static string GroupBody => $$"""{"name":"lab","hosts":["{{SampleFleet.HostA}}"],"vms":["{{SampleFleet.Web}}","{{SampleFleet.Db}}"]}""";

    static string Event(long seq, string type, string data) =>
        $$"""{"seq":{{seq}},"streamId":"{{Token}}","version":{{seq}},"type":"{{type}}","at":"{{At}}","data":{{data}}}""";
}
