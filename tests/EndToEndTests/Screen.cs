using System.Collections.Concurrent;
using System.Text.Json;
using HvPlatform.TestKit;
using Microsoft.Playwright;
using Xunit;
using Xunit.Sdk;
using static Microsoft.Playwright.Assertions;

namespace HvPlatform.EndToEndTests;

/// <summary>How a page is shown.</summary>
public sealed record Looks(int Width = 1280, int Height = 800, ColorScheme Scheme = ColorScheme.Light, bool Motion = false);

/// <summary>
/// A browser with a page of somebody who is signed in. Its test fails if a page logs an error, throws, or breaks the Content-Security-Policy; then its last
/// picture is in <c>artifacts/screenshots/failed</c>.
/// </summary>
public static class Screen
{
    static readonly Lazy<string> s_axe = new(() => File.ReadAllText(Path.Combine(Repository.Root, "services", "dashboard", "node_modules", "axe-core", "axe.min.js")));

    /// <summary>Opens an address and runs a test on it. <paramref name="expected"/>: parts of console errors that belong to what the test does, such as a lost connection.</summary>
    public static async Task RunAsync(Platform platform, string path, Func<IPage, Task> test, Looks? looks = null, params string[] expected)
    {
        looks ??= new();
        var errors = new ConcurrentQueue<string>();
        var page = await DashboardFixture.NewPageAsync(platform, looks.Width, looks.Height, looks.Scheme, looks.Motion);
        await using var context = page.Context;
        await DashboardFixture.SignInAsync(platform, context);
        context.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning" && !expected.Any(e => message.Text.Contains(e, StringComparison.OrdinalIgnoreCase)))
            {
                errors.Enqueue($"{message.Text} ({message.Location})");
            }
        };
        context.WebError += (_, e) => errors.Enqueue(e.Error);
        try
        {
            await page.GotoAsync(path);
            await test(page);
        }
        catch when (!page.IsClosed)
        {
            await Screenshots.TakeAsync(page, $"failed/{TestContext.Current.TestMethod?.MethodName ?? "unknown"}");
            throw;
        }

        Assert.True(errors.IsEmpty, $"{path} logged: {string.Join('\n', errors.Distinct())}");
    }

    /// <summary>Fails if axe-core finds a serious or critical violation, or if the page can be scrolled sideways.</summary>
    public static async Task AssertAccessibleAsync(IPage page)
    {
        await page.EvaluateAsync(s_axe.Value + "; undefined");
        var violations = await page.EvaluateAsync<JsonElement>(
            """
            () => axe.run(document, { resultTypes: ['violations'] }).then(r => r.violations
              .filter(v => v.impact === 'serious' || v.impact === 'critical')
              .map(v => `${v.id} (${v.impact}): ${v.help}: ` + v.nodes.slice(0, 4).map(n => `${n.target.join(' ')} ${n.any[0]?.message ?? ''}`).join(' | ')))
            """);
        var found = violations.EnumerateArray().Select(v => v.GetString()).ToList();
        var sideways = await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth");
        if (sideways > 0)
        {
            found.Add($"the page is {sideways} pixels wider than its window");
        }

        if (found.Count > 0)
        {
            throw new XunitException($"{page.Url} at {page.ViewportSize?.Width} px: {string.Join('\n', found)}");
        }
    }

    /// <summary>Checks and pictures a page in light and dark, at 1280 and 390 pixels. <paramref name="ready"/> waits until the page shows what it is about.</summary>
    public static async Task AssertPresentableAsync(IPage page, string name, Func<Task> ready)
    {
        foreach (var (width, height) in ((int, int)[])[(1280, 800), (390, 844)])
        {
            await page.SetViewportSizeAsync(width, height);
            foreach (var scheme in (ColorScheme[])[ColorScheme.Light, ColorScheme.Dark])
            {
                await page.EmulateMediaAsync(new() { ColorScheme = scheme, ReducedMotion = ReducedMotion.Reduce });
                await Expect(page.Locator("html")).ToHaveAttributeAsync("data-mantine-color-scheme", scheme.ToString().ToLowerInvariant());
                await ready();
                await AssertAccessibleAsync(page);
                await Screenshots.TakeAsync(page, $"{name}-{width}-{scheme.ToString().ToLowerInvariant()}");
            }
        }
    }
}
