using Microsoft.Playwright;

namespace HvPlatform.EndToEndTests;

/// <summary>One headless Chromium for all tests of this process; each test has a context of its own.</summary>
public static class Browser
{
    static readonly Lazy<Task<IBrowser>> s_browser = new(StartAsync);

    /// <summary>Started at the first call; ends with the process.</summary>
    public static Task<IBrowser> SharedAsync() => s_browser.Value;

    static async Task<IBrowser> StartAsync()
    {
        // The machines of CI are small and do other things meanwhile.
        Assertions.SetDefaultExpectTimeout(15_000);
        var playwright = await Playwright.CreateAsync();
        return await playwright.Chromium.LaunchAsync(new()
        {
            // Debian's. Playwright's own download is not used.
            ExecutablePath = Environment.GetEnvironmentVariable("HV_CHROMIUM") ?? "/usr/bin/chromium",
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
            ],
        });
    }
}
