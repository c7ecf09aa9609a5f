using System.Net;

namespace HvPlatform.UnitTests.Cli;

/// <summary>A small fleet as the API answers it.</summary>
internal static class SampleFleet
{
    public const string HostA = "00000000-0000-0000-0000-00000000000a", HostB = "00000000-0000-0000-0000-00000000000b", HostC = "00000000-0000-0000-0000-00000000000c";
    public const string Web = "00000000-0000-0000-0000-000000000001", Db = "00000000-0000-0000-0000-000000000002";
    public const string Move = "00000000-0000-0000-0000-0000000000e1", Start = "00000000-0000-0000-0000-0000000000e2", Evacuation = "00000000-0000-0000-0000-0000000000f1", Hook = "00000000-0000-0000-0000-0000000000f2";

    const string At = "2026-05-04T03:02:01Z";

    static readonly string s_hostA = Host(HostA, "host-a", "");
    static readonly string s_hostB = Host(HostB, "host-b", $$""","maintenance":{"since":"{{At}}","requestedBy":"ann","reason":"new fans"}""");
    static readonly string s_hostC = Host(HostC, "host-c", "");
    static readonly string s_web = Vm(Web, "web", "Running", "");
    static readonly string s_db = Vm(Db, "1e3", "Off", "");

    public static string Trail => $$"""{"requestedBy":"ann","reason":"new fans","requestedAt":"{{At}}"}""";

    public static ScriptedApi Create() => SampleChanges.Add(SampleAccess.Add(Fleet()));

    static ScriptedApi Fleet() => new ScriptedApi()
        .On("GET /v1/hosts", Page(s_hostA, s_hostB))
        .On("GET /v1/hosts?name=host-a&limit=2", Page(s_hostA))
        .On("GET /v1/hosts?name=host-b&limit=2", Page(s_hostB))
        .On("GET /v1/hosts?name=host-c&limit=2", Page(s_hostC))
        .On($"GET /v1/hosts/{HostC}", s_hostC)
        .On("GET /v1/hosts?name=nowhere&limit=2", Page())
        .On($"GET /v1/hosts/{HostA}", s_hostA)
        .On($"GET /v1/hosts/{HostB}", s_hostB)
        .On($"GET /v1/hosts/{HostA}/switches", """{"switches":[{"id":"s1","name":"lan","kind":"external"},{"id":"s2","name":"lab"}]}""")
        .On($"POST /v1/hosts/{HostA}/maintenance", s_hostB, HttpStatusCode.Accepted)
        .On($"DELETE /v1/hosts/{HostB}/maintenance", s_hostA, HttpStatusCode.Accepted)
        .On($"POST /v1/hosts/{HostA}/evacuations", $$"""{"hostId":"{{HostA}}","hostName":"host-a","moves":[{"vmId":"{{Web}}","vmName":"web","state":"Running","memoryMiB":2048,"mode":"Live","destinationHostId":"{{HostB}}","destinationHostName":"host-b","why":"most room"}],"cannotMove":[],"liveMemoryMiB":2048,"destinations":[]}""")
        .On("GET /v1/vms", Page(s_web, s_db))
        .On("GET /v1/vms?name=web&limit=2", Page(s_web))
        .On("GET /v1/vms?name=1e3&limit=2", Page(s_db))
        .On("GET /v1/vms?name=twins&limit=2", Page(s_web, s_db))
        .On("GET /v1/vms?name=nothing&limit=2", Page())
        .On($"GET /v1/vms/{Web}", Vm(Web, "web", "Running", Detail))
        .On($"GET /v1/vms/{Db}", Vm(Db, "1e3", "Off", Detail))
        .On($"GET /v1/vms/{Web}/history", Page(Event(7, 1, "vm_discovered", """{"name":"web","state":"Off"}"""), Event(9, 2, "vm_state_changed", """{"state":"Running"}""")))
        .On($"GET /v1/vms/{Web}/settings", $$"""{"vmId":"{{Web}}","name":"web","notes":"first line\nsecond: line","processor":{"count":2},"memory":{"startupMiB":2048,"dynamic":false},"disks":[],"adapters":[],"bootOrder":[],"serialPorts":[],"operationalStatus":[]}""")
        .On($"GET /v1/vms/{Web}/checkpoints", $$"""{"vmId":"{{Web}}","checkpoints":[{"id":"c2","name":"after","parentId":"c1","createdAt":"{{At}}","current":true},{"id":"c1","name":"before","createdAt":"{{At}}","current":false}]}""")
        .On($"GET /v1/vms/{Web}/kvp", $$"""{"vmId":"{{Web}}","guest":[{"key":"role","value":"on"}],"guestIntrinsic":[],"hostOnly":[],"host":[{"key":"rack","value":"007"}]}""")
        .On($"POST /v1/vms/{Db}/start", Operation(Start, "StartVm", Db, "1e3", "Accepted", ""), HttpStatusCode.Accepted)
        .On($"POST /v1/vms/{Web}/start", Problem(409, "wrong-state", $"VM 'web' ({Web}) is ShuttingDown; start needs Off or Saved or Crashed.", $"Ask GET /v1/vms/{Web} until it is Off, then start it; a guest that does not come to an end is turned off with POST /v1/vms/{Web}/force-off."), HttpStatusCode.Conflict)
        .On($"POST /v1/vms/{Web}/migrations", Operation(Move, "MigrateVm", Web, "web", "Accepted", $$""","destinationHostId":"{{HostB}}" """), HttpStatusCode.Accepted)
        .On("GET /v1/migrations", Page(Migration("Running", "Transferring", $$""","progress":{{Progress}}""")))
        .On($"GET /v1/migrations/{Move}", Migration("Running", "Transferring", $$""","progress":{{Progress}}"""))
        .On($"GET /v1/migrations/{Move}", Migration("Succeeded", "Completed", $$""","finishedAt":"{{At}}","totalMs":5300,"downtimeMs":31,"transferredBytes":2147483648"""))
        .On($"POST /v1/migrations/{Move}/cancel", Operation(Move, "MigrateVm", Web, "web", "Running", ""), HttpStatusCode.Accepted)
        .On("GET /v1/operations", Page(Operation(Start, "StartVm", Db, "1e3", "Succeeded", $$""","finishedAt":"2026-05-04T03:02:02.5Z" """), Operation(Move, "MigrateVm", Web, "web", "Failed", Error)))
        .On($"GET /v1/operations/{Start}", Operation(Start, "StartVm", Db, "1e3", "Succeeded", $$""","finishedAt":"2026-05-04T03:02:02.5Z" """))
        .On($"GET /v1/operations/{Move}", Operation(Move, "MigrateVm", Web, "web", "Failed", Error))
        .On("GET /v1/evacuations", Page(EvacuationBody))
        .On($"GET /v1/evacuations/{Evacuation}", EvacuationBody)
        .On($"POST /v1/evacuations/{Evacuation}/pause", EvacuationBody, HttpStatusCode.Accepted)
        .On("GET /v1/fleet", $$"""{"asOf":"{{At}}","hosts":{"total":2,"online":2,"unreachable":0,"maintenance":1},"vms":{"total":2,"byState":{"Off":1,"Running":1},"missing":0,"simulated":2},"capacity":{"cores":32,"memoryMiB":131072,"memoryAssignedMiB":4096},"operations":{"running":1,"inDoubt":0,"endedLastHour":4,"failedLastHour":1},"alerts":{"open":3,"unacknowledged":1,"bySeverity":{"Critical":1,"Warning":2} } }""")
        .On("GET /v1/diff", $$"""{"from":"{{At}}","to":"2026-05-04T04:00:00Z","summary":{"added":1,"removed":0,"changed":0,"moved":1},"items":[{"kind":"Vm","id":"{{Web}}","name":"web","change":"Moved","fields":[{"field":"hostName","before":"host-a","after":"host-b"}],"url":"/"},{"kind":"Vm","id":"{{Db}}","name":"1e3","change":"Added","fields":[{"field":"state","after":"Off"}],"url":"/"}]}""")
        .On($"GET /v1/vms/{Web}/metrics", $$"""{"vmId":"{{Web}}","from":"{{At}}","to":"{{At}}","stepSeconds":15,"points":[{"at":"{{At}}","cpuPercent":12.34,"memoryUsedMiB":1024,"diskReadBytesPerSecond":2048,"netSentBytesPerSecond":0}]}""")
        .On($"GET /v1/hosts/{HostA}/metrics", $$"""{"hostId":"{{HostA}}","from":"{{At}}","to":"{{At}}","stepSeconds":15,"points":[{"at":"{{At}}","cpuPercent":55,"memoryUsedMiB":30000,"memoryTotalMiB":65536,"runningVms":3}]}""")
        .On($"GET /v1/migrations/{Move}/progress", $$"""{"points":[{"at":"{{At}}","transferredBytes":1073741824,"remainingBytes":1073741824,"totalBytes":2147483648,"bytesPerSecond":123731968,"etaLowSeconds":8,"etaHighSeconds":12,"percent":50}]}""")
        .On($"GET /v1/hosts/{HostA}/history", Page(Event(3, 1, "host_joined", "{}")))
        .On($"GET /v1/operations/{Move}/history", Page(Event(5, 1, "migration_started", "{}")))
        .On("GET /v1/webhooks", Page(Webhook("")))
        .On("POST /v1/webhooks", Webhook(""","secret":"s3cr3t" """), HttpStatusCode.Created)
        .On($"GET /v1/webhooks/{Hook}", Webhook(""))
        .On($"PATCH /v1/webhooks/{Hook}", Webhook(""","pausedAt":"2026-05-04T03:02:01Z" """))
        .On($"DELETE /v1/webhooks/{Hook}", "", HttpStatusCode.NoContent)
        .On($"POST /v1/webhooks/{Hook}/test", Delivery("Pending"), HttpStatusCode.Accepted)
        .On($"GET /v1/webhooks/{Hook}/deliveries", Page(Delivery("Dead")))
        .On($"POST /v1/webhooks/{Hook}/deliveries/{Start}/redeliver", Delivery("Pending"), HttpStatusCode.Accepted)
        .On("GET /v1/join-tokens", Page($$"""{"id":"{{Start}}","name":"rack 7","createdAt":"{{At}}","createdBy":"ann","expiresAt":"{{At}}","usedAt":"{{At}}","agentId":"{{Hook}}","hosts":["{{HostA}}"]}"""))
        .On("POST /v1/join-tokens", $$"""{"id":"{{Start}}","token":"hvj_secret","expiresAt":"{{At}}","command":"hv-agent join --token hvj_secret","caFingerprint":"ab","hosts":[]}""", HttpStatusCode.Created)
        .On($"DELETE /v1/join-tokens/{Start}", "", HttpStatusCode.NoContent)
        .On("GET /v1/agents", Page(Agent("")))
        .On($"GET /v1/agents/{Hook}", Agent(""))
        .On($"PUT /v1/agents/{Hook}/hosts/{HostA}", Agent(""))
        .On($"DELETE /v1/agents/{Hook}", Agent($$""","revokedAt":"{{At}}","revokedBy":"ann" """))
        .On("GET /v1/alerts", Page(Alert("")))
        .On($"POST /v1/alerts/{Hook}/acknowledge", Alert($$""","acknowledgedAt":"{{At}}","acknowledgedBy":"ann" """))
        .On("GET /v1/me", """{"name":"ann","kind":"Person","roles":[{"group":"*","role":"Viewer"},{"group":"lab","role":"Operator"}]}""")
        .On("GET /v1/events", $"id: 9\nevent: vm_state_changed\ndata: {Event(9, 2, "vm_state_changed", """{"state":"Running"}""")}\n\nid: 10\nevent: vm_renamed\ndata: {Event(10, 3, "vm_renamed", """{"name":"web"}""")}\n\n");

    public static string Problem(int status, string code, string detail, string advice, string more = "") =>
        $$"""{"type":"urn:hvplatform:problem:{{code}}","title":"{{code}}","status":{{status}},"detail":"{{detail}}","instance":"/","code":"{{code}}","advice":"{{advice}}"{{more}} }""";

    public static string Operation(string id, string kind, string vm, string name, string status, string more) =>
        $$"""{"id":"{{id}}","kind":"{{kind}}","status":"{{status}}","vmId":"{{vm}}","vmName":"{{name}}","hostId":"{{HostA}}","epoch":3,"trail":{{Trail}},"updatedAt":"{{At}}","url":"/v1/operations/{{id}}","vmUrl":"/v1/vms/{{vm}}"{{more}} }""";

    public static string Page(params string[] items) => $$"""{"items":[{{string.Join(',', items)}}]}""";

    static string Detail => $$""","stateReason":"booted","disks":[{"source":"/vm/web.qcow2","target":"vda","device":"disk","capacityBytes":10737418240}],"nics":[{"macAddress":"52:54:00:00:00:01","network":"lan"}],"persistent":true,"discoveredAt":"{{At}}","changedAt":"{{At}}" """;

    static string Progress => """{"round":2,"totalBytes":2147483648,"transferredBytes":1073741824,"remainingBytes":1073741824,"bytesPerSecond":123731968,"percent":50.4,"elapsedMs":9000,"postCopy":false,"ladderRungs":0,"etaP10Ms":8000,"etaP90Ms":12000}""";

    static string Error => ""","error":{"kind":"Resource","code":"transfer-failed","message":"The transfer of 'web' failed.","where":"host-a","advice":"Look at it with GET /v1/migrations/00000000-0000-0000-0000-0000000000e1.","cause":{"kind":"Fatal","code":"native","message":"The hypervisor gave up.","nativeCode":"libvirt:38","nativeMessage":"unable to connect to server"}}""";

    static string EvacuationBody => $$"""{"id":"{{Evacuation}}","hostId":"{{HostA}}","hostName":"host-a","status":"CompletedWithFailures","total":2,"moved":1,"moving":0,"waiting":0,"failed":1,"gone":0,"notMoved":0,"settings":{"maxConcurrent":2,"maxAttempts":3,"timeoutSeconds":14400,"policy":{},"destinationHostIds":[],"order":"SmallestFirst"},"trail":{{Trail}},"deadlineAt":"{{At}}","updatedAt":"{{At}}","endedAt":"{{At}}","totalMs":5000,"vms":[{"vmId":"{{Web}}","vmName":"web","memoryMiB":2048,"status":"Moved","attempts":1,"destinationHostName":"host-b","durationMs":4200,"vmUrl":"/"},{"vmId":"{{Db}}","vmName":"1e3","memoryMiB":512,"status":"Failed","attempts":3,"vmUrl":"/","error":{"kind":"Resource","code":"no-capacity","message":"No host has room."} }],"url":"/","hostUrl":"/"}""";

    static string Host(string id, string name, string more) =>
        $$"""{"id":"{{id}}","version":4,"name":"{{name}}","kind":"Simulated","simulated":true,"status":"Online","statusSince":"{{At}}","lastSeenAt":"{{At}}","hypervisor":"Simulated 1.0","cpuModel":"sim","cpuCount":16,"memoryMiB":65536,"memoryFreeMiB":60000,"reservedMemoryMiB":0,"facets":["save","settings"],"vmCount":2,"runningVmCount":1,"runningMemoryMiB":2048,"agentVersion":"0.1.0","heartbeatSeconds":5,"joinedAt":"{{At}}","url":"/v1/hosts/{{id}}"{{more}} }""";

    static string Vm(string id, string name, string state, string more) =>
        $$"""{"id":"{{id}}","version":2,"name":"{{name}}","state":"{{state}}","hostId":"{{HostA}}","hostName":"host-a","vcpus":2,"memoryMiB":2048,"simulated":true,"duplicateRunning":false,"observedAt":"{{At}}","stale":false,"url":"/v1/vms/{{id}}"{{more}} }""";

    static string Migration(string status, string phase, string more) =>
        $$"""{"id":"{{Move}}","vmId":"{{Web}}","vmName":"web","sourceHostId":"{{HostA}}","sourceHostName":"host-a","destinationHostId":"{{HostB}}","destinationHostName":"host-b","status":"{{status}}","phase":"{{phase}}","phases":[{"phase":"Preflight","enteredAt":"{{At}}"},{"phase":"Transferring","enteredAt":"2026-05-04T03:02:01.25Z"}],"policy":{},"epoch":3,"trail":{{Trail}},"url":"/","operationUrl":"/","vmUrl":"/"{{more}} }""";

    static string Agent(string more) =>
        $$"""{"id":"{{Hook}}","hostName":"host-a.example","hostId":"{{HostA}}","hosts":[{"id":"{{HostA}}","name":"host-a"}],"joinedAt":"{{At}}","certificateExpiresAt":"{{At}}","lastSeenAt":"{{At}}","brokerPending":false{{more}} }""";

    static string Alert(string more) =>
        $$"""{"id":"{{Hook}}","rule":"agent-silent","severity":"Critical","subjectKind":"Host","subjectId":"{{HostA}}","subjectName":"host-a","message":"The agent of host-a does not answer.","advice":"Look at it with GET /v1/hosts/{id}.","raisedAt":"{{At}}"{{more}} }""";

    static string Webhook(string more) =>
        $$"""{"id":"{{Hook}}","url":"https://ci.example/hook","types":["vm_moved"],"position":12,"pending":1,"dead":2,"createdBy":"ann","createdAt":"{{At}}","updatedAt":"{{At}}"{{more}} }""";

    static string Delivery(string status) =>
        $$"""{"id":"{{Start}}","seq":12,"type":"vm_moved","status":"{{status}}","attempts":8,"createdAt":"{{At}}","lastAttemptAt":"{{At}}","lastStatus":503}""";

    static string Event(long seq, long version, string type, string data) =>
        $$"""{"seq":{{seq}},"streamId":"{{Web}}","version":{{version}},"type":"{{type}}","at":"{{At}}","data":{{data}}}""";
}
