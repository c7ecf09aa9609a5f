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

    public static Refusal NoGroup(string name) => Refusals.Of(ErrorKind.NotFound, "resource-group-not-found", $"There is no resource group '{name}'.", "List them with GET /v1/resource-groups.");
}
