using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace HvPlatform.EndToEndTests;

public sealed partial class OverviewTests
{
    [Fact]
    public async Task An_API_token_is_shown_once_works_and_is_revoked_after_a_question() =>
        await Screen.RunAsync(fixture.Platform, "/access", async page =>
        {
            var token = await MakeAsync(page, "API token", "nightly-report", "Make the token", "The new API token");
            Assert.Equal("nightly-report", (await MeAsync(token)).Name);

            // Shown once: neither the list nor the page opened anew has it.
            await page.ReloadAsync();
            await Expect(Row(page, "nightly-report")).ToContainTextAsync("Viewer over everything");
            Assert.DoesNotContain(token, await page.ContentAsync(), StringComparison.Ordinal);

            await RemoveAsync(page, "Revoke", "API token", "nightly-report");
            await Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "nightly-report" })).ToContainTextAsync("Revoked");
            await Expect(Button(page, "Revoke nightly-report")).ToHaveCountAsync(0);
            Assert.Equal(HttpStatusCode.Unauthorized, (await MeAsync(token)).Status);
        });

    [Fact]
    public async Task Grants_resource_groups_and_join_tokens_are_made_listed_and_removed_after_a_question() =>
        await Screen.RunAsync(fixture.Platform, "/access?tab=groups", async page =>
        {
            await Button(page, "New resource group").ClickAsync();
            var dialog = page.GetByRole(AriaRole.Dialog);
            await Field(dialog, "Name").FillAsync("rack-1");
            await dialog.GetByRole(AriaRole.Combobox, new() { Name = "Hosts", Exact = true }).FillAsync("sim-host-0002");
            await page.GetByRole(AriaRole.Option, new() { Name = "sim-host-0002", Exact = true }).ClickAsync();

            // Away from the list of hosts, which lies over the button.
            await page.Keyboard.PressAsync("Tab");
            await Button(dialog, "Make the group").ClickAsync();
            await Expect(Row(page, "rack-1")).ToContainTextAsync("sim-host-0002");

            // A grant over the new group.
            await OpenTabAsync(page, "People");
            await Button(page, "New grant").ClickAsync();
            await Field(dialog, "Name").FillAsync("vera");
            await dialog.GetByRole(AriaRole.Combobox, new() { Name = "Over", Exact = true }).ClickAsync();
            await page.GetByRole(AriaRole.Option, new() { Name = "rack-1", Exact = true }).ClickAsync();
            await Button(dialog, "Grant").ClickAsync();
            await Expect(Row(page, "user:vera")).ToContainTextAsync("rack-1");
            await RemoveAsync(page, "Remove", "grant", "user:vera");
            await Expect(Row(page, "user:vera")).ToHaveCountAsync(0);

            await OpenTabAsync(page, "Resource groups");
            await RemoveAsync(page, "Delete", "resource group", "rack-1");
            await Expect(Row(page, "rack-1")).ToHaveCountAsync(0);

            await OpenTabAsync(page, "Join tokens");
            Assert.Contains("host-agent join --url", await MakeAsync(page, "join token", "rack-2", "Make the token", "The command for the new host"), StringComparison.Ordinal);
            await RemoveAsync(page, "Delete", "join token", "rack-2");
            await Expect(Row(page, "rack-2")).ToHaveCountAsync(0);
        });

    [Fact]
    public async Task A_joined_agent_is_listed_and_revoked_after_a_question()
    {
        using var made = await fixture.Platform.Api.PostAsJsonAsync("/v1/join-tokens", new { name = "rack-3" }, TestContext.Current.CancellationToken);
        var token = (await made.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("token").GetString();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var csr = new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256).CreateSigningRequestPem();
        using var anonymous = new HttpClient { BaseAddress = fixture.Platform.Api.BaseAddress };
        using var joined = await anonymous.PostAsJsonAsync("/v1/agents/join", new { token, hostName = "kvm3.example.net", csr }, TestContext.Current.CancellationToken);
        Assert.True(joined.IsSuccessStatusCode, await joined.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));

        await Screen.RunAsync(fixture.Platform, "/access?tab=agents", async page =>
        {
            await Expect(Row(page, "kvm3.example.net")).ToContainTextAsync("until");
            await RemoveAsync(page, "Revoke", "agent", "kvm3.example.net");
            await Expect(Row(page, "kvm3.example.net")).ToContainTextAsync("Revoked");
            await Expect(Button(page, "Revoke kvm3.example.net")).ToHaveCountAsync(0);
        });
    }

    [Fact]
    public async Task A_viewer_is_told_that_access_is_for_administrators_and_reads_none_of_it()
    {
        using var made = await fixture.Platform.Api.PostAsJsonAsync("/v1/api-tokens", new { name = "viewer", role = "Viewer", groups = new[] { "*" } }, TestContext.Current.CancellationToken);
        var token = (await made.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("token").GetString();
        await Screen.RunAsync(fixture.Platform, "/welcome", async page =>
        {
            var asked = 0;
            page.Request += (_, request) => asked += request.Url.Contains("-tokens", StringComparison.Ordinal) || request.Url.EndsWith("/v1/agents", StringComparison.Ordinal) ? 1 : 0;
            var session = await page.Context.APIRequest.PostAsync("/v1/session", new() { Headers = new Dictionary<string, string> { ["Authorization"] = $"Bearer {token}", ["X-Requested-With"] = "hv-dashboard" } });
            Assert.True(session.Ok, await session.TextAsync());
            await page.GotoAsync("/access");

            await Expect(page.GetByText("This page is for administrators.", new() { Exact = true })).ToBeVisibleAsync();
            await Expect(page.GetByText("viewer does not have it.")).ToBeVisibleAsync();
            Assert.Equal(0, asked);
            Assert.Equal(403, (await page.Context.APIRequest.GetAsync("/v1/api-tokens")).Status);
        });
    }

    static ILocator Button(IPage page, string name) => page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    static ILocator Button(ILocator within, string name) => within.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    static ILocator Field(ILocator within, string name) => within.GetByRole(AriaRole.Textbox, new() { Name = name, Exact = true });

    static ILocator Row(IPage page, string name) => page.GetByRole(AriaRole.Row).Filter(new() { Has = page.GetByRole(AriaRole.Cell, new() { Name = name, Exact = true }) });

    static Task OpenTabAsync(IPage page, string name) => page.GetByRole(AriaRole.Tab, new() { Name = name, Exact = true }).ClickAsync();

    /// <summary>Makes one with a name; answers what is shown of it only now.</summary>
    static async Task<string> MakeAsync(IPage page, string noun, string name, string action, string shown)
    {
        await Button(page, $"New {noun}").ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await Field(dialog, "Name").FillAsync(name);
        await Button(dialog, action).ClickAsync();
        await Expect(Row(page, name)).ToHaveCountAsync(1);
        await Expect(page.GetByText($"{shown}: shown only now", new() { Exact = true })).ToBeVisibleAsync();
        return (await page.GetByLabel(shown, new() { Exact = true }).TextContentAsync())!;
    }

    /// <summary>Removes one: first with "Back", which changes nothing, then truly.</summary>
    static async Task RemoveAsync(IPage page, string verb, string noun, string name)
    {
        var dialog = page.GetByRole(AriaRole.Dialog);
        foreach (var answer in (string[])["Back", verb])
        {
            await Button(page, $"{verb} {name}").ClickAsync();
            await Expect(dialog).ToContainTextAsync($"{verb} {noun} {name}?");
            await Button(dialog, answer).ClickAsync();
            await Expect(dialog).ToHaveCountAsync(0);
            if (answer == "Back")
            {
                await Expect(Row(page, name)).ToHaveCountAsync(1);
            }
        }
    }

    async Task<(HttpStatusCode Status, string? Name)> MeAsync(string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(fixture.Platform.Api.BaseAddress!, "/v1/me")) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };
        using var client = new HttpClient();
        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return (answer.StatusCode, answer.IsSuccessStatusCode ? (await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("name").GetString() : null);
    }
}
