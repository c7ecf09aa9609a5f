using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;

namespace HvPlatform.Orchestrator.Access;

/// <summary>Why a change of who may do what is refused.</summary>
internal static class AccessRefusals
{
    public static Refusal UnknownGroup(string name, string field) => Refusals.Of(ErrorKind.Validation, "unknown-group", $"There is no resource group '{name}'.",
        "Make it with PUT /v1/resource-groups/NAME, or use default or *.") with
    { Fields = Refusals.Field(field, $"no resource group is called '{name}'") };

    public static Refusal WrongId(string text) => Refusals.Of(ErrorKind.Validation, "invalid-id", $"'{(text.Length > 80 ? text[..80] : text)}' in the path is not a UUID.",
        "Ids look like 0197a2b4-5c6d-7e8f-9a0b-1c2d3e4f5a6b.");

    public static Refusal NoToken(Guid id) => Refusals.Of(ErrorKind.NotFound, "api-token-not-found", $"No API token that is good has the id {id}.", "List them with GET /v1/api-tokens.");

    public static Refusal NoGrant(Guid id) => Refusals.Of(ErrorKind.NotFound, "grant-not-found", $"No grant has the id {id}.", "List them with GET /v1/grants.");

    public static Refusal GrantExists(string subject, string group, string role) => Refusals.Of(ErrorKind.Conflict, "grant-exists", $"'{subject}' has the role {role} in the group '{group}' already.",
        "Remove that grant first if the role is to be another.") with
    { Found = role };

    /// <summary>A repeat of a request that has made a secret.</summary>
    public static Refusal SecretToldOnce(string url) => Refusals.Of(ErrorKind.Conflict, "secret-told-once",
        $"The request with this Idempotency-Key was carried out: {url}. Its answer had a secret in it, which is not kept and cannot be told again.",
        $"If that answer was lost, undo it with DELETE {url} and ask again with another Idempotency-Key; a webhook's secret is replaced with POST {url}/secret instead.") with
    { Found = url };

    public static Refusal NoGroup(string name) => Refusals.Of(ErrorKind.NotFound, "resource-group-not-found", $"There is no resource group '{name}'.", "List them with GET /v1/resource-groups.");
}
