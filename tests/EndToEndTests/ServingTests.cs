using System.Net;
using System.Net.Http.Headers;
using Xunit;

namespace HvPlatform.EndToEndTests;

/// <summary>How the dashboard's files are served.</summary>
public sealed partial class ServingTests(DashboardFixture fixture) : IClassFixture<DashboardFixture>
{
    [System.Text.RegularExpressions.GeneratedRegex("/assets/[^\"]+\\.js")]
    private static partial System.Text.RegularExpressions.Regex Script();

    async Task<HttpResponseMessage> GetAsync(string path, string? encoding = null)
    {
        using var http = new HttpClient { BaseAddress = fixture.Platform.Api.BaseAddress };
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (encoding is not null)
        {
            request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue(encoding));
        }

        return await http.SendAsync(request);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/vms")]
    [InlineData("/vms/5f3b0d0e-0000-4000-8000-000000000000")]
    public async Task Every_page_address_answers_with_the_page_and_a_policy_of_its_own_origin_only(string path)
    {
        using var first = await GetAsync(path);
        using var second = await GetAsync(path);
        var policy = first.Headers.GetValues("Content-Security-Policy").Single();

        Assert.Equal("text/html", first.Content.Headers.ContentType?.MediaType);
        Assert.StartsWith("default-src 'none'; script-src 'self';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.NotEqual(policy, second.Headers.GetValues("Content-Security-Policy").Single());
        Assert.DoesNotContain("__STYLE_NONCE__", await first.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("br")]
    [InlineData("gzip")]
    [InlineData(null)]
    public async Task A_script_has_a_hash_in_its_name_is_kept_for_ever_and_compressed_for_those_who_take_it(string? encoding)
    {
        using var page = await GetAsync("/");
        var script = Script().Match(await page.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Value;
        using var answer = await GetAsync(script, encoding);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("public, max-age=31536000, immutable", answer.Headers.GetValues("Cache-Control").Single());
        Assert.Equal("text/javascript", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal(encoding, answer.Content.Headers.ContentEncoding.SingleOrDefault());
    }

    [Theory]
    [InlineData("/assets/index-00000000.js")]
    [InlineData("/assets/%2e%2e%2findex.html")]
    public async Task An_asset_that_is_not_there_is_not_found_and_never_the_page(string path)
    {
        using var answer = await GetAsync(path);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }
}
