using System.Globalization;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Evacuations;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Orchestrator.Http;
using HvPlatform.Orchestrator.ReadModels;

namespace HvPlatform.Orchestrator.Accepting;

/// <summary>Every reason to refuse a request, in the words a caller reads: what, where, why, and what next.</summary>
internal static class Refusals
{
    public static Refusal VmNotFound(VmId vm) => Of(ErrorKind.NotFound, "vm-not-found", $"No VM has the id {vm}.",
        "Look it up with GET /v1/vms?search=… ; a VM made a moment ago appears when its host has reported it.");

    /// <summary>Nothing had been recorded of it by then.</summary>
    public static Refusal NotKnownThen(string code, string what, DateTimeOffset asOf, string historyUrl) => Of(ErrorKind.NotFound, code,
        $"{what} was not known at {asOf.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}.", $"Ask for a later instant; if it exists now, its history begins at {historyUrl}.");

    public static Refusal HostNotFound(HostId host) => Of(ErrorKind.NotFound, "host-not-found", $"No host has the id {host}.", "List the hosts with GET /v1/hosts.");

    public static Refusal OperationNotFound(OperationId id) => Of(ErrorKind.NotFound, "operation-not-found", $"No operation has the id {id}.",
        "List the operations with GET /v1/operations.");

    public static Refusal AlertNotFound(AlertId id) => Of(ErrorKind.NotFound, "alert-not-found", $"No alert has the id {id}.", "List the alerts with GET /v1/alerts.");

    public static Refusal MigrationNotFound(OperationId id) => Of(ErrorKind.NotFound, "migration-not-found", $"No migration has the id {id}.",
        "List the migrations with GET /v1/migrations; an operation of another kind is at /v1/operations/{id}.");

    public static Refusal VmGone(VmPlacement vm) => vm.DeletedAt is { } deletedAt
        ? Of(ErrorKind.InvalidState, "vm-deleted", $"VM '{vm.Name}' ({vm.Id}) was deleted at {Utc(deletedAt)}.",
            $"Its history is at {Urls.Vm(vm.Id)}/history; choose another VM.") with
        { Found = "Deleted" }
        : Of(ErrorKind.InvalidState, "vm-missing", $"VM '{vm.Name}' ({vm.Id}) has been missing from its host {vm.HostId} since {Utc(vm.MissingSince ?? vm.ObservedAt)}.",
            "Find out on the host where it went; it can be commanded again as soon as a host reports it.") with
        { Found = "Missing" };

    public static Refusal WrongState(VmPlacement vm, string verb, IReadOnlyList<VmState> allowed, string advice) =>
        Of(ErrorKind.InvalidState, "wrong-state",
            $"VM '{vm.Name}' ({vm.Id}) is {vm.State}; {verb} needs {string.Join(" or ", allowed)}.", advice, vm.HostId.ToString()) with
        {
            Found = vm.State.ToString(),
            Allowed = [.. allowed.Select(s => s.ToString())],
        };

    /// <summary>Null if a VM in this state can be migrated this way. A running VM is never stopped, a stopped one never started.</summary>
    public static Refusal? MigrationState(VmPlacement vm, MigrationMode mode, bool cold) => (cold, vm.State) switch
    {
        (true, VmState.Off) or (false, VmState.Running or VmState.Paused) => null,
        (true, _) => WrongState(vm, "cold migration", [VmState.Off], "Shut it down first, or leave policy.mode at Auto to move it live."),
        (false, VmState.Off) => WrongState(vm, "live migration", [VmState.Running, VmState.Paused], "Start it first, or leave policy.mode at Auto to move it cold."),
        _ when mode == MigrationMode.Live => WrongState(vm, "live migration", [VmState.Running, VmState.Paused], "Start it first."),
        _ => WrongState(vm, "migration", [VmState.Running, VmState.Paused, VmState.Off], "Start it or turn it off first."),
    };

    /// <summary>Null if the host lets VMs be migrated at all.</summary>
    public static Refusal? NoMigrations(HostState host) => host is { MaxConcurrentMigrations: null or > 0, MaxMigrationBandwidthMiBps: null or > 0 }
        ? null
        : Of(ErrorKind.Resource, "host-takes-no-migrations", $"Host '{host.Name}' ({host.Id}) is set to take part in no migration: its limit is 0.",
            "Raise its agent's limit of concurrent migrations or of migration bandwidth, or choose another host.", host.Name);

    /// <summary>A migration that needs no word from an operator.</summary>
    public static Refusal NotInDoubt(OperationId id, OperationStatus status, MigrationPhase? phase) => Of(ErrorKind.InvalidState, "not-in-doubt",
        $"Migration {id} is not in doubt: it is {status}{(phase is null ? "" : $", phase {phase}")}.",
        $"Nothing has to be asserted; follow it at {Urls.Migration(id)}. A running migration can be cancelled.") with
    { Found = status.ToString(), Allowed = [nameof(OperationStatus.InDoubt)], RunningOperation = id };

    public static Refusal VmBusy(VmId vm, OperationId running, OperationKind kind) => kind == OperationKind.MigrateVm
        ? Of(ErrorKind.Conflict, "vm-migrating", $"VM {vm} is being migrated by operation {running}.",
            $"Wait for that migration to end ({Urls.Operation(running)}), or cancel it with POST {Urls.Migration(running)}/cancel.") with
        { RunningOperation = running, Found = kind.ToString() }
        : Of(ErrorKind.Conflict, "vm-busy", $"Operation {running} ({kind}) is running on VM {vm}; a VM takes one operation at a time.",
            $"Wait for that operation to end ({Urls.Operation(running)}), then ask again.") with
        { RunningOperation = running, Found = kind.ToString() };

    public static Refusal VmExists(VmId vm, string name) => Of(ErrorKind.Conflict, "vm-exists", $"A VM with the id {vm} exists already: '{name}'.",
        "Leave spec.id out to have one made.") with
    { Fields = Field("spec.id", $"{vm} is in use by VM '{name}'") };

    public static Refusal ImportedVmExists(VmId vm, string name) => Of(ErrorKind.Conflict, "vm-exists", $"A VM with the id {vm} exists already: '{name}'.",
        "Import it with a new id (settings.newId), or delete that VM first.") with
    { Fields = Field("vmId", $"{vm} is in use by VM '{name}'") };

    /// <summary>An operation of another kind than export and import.</summary>
    public static Refusal NoPackage(Operations.Operation operation, string verb) => Of(ErrorKind.InvalidState, "operation-kind",
        $"Operation {operation.Id} is a {operation.Kind}; only exports and imports are {verb} here.",
        operation.Kind == OperationKind.MigrateVm ? $"Migrations have their own: POST {Urls.Migration(operation.Id)}/cancel or /resolve." : "Wait for it to end.") with
    { Found = operation.Kind.ToString(), Allowed = [nameof(OperationKind.ExportVm), nameof(OperationKind.ImportVm)], RunningOperation = operation.Id };

    /// <summary>An export or import that needs no word from an operator.</summary>
    public static Refusal PackageNotInDoubt(Operations.Operation operation) => Of(ErrorKind.InvalidState, "not-in-doubt",
        $"Operation {operation.Id} is not in doubt: it is {operation.Status}, phase {operation.PackagePhase}.",
        $"Nothing has to be asserted; follow it at {Urls.Operation(operation.Id)}. One that runs can be cancelled.") with
    { Found = operation.Status.ToString(), Allowed = [nameof(OperationStatus.InDoubt)], RunningOperation = operation.Id };

    public static Refusal NameTaken(string name, HostId host, VmId by, string field = "spec.name") => Of(ErrorKind.Conflict, "vm-name-taken", $"VM {by} on host {host} is called '{name}' already.",
        "Choose another name: names are unique on a host.", host.ToString()) with
    { Fields = Field(field, $"'{name}' is in use by VM {by}") };

    /// <summary>The resource is another one than the caller has seen; <paramref name="current"/> is null if there is none.</summary>
    public static Refusal EtagMismatch(string? current) => Of(ErrorKind.Conflict, "etag-mismatch", current is null ? "There is no such resource, so it has no ETag." : $"The resource has changed: its ETag is {current}.",
        "Read it again, decide again, and send the new ETag in If-Match.") with
    { Found = current };

    public static Refusal IdempotencyKeyReused(string key, OperationId? first) => Of(ErrorKind.Validation, "idempotency-key-reused",
        $"Idempotency-Key '{key}' was used with another request within the last 24 hours.", "Use a new key for a new request; a key belongs to one method, path and body.") with
    { RunningOperation = first };

    public static Refusal AgentDown(HostState host, int retryAfterSeconds) => Of(ErrorKind.Transient, "host-agent-down",
        host.AgentStopped
            ? $"The agent of host '{host.Name}' ({host.Id}) was stopped; it was last seen at {Utc(host.LastSeenAt)}."
            : $"The agent of host '{host.Name}' ({host.Id}) does not answer; it was last seen at {Utc(host.LastSeenAt)}.",
        "Start the host-agent on that host, or check its way to the message bus; VMs there run on without it.", host.Name) with
    { LastSeenAt = host.LastSeenAt, RetryAfterSeconds = retryAfterSeconds };

    public static Refusal HostNotRegistered(VmPlacement vm, int retryAfterSeconds) => Of(ErrorKind.Transient, "host-not-registered",
        $"VM '{vm.Name}' ({vm.Id}) is on host {vm.HostId}, whose agent has not registered yet.",
        "Wait for the host-agent to register, or start it again on that host.", vm.HostId.ToString()) with
    { RetryAfterSeconds = retryAfterSeconds };

    public static Refusal RunsTwice(VmPlacement vm) => Of(ErrorKind.InvalidState, "vm-runs-twice",
        $"VM '{vm.Name}' ({vm.Id}) is reported running by two hosts, and no migration explains it.",
        $"Find out which copy is the right one and turn the other off; its history at {Urls.Vm(vm.Id)}/history tells since when.", vm.HostId.ToString());

    public static Refusal HypervisorDown(HostState host, int retryAfterSeconds)
    {
        var refusal = Of(ErrorKind.Transient, "hypervisor-unreachable", $"The agent of host '{host.Name}' ({host.Id}) lives, but its hypervisor does not answer.",
            "Check the hypervisor's service on that host.", host.Name);
        return refusal with
        {
            Error = refusal.Error with { Cause = host.Error, NativeCode = host.Error?.NativeCode, NativeMessage = host.Error?.NativeMessage },
            LastSeenAt = host.LastSeenAt,
            RetryAfterSeconds = retryAfterSeconds,
        };
    }

    public static Refusal FacetMissing(HostState host, string facet, string what, string? field = null) => Of(ErrorKind.Unsupported, "facet-unsupported",
        $"Host '{host.Name}' ({host.Id}, {host.Kind}) cannot {what}: its driver does not offer the facet '{facet}'.",
        "Choose a host that lists the facet in GET /v1/hosts/{id}.", host.Name) with
    {
        Found = host.Facets.Count == 0 ? "none" : string.Join(", ", host.Facets),
        Fields = field is null ? null : Field(field, $"host '{host.Name}' does not offer the facet '{facet}'"),
    };

    public static Refusal UnknownHostInBody(HostId host, string field) => Of(ErrorKind.Validation, "unknown-host", $"No host has the id {host}.",
        "List the hosts with GET /v1/hosts.") with
    { Fields = Field(field, $"no host has the id {host}") };

    public static Refusal SameHost(VmPlacement vm, HostState host) => Of(ErrorKind.Validation, "same-host",
        $"VM '{vm.Name}' ({vm.Id}) is on host '{host.Name}' ({host.Id}) already.", "Choose another destination.", host.Name) with
    { Fields = Field("destinationHostId", $"is the host the VM is on ('{host.Name}')"), Found = host.Id.ToString() };

    public static Refusal OtherHypervisor(VmPlacement vm, HostState source, HostState destination) => Of(ErrorKind.Unsupported, "hypervisor-mismatch",
        $"VM '{vm.Name}' runs on {source.Kind} host '{source.Name}'; host '{destination.Name}' is {destination.Kind}. A running VM moves between hosts of one kind only.",
        "Choose a destination of the same kind.", destination.Name) with
    {
        Fields = Field("destinationHostId", $"is a {destination.Kind} host, the VM is on a {source.Kind} host"),
        Found = destination.Kind.ToString(),
        Allowed = [source.Kind.ToString()],
    };

    public static Refusal NoCapacity(HostState host, long askedMiB, Capacity capacity) => Of(ErrorKind.Resource, "no-capacity",
        string.Create(CultureInfo.InvariantCulture,
            $"Host '{host.Name}' ({host.Id}) has {capacity.FreeMiB} MiB free for VMs, {askedMiB} MiB were asked: ")
        + string.Create(CultureInfo.InvariantCulture,
            $"{capacity.TotalMiB} MiB in all, {capacity.UsedMiB} MiB used by VMs there, {capacity.ReservedMiB} MiB reserved for others, {capacity.HeadroomMiB} MiB headroom."),
        "Choose another destination, or stop or move VMs away from that host.", host.Name) with
    { AskedMiB = askedMiB, FreeMiB = capacity.FreeMiB };

    public static Refusal HostInMaintenance(HostState host, string field) => Of(ErrorKind.InvalidState, "host-in-maintenance",
        $"Host '{host.Name}' ({host.Id}) is in maintenance: no VM is placed on it.",
        $"Choose another host, or end the maintenance with DELETE {Urls.Host(host.Id)}/maintenance.", host.Name) with
    { Fields = Field(field, $"host '{host.Name}' is in maintenance"), Found = "maintenance" };

    public static Refusal EvacuationNotFound(EvacuationId id) => Of(ErrorKind.NotFound, "evacuation-not-found", $"No evacuation has the id {id}.",
        "List the evacuations with GET /v1/evacuations.");

    public static Refusal EvacuationRunning(string hostName, HostId host, EvacuationId running) => Of(ErrorKind.Conflict, "evacuation-running",
        $"Host '{hostName}' ({host}) is being emptied by evacuation {running}.",
        $"Wait for it to end, or cancel it with POST {Urls.Evacuation(running)}/cancel.", hostName) with
    { EvacuationUrl = Http.Urls.Evacuation(running) };

    public static Refusal EvacuationToItself(string hostName, HostId host) => Of(ErrorKind.Validation, "same-host",
        $"Host '{hostName}' ({host}) is to be emptied; it cannot be a destination.", "Leave it out of destinationHostIds.", hostName) with
    { Fields = Field("destinationHostIds", $"names the host to be emptied ('{hostName}')"), Found = host.ToString() };

    public static Refusal EvacuationWrongState(Evacuations.Evacuation evacuation, string verb, IReadOnlyList<EvacuationStatus> allowed) => Of(
        ErrorKind.InvalidState, "evacuation-wrong-state",
        $"Evacuation {evacuation.Id} of host '{evacuation.HostName}' is {evacuation.Status}; {verb} needs {string.Join(" or ", allowed)}.",
        $"Look at it with GET {Urls.Evacuation(evacuation.Id)}; one that has ended is followed by starting another.", evacuation.HostName) with
    { Found = evacuation.Status.ToString(), Allowed = [.. allowed.Select(s => s.ToString())], EvacuationUrl = Http.Urls.Evacuation(evacuation.Id) };

    public static Refusal OperationFinal(OperationId id, OperationStatus status, string what) => Of(ErrorKind.InvalidState, "operation-final",
        $"{what} {id} has ended: {status}.", $"Nothing is left to cancel; its result is at {Urls.Operation(id)}.") with
    { Found = status.ToString(), RunningOperation = id };

    /// <summary>The host answered a question with an error.</summary>
    public static Refusal HostAnswered(HostState host, string what, ErrorInfo error)
    {
        var refused = error.Kind is ErrorKind.InvalidState or ErrorKind.NotFound or ErrorKind.Validation or ErrorKind.Unsupported or ErrorKind.Conflict;
        var refusal = Of(error.Kind, refused ? "host-read-refused" : "host-read-failed", $"Host '{host.Name}' ({host.Id}) cannot give {what}: {error.Message}",
            error.Advice ?? "Look at the cause, and ask again.", host.Name);
        return refusal with { Error = refusal.Error with { NativeCode = error.NativeCode, NativeMessage = error.NativeMessage, Cause = error } };
    }

    public static Refusal HostSilent(HostState host, string what, TimeSpan waited) => Of(ErrorKind.Timeout, "host-read-timeout",
        string.Create(CultureInfo.InvariantCulture, $"Host '{host.Name}' ({host.Id}) did not give {what} within {waited.TotalSeconds:F0} s; its agent was last seen at {Utc(host.LastSeenAt)}."),
        "Ask again; if it goes on, look at the agent's log.", host.Name) with
    { LastSeenAt = host.LastSeenAt };

    public static Refusal Invalid(IReadOnlyDictionary<string, string[]> fields, string message = "The request is not valid.") =>
        Of(ErrorKind.Validation, "invalid-request", message, "Correct the members listed under errors.") with { Fields = fields };

    /// <summary>One field, one thing wrong.</summary>
    public static IReadOnlyDictionary<string, string[]> Field(string path, string wrong) => new Dictionary<string, string[]> { [path] = [wrong] };

    /// <summary>A refusal of the given kind and code.</summary>
    public static Refusal Of(ErrorKind kind, string code, string message, string advice, string? where = null) => new()
    {
        Error = new ErrorInfo { Kind = kind, Code = code, Message = message, Advice = advice, Where = where },
    };

    static string Utc(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}

/// <summary>A host's memory as the orchestrator counts it, MiB. Free may be negative on an overcommitted host.</summary>
internal sealed record Capacity(long TotalMiB, long UsedMiB, long ReservedMiB, long HeadroomMiB)
{
    /// <summary>What a migration may still take.</summary>
    public long FreeMiB => TotalMiB - UsedMiB - ReservedMiB - HeadroomMiB;
}
