using System.Globalization;
using System.Text.Json;
using HvPlatform.Contracts;
using Xunit;

namespace HvPlatform.IntegrationTests.Orchestrator;

/// <summary>Lists: filters, orders, pages, the past.</summary>
public sealed class ListTests(OrchestratorFixture fixture) : IClassFixture<OrchestratorFixture>
{
    async Task<List<JsonElement>> AllPagesAsync(string path, Func<int, Task>? betweenPages = null)
    {
        var items = new List<JsonElement>();
        var cursor = "";
        for (var page = 0; ; page++)
        {
            var answer = await fixture.GetAsync(cursor.Length == 0 ? path : $"{path}&cursor={cursor}");
            items.AddRange(answer.GetProperty("items").EnumerateArray());
            if (!answer.TryGetProperty("nextCursor", out var next))
            {
                return items;
            }

            cursor = next.GetString()!;
            if (betweenPages is not null)
            {
                await betweenPages(page);
            }
        }
    }

    async Task<string> AddManyAsync(int count)
    {
        var prefix = $"p{Guid.NewGuid():n}-";
        for (var i = 0; i < count; i++)
        {
            await fixture.AddVmAsync(i % 2 == 0 ? VmState.Off : VmState.Running, i % 3 == 0 ? fixture.Beta : fixture.Alpha, $"{prefix}{i:d3}", 512 * (1 + i % 4));
        }

        return prefix;
    }

    [Theory]
    [InlineData("name")]
    [InlineData("-name")]
    [InlineData("state")]
    [InlineData("hostName")]
    [InlineData("-memoryMiB")]
    [InlineData("vcpus")]
    [InlineData("-changedAt")]
    public async Task Every_order_gives_each_vm_once_over_all_pages(string sort)
    {
        var prefix = await AddManyAsync(23);

        var items = await AllPagesAsync($"/v1/vms?search={prefix}&sort={sort}&limit=5");

        Assert.Equal(23, items.Select(v => v.GetProperty("id").GetGuid()).Distinct().Count());
        Assert.Equal(23, items.Count);
        var member = sort.TrimStart('-');
        if (member is "memoryMiB")
        {
            var values = items.Select(v => v.GetProperty(member).GetInt64()).ToList();
            Assert.Equal(values.OrderDescending(), values);
        }
        else if (member is "name" or "hostName" or "state")
        {
            var values = items.Select(v => v.GetProperty(member).GetString()!).ToList();
            Assert.Equal(sort[0] == '-' ? values.OrderDescending(StringComparer.Ordinal) : values.Order(StringComparer.Ordinal), values);
        }
    }

    [Fact]
    public async Task Vms_that_come_and_go_between_pages_neither_shift_nor_repeat_the_others()
    {
        var prefix = await AddManyAsync(20);

        var items = await AllPagesAsync($"/v1/vms?search={prefix}&limit=4", async page =>
        {
            await fixture.AddVmAsync(name: $"{prefix}000-early-{page.ToString(CultureInfo.InvariantCulture)}");
            await fixture.Inventory.ExecuteAsync("UPDATE vms SET deleted_at = now() WHERE name = $1", $"{prefix}{page:d3}");
        });

        var names = items.Select(v => v.GetProperty("name").GetString()!).ToList();
        Assert.Equal(names.Distinct(), names);
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"{prefix}{i:d3}"), names);
    }

    [Fact]
    public async Task A_cursor_of_another_query_is_refused()
    {
        var prefix = await AddManyAsync(3);
        var page = await fixture.GetAsync($"/v1/vms?search={prefix}&limit=1");
        var cursor = page.GetProperty("nextCursor").GetString();

        using var response = await fixture.Http.GetAsync($"/v1/vms?search={prefix}&limit=1&sort=state&cursor={cursor}");
        var problem = await OrchestratorFixture.ProblemAsync(response, 400, "invalid-parameter");
        Assert.Contains("other parameters", problem.GetProperty("errors").GetProperty("cursor")[0].GetString());
    }

    [Fact]
    public async Task Filters_by_state_host_name_and_text()
    {
        var prefix = await AddManyAsync(12);
        async Task<int> Count(string filter) => (await AllPagesAsync($"/v1/vms?search={prefix}&{filter}")).Count;

        Assert.Equal(6, await Count("state=Running"));
        Assert.Equal(12, await Count("state=running,Off"));
        Assert.Equal(4, await Count("host=beta"));
        Assert.Equal(4, await Count($"host={fixture.Beta}"));
        Assert.Equal(2, await Count("host=BETA&state=Off"));
        Assert.Equal(1, await Count($"name={prefix}003"));
        Assert.Equal(0, await Count("missing=true"));
        Assert.Equal(12, await Count("missing=false"));
        Assert.Empty(await AllPagesAsync("/v1/vms?search=100%25_"));
        Assert.Equal(12, (await AllPagesAsync($"/v1/vms?search={prefix.ToUpperInvariant()}")).Count);
    }

    [Fact]
    public async Task Vms_whose_host_does_not_report_are_found_as_stale_and_counted()
    {
        var prefix = $"s{Guid.NewGuid():n}-";
        await fixture.AddVmAsync(host: fixture.Silent, name: $"{prefix}old-1");
        await fixture.AddVmAsync(host: fixture.Silent, name: $"{prefix}old-2");
        await fixture.AddVmAsync(name: $"{prefix}fresh");
        async Task<(string[] Names, int Total)> Read(string filter)
        {
            var page = await fixture.GetAsync($"/v1/vms?search={prefix}&{filter}&count=true&fields=name,stale");
            return ([.. page.GetProperty("items").EnumerateArray().Select(v => v.GetProperty("name").GetString()![prefix.Length..])], page.GetProperty("total").GetInt32());
        }

        var (stale, staleTotal) = await Read("stale=true&limit=1");
        Assert.Equal(["old-1"], stale);
        Assert.Equal(2, staleTotal);
        var (fresh, freshTotal) = await Read("stale=false");
        Assert.Equal(["fresh"], fresh);
        Assert.Equal(1, freshTotal);
        using var past = await fixture.Http.GetAsync($"/v1/vms?stale=true&asOf={Uri.EscapeDataString(TimeProvider.System.GetUtcNow().ToString("O", CultureInfo.InvariantCulture))}");
        var problem = await OrchestratorFixture.ProblemAsync(past, 400, "invalid-parameter");
        Assert.Contains("asOf", problem.GetProperty("errors").GetProperty("stale")[0].GetString());
    }

    [Fact]
    public async Task Deleted_vms_are_listed_only_when_asked_for()
    {
        var name = $"gone-{Guid.NewGuid():n}";
        var vm = await fixture.AddVmAsync(name: name);
        await fixture.Inventory.ExecuteAsync("UPDATE vms SET deleted_at = now() WHERE vm_id = $1", vm.Value);

        Assert.Empty(await AllPagesAsync($"/v1/vms?name={name}"));
        Assert.Single(await AllPagesAsync($"/v1/vms?name={name}&deleted=true"));
        Assert.True((await fixture.GetAsync($"/v1/vms/{vm}")).TryGetProperty("deletedAt", out _));
    }

    [Fact]
    public async Task The_fleet_is_shown_as_it_was()
    {
        var name = $"past-{Guid.NewGuid():n}";
        var created = TimeProvider.System.GetUtcNow().AddMinutes(-10);
        var vm = await fixture.Inventory.AddVmAsync(fixture.Alpha, name, VmState.Running, observedAt: created);
        var between = created.AddMinutes(5);
        await fixture.Inventory.SetStateAsync(vm, VmState.Off);
        async Task<string[]> StatesAt(DateTimeOffset at) =>
            [.. (await AllPagesAsync($"/v1/vms?name={name}&asOf={at.UtcDateTime:yyyy-MM-ddTHH:mm:ss.ffffffZ}")).Select(v => v.GetProperty("state").GetString()!)];

        Assert.Empty(await StatesAt(created.AddMinutes(-1)));
        Assert.Equal(["Running"], await StatesAt(between));
        Assert.Equal(["Off"], await StatesAt(TimeProvider.System.GetUtcNow()));
        using var sorted = await fixture.Http.GetAsync($"/v1/vms?asOf={between.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}&sort=changedAt");
        await OrchestratorFixture.ProblemAsync(sorted, 400, "invalid-parameter");
    }

    [Fact]
    public async Task Hosts_are_listed_with_status_and_filtered()
    {
        var hosts = await AllPagesAsync("/v1/hosts?limit=2");
        Assert.Equal(["alpha", "bare", "beta", "broken", "hyper", "old", "silent", "small"], hosts.Select(h => h.GetProperty("name").GetString()));
        Assert.Equal("AgentSilent", hosts.Single(h => h.GetProperty("name").GetString() == "silent").GetProperty("status").GetString());
        Assert.Equal(["hyper"], (await AllPagesAsync("/v1/hosts?kind=HyperV")).Select(h => h.GetProperty("name").GetString()));
        Assert.Equal(["broken"], (await AllPagesAsync("/v1/hosts?status=HypervisorUnreachable")).Select(h => h.GetProperty("name").GetString()));
        Assert.Equal(["alpha"], (await AllPagesAsync("/v1/hosts?search=LPH")).Select(h => h.GetProperty("name").GetString()));
        Assert.Equal(65536, (await fixture.GetAsync($"/v1/hosts/{fixture.Alpha}")).GetProperty("memoryMiB").GetInt64());
    }

    [Fact]
    public async Task Operations_and_migrations_are_listed_newest_first_and_filtered()
    {
        var moving = await fixture.AddVmAsync(VmState.Running);
        var migration = OrchestratorFixture.IdOf(await fixture.AcceptedAsync($"/v1/vms/{moving}/migrations", new { destinationHostId = fixture.Beta }));
        var started = new List<OperationId>();
        for (var i = 0; i < 5; i++)
        {
            started.Add(OrchestratorFixture.IdOf(await fixture.AcceptedAsync($"/v1/vms/{await fixture.AddVmAsync()}/start")));
        }

        var listed = (await AllPagesAsync("/v1/operations?open=true&limit=2")).Select(OrchestratorFixture.IdOf).ToList();
        Assert.Equal([.. started.AsEnumerable().Reverse(), migration], listed.Where(id => id == migration || started.Contains(id)));
        Assert.Equal([migration], (await AllPagesAsync($"/v1/operations?vm={moving}&kind=MigrateVm")).Select(OrchestratorFixture.IdOf));
        Assert.Empty(await AllPagesAsync($"/v1/operations?vm={moving}&status=Failed,Succeeded"));
        var shown = Assert.Single(await AllPagesAsync($"/v1/migrations?vm={moving}&host={fixture.Beta}"));
        Assert.Equal(("Requested", "alpha", "beta"),
            (shown.GetProperty("phase").GetString(), shown.GetProperty("sourceHostName").GetString(), shown.GetProperty("destinationHostName").GetString()));
    }

    [Fact]
    public async Task Only_the_members_asked_for_are_sent_the_id_always()
    {
        var prefix = await AddManyAsync(3);
        string[] Names(JsonElement item) => [.. item.EnumerateObject().Select(m => m.Name)];

        Assert.All(await AllPagesAsync($"/v1/vms?search={prefix}&fields=name,state&limit=2"), vm => Assert.Equal(["id", "name", "state"], Names(vm)));
        Assert.All(await AllPagesAsync("/v1/hosts?fields=status,name"), host => Assert.Equal(["id", "name", "status"], Names(host)));
        var vm = (await fixture.GetAsync($"/v1/vms?search={prefix}")).GetProperty("items")[0];
        Assert.Equal(["disks", "id", "name"], Names(await fixture.GetAsync($"/v1/vms/{vm.GetProperty("id")}?fields=disks,name")).Order());

        using var unknown = await fixture.Http.GetAsync("/v1/vms?fields=name,colour");
        var problem = await OrchestratorFixture.ProblemAsync(unknown, 400, "invalid-parameter");
        Assert.Contains("found 'colour'", problem.GetProperty("errors").GetProperty("fields")[0].GetString());
    }

    [Fact]
    public async Task Five_thousand_VMs_come_in_one_page_if_only_some_members_are_asked_for()
    {
        Assert.Equal(JsonValueKind.Array, (await fixture.GetAsync("/v1/vms?fields=name&limit=5000")).GetProperty("items").ValueKind);
        using var whole = await fixture.Http.GetAsync("/v1/vms?limit=5000");
        await OrchestratorFixture.ProblemAsync(whole, 400, "invalid-parameter");
    }

    [Fact]
    public async Task The_first_page_says_how_many_there_are_if_asked()
    {
        var prefix = await AddManyAsync(7);
        var page = await fixture.GetAsync($"/v1/vms?search={prefix}&limit=3&count=true");
        Assert.Equal(7, page.GetProperty("total").GetInt32());
        Assert.False((await fixture.GetAsync($"/v1/vms?search={prefix}&limit=3&count=true&cursor={page.GetProperty("nextCursor")}")).TryGetProperty("total", out _));
        Assert.False((await fixture.GetAsync($"/v1/vms?search={prefix}&limit=3")).TryGetProperty("total", out _));
        Assert.Equal(8, (await fixture.GetAsync("/v1/hosts?limit=2&count=true&fields=name")).GetProperty("total").GetInt32());

        var vm = await fixture.AddVmAsync();
        await fixture.AcceptedAsync($"/v1/vms/{vm}/start");
        Assert.Equal(1, (await fixture.GetAsync($"/v1/operations?vm={vm}&count=true")).GetProperty("total").GetInt32());
        Assert.Equal(0, (await fixture.GetAsync($"/v1/migrations?vm={vm}&count=true")).GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task A_list_that_has_not_changed_is_not_sent_again()
    {
        var prefix = await AddManyAsync(2);
        using var first = await fixture.Http.GetAsync($"/v1/vms?search={prefix}&fields=name,state");
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/vms?search={prefix}&fields=name,state") { Headers = { IfNoneMatch = { first.Headers.ETag! } } };
        using var again = await fixture.Http.SendAsync(request);
        Assert.Equal(304, (int)again.StatusCode);
    }

    [Fact]
    public async Task Operations_are_found_by_who_asked_and_when()
    {
        var vm = await fixture.AddVmAsync();
        var before = TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(-1);
        await fixture.AcceptedAsync($"/v1/vms/{vm}/start", null, ("X-Requested-By", "carol"));
        var by = (await fixture.GetAsync($"/v1/operations?vm={vm}")).GetProperty("items")[0].GetProperty("trail").GetProperty("requestedBy").GetString()!;
        async Task<int> Count(string filter) => (await AllPagesAsync($"/v1/operations?vm={vm}&{filter}")).Count;

        Assert.Equal(1, await Count($"requestedBy={Uri.EscapeDataString(by)}"));
        Assert.Equal(0, await Count("requestedBy=nobody"));
        Assert.Equal(1, await Count($"from={before:yyyy-MM-ddTHH:mm:ssZ}"));
        Assert.Equal(0, await Count($"to={before:yyyy-MM-ddTHH:mm:ssZ}"));
    }
}
