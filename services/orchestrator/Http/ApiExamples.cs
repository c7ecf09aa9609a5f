using System.Collections;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using HvPlatform.Contracts;

namespace HvPlatform.Orchestrator.Http;

/// <summary>
/// Examples for the API document. One is made by walking over a request's or view's members, giving each a value by its name and type, and then reading and
/// writing it as the real record: so every endpoint has one, and none can be of a form the API does not have.
/// </summary>
internal static class ApiExamples
{
    const string At = "2026-01-31T12:00:00+00:00";

    /// <summary>Answers to requests that went well do not have these, unless the type requires them.</summary>
    static readonly HashSet<string> Absent = new(StringComparer.Ordinal)
    {
        "error", "deletedAt", "missingSince", "doubt", "waiting", "unansweredHostIds", "resolution", "cancelRequestedAt", "blocked", "asOf", "notKept", "stateReason", "cause", "rejected",
        "total", "package", "leftOnSource", "pausedAt", "notBefore", "revokedAt", "clearedAt", "nextCursor", "asserted", "assertedBy", "assertionRejected", "unknown", "simulated",
        "finishedAt", "endedAt", "totalMs", "downtimeMs", "durationMs",
    };

    /// <summary>What a request's example has beside the members it must have.</summary>
    static readonly HashSet<string> Asked = new(StringComparer.Ordinal)
    {
        "policy", "bandwidthMiBps", "maxDowntimeMs", "maxConcurrent", "notes", "processor", "count", "memory", "startupMiB", "name", "description", "reason", "directory", "settings",
        "memoryMiB", "vcpus", "value", "role", "groups", "expiresAt", "types", "hosts", "vms", "validForMinutes", "newName",
    };

    /// <summary>Values by the member's name, or by type and name where the name alone does not tell.</summary>
    static readonly Dictionary<string, JsonNode> Values = new(StringComparer.Ordinal)
    {
        ["name"] = "web-1",
        ["vmName"] = "web-1",
        ["newName"] = "web-2",
        ["hostName"] = "rack1-a",
        ["VmGuest.hostName"] = "web-1.example.org",
        ["HostView.name"] = "rack1-a",
        ["HostView.status"] = "Online",
        ["PlannedHostView.name"] = "rack1-b",
        ["SilentHost.name"] = "rack1-a",
        ["sourceHostName"] = "rack1-a",
        ["destinationHostName"] = "rack1-b",
        ["id"] = "0199c0de-0000-7000-8000-000000000001",
        ["vmId"] = "0199c0de-0000-7000-8000-000000000001",
        ["streamId"] = "0199c0de-0000-7000-8000-000000000001",
        ["hostId"] = "0199c0de-0000-7000-8000-0000000000a1",
        ["sourceHostId"] = "0199c0de-0000-7000-8000-0000000000a1",
        ["HostView.id"] = "0199c0de-0000-7000-8000-0000000000a1",
        ["destinationHostId"] = "0199c0de-0000-7000-8000-0000000000b2",
        ["operationId"] = "0199c0de-0000-7000-8000-0000000000f1",
        ["migrationId"] = "0199c0de-0000-7000-8000-0000000000f1",
        ["OperationView.id"] = "0199c0de-0000-7000-8000-0000000000f1",
        ["MigrationView.id"] = "0199c0de-0000-7000-8000-0000000000f1",
        ["EvacuationView.id"] = "0199c0de-0000-7000-8000-0000000000e1",
        ["url"] = "/v1/vms/0199c0de-0000-7000-8000-000000000001",
        ["vmUrl"] = "/v1/vms/0199c0de-0000-7000-8000-000000000001",
        ["hostUrl"] = "/v1/hosts/0199c0de-0000-7000-8000-0000000000a1",
        ["HostView.url"] = "/v1/hosts/0199c0de-0000-7000-8000-0000000000a1",
        ["operationUrl"] = "/v1/operations/0199c0de-0000-7000-8000-0000000000f1",
        ["OperationView.url"] = "/v1/operations/0199c0de-0000-7000-8000-0000000000f1",
        ["migrationUrl"] = "/v1/migrations/0199c0de-0000-7000-8000-0000000000f1",
        ["MigrationView.url"] = "/v1/migrations/0199c0de-0000-7000-8000-0000000000f1",
        ["EvacuationView.url"] = "/v1/evacuations/0199c0de-0000-7000-8000-0000000000e1",
        ["evacuationUrl"] = "/v1/evacuations/0199c0de-0000-7000-8000-0000000000e1",
        ["VmSpec.name"] = "web-1",
        ["status"] = "Running",
        ["OperationView.status"] = "Accepted",
        ["OperationView.kind"] = "MigrateVm",
        ["kind"] = "Libvirt",
        ["hostKind"] = "Libvirt",
        ["DiffItem.kind"] = "Vm",
        ["DiffItem.change"] = "Changed",
        ["DiffField.field"] = "state",
        ["before"] = "Off",
        ["after"] = "Running",
        ["state"] = "Running",
        ["phase"] = "Transferring",
        ["type"] = "vm_state_changed",
        ["types"] = new JsonArray("vm_state_changed", "vm_moved"),
        ["data"] = new JsonObject { ["vmId"] = "0199c0de-0000-7000-8000-000000000001", ["hostId"] = "0199c0de-0000-7000-8000-0000000000a1", ["from"] = "Off", ["to"] = "Running" },
        ["FleetVms.byState"] = new JsonObject { ["Off"] = 3, ["Running"] = 21 },
        ["FleetVms.total"] = 24,
        ["FleetAlerts.open"] = 3,
        ["FleetAlerts.unacknowledged"] = 1,
        ["FleetAlerts.bySeverity"] = new JsonObject { ["Critical"] = 1, ["Warning"] = 2 },
        ["FleetHosts.total"] = 3,
        ["online"] = 3,
        ["unreachable"] = 0,
        ["maintenance"] = 0,
        ["missing"] = 0,
        ["cores"] = 96,
        ["version"] = 7,
        ["VmHardware.version"] = "10.0",
        ["seq"] = 4711,
        ["vcpus"] = 4,
        ["cpuCount"] = 32,
        ["memoryMiB"] = 4096,
        ["HostView.memoryMiB"] = 262144,
        ["FleetCapacity.memoryMiB"] = 786432,
        ["memoryAssignedMiB"] = 98304,
        ["memoryFreeMiB"] = 131072,
        ["memoryTotalMiB"] = 262144,
        ["memoryUsedMiB"] = 2048,
        ["runningMemoryMiB"] = 98304,
        ["reservedMemoryMiB"] = 0,
        ["vmCount"] = 24,
        ["runningVmCount"] = 21,
        ["heartbeatSeconds"] = 5,
        ["requestedBy"] = "alice",
        ["RoleInGroup.group"] = "*",
        ["reason"] = "rack 1 gets new switches",
        ["idempotencyKey"] = "move-42",
        ["hypervisor"] = "QEMU 7.2.0 (libvirt 9.0.0)",
        ["cpuModel"] = "AMD EPYC",
        ["agentVersion"] = "0.1.0",
        ["broker"] = "amqps://broker.example.org:5671/",
        ["certificate"] = "-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----\n",
        ["caCertificate"] = "-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----\n",
        ["csr"] = "-----BEGIN CERTIFICATE REQUEST-----\n…\n-----END CERTIFICATE REQUEST-----\n",
        ["migrationUri"] = "tcp:rack1-a.example.org",
        ["facets"] = new JsonArray("power", "definition", "migration"),
        ["macAddress"] = "52:54:00:12:34:56",
        ["network"] = "default",
        ["model"] = "virtio",
        ["source"] = "/images/web-1.qcow2",
        ["destination"] = "/fast/web-1.qcow2",
        ["sourcePath"] = "/srv/files/motd",
        ["destinationPath"] = "/etc/motd",
        ["directory"] = "/exports/web-1",
        ["target"] = "vda",
        ["format"] = "qcow2",
        ["operatingSystem"] = "Debian GNU/Linux 12",
        ["addresses"] = new JsonArray("192.0.2.10"),
        ["percent"] = 42.5,
        ["cpuPercent"] = 12.5,
        ["bandwidthMiBps"] = 200,
        ["maxDowntimeMs"] = 300,
        ["maxConcurrent"] = 2,
        ["count"] = 4,
        ["startupMiB"] = 4096,
        ["bytesPerSecond"] = 209715200,
        ["transferredBytes"] = 1825361101,
        ["remainingBytes"] = 2469606195,
        ["totalBytes"] = 4294967296,
        ["totalMs"] = 21500,
        ["downtimeMs"] = 42,
        ["stepSeconds"] = 15,
        ["expiresAt"] = "2026-12-31T23:59:59+00:00",
        ["issuer"] = "https://login.example.org",
        ["clientId"] = "hvplatform",
        ["authorizationEndpoint"] = "https://login.example.org/authorize",
        ["methods"] = new JsonArray("token", "oidc"),
        ["key"] = "rack",
        ["value"] = "1",
        ["notes"] = "Shop front end",
        ["image"] = "iVBORw0KGgo=",
        ["png"] = "iVBORw0KGgo=",
    };

    /// <summary>Of what a reading or accepting endpoint answers.</summary>
    public static JsonNode? OfAnswer(Type type) => Real(type, Make(type, "", "", request: false, []));

    /// <summary>Of a request's body: what it must have, and what is asked most.</summary>
    public static JsonNode? OfRequest(Type type) => Real(type, Make(type, "", "", request: true, []));

    /// <summary>The same as the record reads and writes it.</summary>
    static JsonNode? Real(Type type, JsonNode? made)
    {
        try
        {
            return JsonSerializer.SerializeToNode(made.Deserialize(type, HvJson.Options), type, HvJson.Options);
        }
        catch (JsonException e)
        {
            throw new InvalidOperationException($"No example of {type.Name} can be made: {e.Message} Give the member a value in {nameof(ApiExamples)}.", e);
        }
    }

    static JsonNode? Make(Type declared, string owner, string name, bool request, IReadOnlyList<Type> within)
    {
        var type = Nullable.GetUnderlyingType(declared) ?? declared;
        if (Values.TryGetValue($"{owner}.{name}", out var given) || (Values.TryGetValue(name, out given) && Fits(type, given)))
        {
            return given.DeepClone();
        }

        if (Scalar(type) is { } scalar)
        {
            return scalar;
        }

        var info = HvJson.Options.GetTypeInfo(type);
        return info.Kind switch
        {
            JsonTypeInfoKind.Object => Members(info, request, within),
            JsonTypeInfoKind.Dictionary => new JsonObject(),
            JsonTypeInfoKind.Enumerable when info.ElementType is { } element && !within.Contains(element) => new JsonArray(Make(element, owner, "", request, within)),
            JsonTypeInfoKind.Enumerable => new JsonArray(),
            _ => new JsonObject(),
        };
    }

    static JsonObject Members(JsonTypeInfo info, bool request, IReadOnlyList<Type> within)
    {
        var made = new JsonObject();
        var title = info.Type.Name;
        foreach (var member in info.Properties)
        {
            var type = Nullable.GetUnderlyingType(member.PropertyType) ?? member.PropertyType;
            var wanted = member.IsRequired || (request ? Asked.Contains(member.Name) : !Absent.Contains(member.Name));
            if (wanted && (member.IsRequired || !within.Contains(type)))
            {
                made[member.Name] = Make(member.PropertyType, title, member.Name, request, [.. within, info.Type]);
            }
        }

        return made;
    }

    static JsonNode? Scalar(Type type) => Type.GetTypeCode(type) switch
    {
        _ when type.IsEnum => Enum.GetNames(type).FirstOrDefault(n => n is not ("Unknown" or "None")) ?? Enum.GetNames(type)[0],
        TypeCode.String => "example",
        TypeCode.Boolean => false,
        TypeCode.Int32 or TypeCode.Int64 or TypeCode.Double => 1,
        _ when type == typeof(DateTimeOffset) => At,
        _ when type == typeof(TimeSpan) => "00:00:15",
        _ when type == typeof(Uri) => "https://hv.example.org/",
        _ when type == typeof(JsonElement) => "example",
        _ when type == typeof(Guid) || type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IGuidId<>)) => "0199c0de-0000-7000-8000-000000000001",
        _ => null,
    };

    /// <summary>Whether a value that is known by its name alone is of the member's type.</summary>
    static bool Fits(Type type, JsonNode value) => value switch
    {
        _ when type == typeof(JsonElement) => true,
        JsonArray list => typeof(IEnumerable).IsAssignableFrom(type) && type != typeof(string) && Element(type) is { } element && list.All(i => Fits(element, i!)),
        JsonObject => false,
        JsonValue text when text.TryGetValue<string>(out var word) => type == typeof(string) || (type.IsEnum && Enum.IsDefined(type, word)) || (type.IsEnum is false && Scalar(type) is JsonValue v && v.TryGetValue<string>(out _)),
        JsonValue number => type == typeof(double) || ((type == typeof(int) || type == typeof(long)) && number.TryGetValue<int>(out _)) || (type == typeof(long) && number.TryGetValue<long>(out _)),
        _ => false,
    };

    static Type? Element(Type type) => HvJson.Options.GetTypeInfo(type) is { Kind: JsonTypeInfoKind.Enumerable, ElementType: { } element } ? element : null;
}
