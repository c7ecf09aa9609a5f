using System.Diagnostics.CodeAnalysis;
using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;

namespace HvPlatform.Orchestrator.Http;

/// <summary>Ids in paths.</summary>
internal static class RouteIds
{
    /// <summary>Reads an id; one that is not a UUID is refused with what was found.</summary>
    public static bool TryRead<T>(string text, out T id, [NotNullWhen(false)] out Refusal? refusal)
        where T : struct, IGuidId<T>
    {
        if (T.TryParse(text, null, out id))
        {
            refusal = null;
            return true;
        }

        refusal = Refusals.Of(ErrorKind.Validation, "invalid-id", $"'{(text.Length > 80 ? text[..80] : text)}' in the path is not a UUID.",
            "Ids look like 0197a2b4-5c6d-7e8f-9a0b-1c2d3e4f5a6b.");
        return false;
    }
}
