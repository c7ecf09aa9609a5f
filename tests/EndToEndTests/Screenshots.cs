using HvPlatform.TestKit;
using Microsoft.Playwright;

namespace HvPlatform.EndToEndTests;

/// <summary>Pictures of real pages, kept under <c>artifacts/screenshots</c> to be looked at.</summary>
public static class Screenshots
{
    /// <summary>Takes the visible part of a page.</summary>
    public static Task TakeAsync(IPage page, string name) =>
        page.ScreenshotAsync(new() { Path = Path.Combine(Repository.Root, "artifacts", "screenshots", $"{name}.png"), Animations = ScreenshotAnimations.Disabled });
}
