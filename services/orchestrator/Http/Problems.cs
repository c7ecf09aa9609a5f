using System.Diagnostics;
using System.Globalization;
using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;

namespace HvPlatform.Orchestrator.Http;

/// <summary>The one place where a <see cref="Refusal"/> becomes HTTP: its status, its problem type, its title.</summary>
internal static class Problems
{
    public const string ContentType = "application/problem+json";

    /// <summary>Every problem type of the API: code → status and title. docs/howto/api.md lists them for readers.</summary>
    public static IReadOnlyDictionary<string, (int Status, string Title)> Types { get; } = new Dictionary<string, (int, string)>
    {
        ["malformed-json"] = (400, "The body is not JSON"),
        ["invalid-request"] = (400, "The request is not valid"),
        ["unknown-parameter"] = (400, "A query parameter is not known"),
        ["invalid-parameter"] = (400, "A parameter is not valid"),
        ["invalid-header"] = (400, "A header is not valid"),
        ["invalid-id"] = (400, "The id is not a UUID"),
        ["unauthenticated"] = (401, "It is not known who asks"),
        ["forbidden"] = (403, "The caller may not do this"),
        ["sign-in-failed"] = (403, "Nobody is signed in"),
        ["join-token-refused"] = (403, "The join token is not good"),
        ["agent-refused"] = (403, "The agent is not who it says, or not any more"),
        ["host-needs-approval"] = (403, "An administrator has to give the host to its agent"),
        ["csrf-check-failed"] = (403, "The request may come from another site"),
        ["host-not-allowed"] = (421, "The request is meant for another site"),
        ["rate-limited"] = (429, "Too many requests"),
        ["api-token-not-found"] = (404, "The API token does not exist"),
        ["grant-not-found"] = (404, "The grant does not exist"),
        ["grant-exists"] = (409, "The subject has a role there already"),
        ["resource-group-not-found"] = (404, "The resource group does not exist"),
        ["unknown-group"] = (422, "A resource group named in the request does not exist"),
        ["no-such-endpoint"] = (404, "There is nothing here"),
        ["method-not-allowed"] = (405, "The path does not take this method"),
        ["vm-not-found"] = (404, "The VM does not exist"),
        ["host-not-found"] = (404, "The host does not exist"),
        ["operation-not-found"] = (404, "The operation does not exist"),
        ["migration-not-found"] = (404, "The migration does not exist"),
        ["alert-not-found"] = (404, "The alert does not exist"),
        ["evacuation-not-found"] = (404, "The evacuation does not exist"),
        ["webhook-not-found"] = (404, "The webhook does not exist"),
        ["delivery-not-found"] = (404, "The delivery does not exist"),
        ["too-many-webhooks"] = (409, "There are too many webhooks"),
        ["agent-not-found"] = (404, "The agent does not exist"),
        ["join-token-not-found"] = (404, "The join token does not exist"),
        ["wrong-state"] = (409, "The VM is in the wrong state"),
        ["vm-busy"] = (409, "Another operation is running on the VM"),
        ["vm-migrating"] = (409, "The VM is being migrated"),
        ["vm-missing"] = (409, "The VM is missing from its host"),
        ["vm-deleted"] = (409, "The VM is deleted"),
        ["vm-runs-twice"] = (409, "The VM runs on two hosts"),
        ["vm-exists"] = (409, "The VM exists already"),
        ["vm-name-taken"] = (409, "The name is taken"),
        ["no-capacity"] = (409, "The host has no room"),
        ["host-takes-no-migrations"] = (409, "The host takes part in no migration"),
        ["not-in-doubt"] = (409, "The migration is not in doubt"),
        ["operation-final"] = (409, "The operation has ended"),
        ["host-read-refused"] = (409, "The host cannot say this now"),
        ["operation-kind"] = (409, "The operation is of another kind"),
        ["host-in-maintenance"] = (409, "The host is in maintenance"),
        ["evacuation-running"] = (409, "The host is being emptied"),
        ["evacuation-wrong-state"] = (409, "The evacuation is in the wrong state"),
        ["agent-name-taken"] = (409, "Another agent has the name"),
        ["host-claimed"] = (409, "Another agent manages the host"),
        ["agent-revoked"] = (409, "The agent is revoked"),
        ["secret-told-once"] = (409, "The secret was in the first answer only"),
        ["etag-mismatch"] = (412, "The resource has changed"),
        ["body-too-large"] = (413, "The body is too large"),
        ["unsupported-media-type"] = (415, "The body's media type is not supported"),
        ["idempotency-key-reused"] = (422, "The idempotency key belongs to another request"),
        ["unknown-host"] = (422, "A host named in the request does not exist"),
        ["same-host"] = (422, "The VM is on that host already"),
        ["hypervisor-mismatch"] = (422, "The hosts' hypervisors differ"),
        ["facet-unsupported"] = (422, "The host cannot do this"),
        ["too-many-attempts"] = (429, "Too many joins were refused"),
        ["internal-error"] = (500, "The orchestrator failed"),
        ["host-read-failed"] = (502, "The host could not answer"),
        ["host-agent-down"] = (503, "The host's agent is down"),
        ["host-not-registered"] = (503, "The host's agent has not registered"),
        ["hypervisor-unreachable"] = (503, "The host's hypervisor does not answer"),
        ["too-many-streams"] = (503, "Too many event streams are open"),
        ["ca-not-configured"] = (503, "The platform has no CA"),
        ["issuer-not-configured"] = (503, "The platform has no issuer"),
        ["broker-unavailable"] = (503, "The broker could not be told"),
        ["database-unavailable"] = (503, "The database does not answer"),
        ["host-read-timeout"] = (504, "The host did not answer in time"),
    };

    /// <summary>The response for a refusal.</summary>
    public static IResult Result(HttpContext http, Refusal refusal)
    {
        var problem = Describe(refusal, http.Request.PathBase + http.Request.Path);
        if (problem.RetryAfterSeconds is { } seconds)
        {
            http.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        return Results.Json(problem with { TraceId = Activity.Current?.TraceId.ToHexString() }, HvJson.Options, ContentType, problem.Status);
    }

    /// <summary>The document for a refusal.</summary>
    public static Problem Describe(Refusal refusal, string instance)
    {
        var error = refusal.Error;
        var (status, title) = Types.TryGetValue(error.Code, out var type) ? type : (500, "The orchestrator failed");
        return new Problem
        {
            Type = $"urn:hvplatform:problem:{error.Code}",
            Title = title,
            Status = status,
            Detail = error.Message,
            Instance = instance,
            Code = error.Code,
            Advice = error.Advice,
            Errors = refusal.Fields,
            Found = refusal.Found,
            Allowed = refusal.Allowed,
            OperationUrl = refusal.RunningOperation is { } operation ? Urls.Operation(operation) : null,
            EvacuationUrl = refusal.EvacuationUrl,
            LastSeenAt = refusal.LastSeenAt,
            RetryAfterSeconds = refusal.RetryAfterSeconds,
            AskedMiB = refusal.AskedMiB,
            FreeMiB = refusal.FreeMiB,
            Where = error.Where,
            NativeCode = error.NativeCode,
            NativeMessage = error.NativeMessage,
            Cause = error.Cause,
        };
    }
}
