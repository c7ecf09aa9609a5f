using HvPlatform.TestKit;
using Microsoft.Playwright;
using Xunit;

namespace HvPlatform.EndToEndTests;

/// <summary>Pictures of real pages, kept under <c>artifacts/screenshots</c> to be looked at.</summary>
public static class Screenshots
{
    const int MostPictureBytes = 150_000;

    /// <summary>Takes the visible part of a page.</summary>
    public static Task TakeAsync(IPage page, string name) =>
        page.ScreenshotAsync(new() { Path = Path.Combine(Repository.Root, "artifacts", "screenshots", $"{name}.png"), Animations = ScreenshotAnimations.Disabled });

    /// <summary>Takes a picture of the README. With <c>HV_PICTURES=1</c> in the environment it replaces the one in <c>docs/pictures</c>; otherwise it is only taken.</summary>
    public static async Task TakePictureAsync(IPage page, string name)
    {
        await TakeAsync(page, $"picture-{name}");
        if (Environment.GetEnvironmentVariable("HV_PICTURES") != "1")
        {
            return;
        }

        var picture = Path.Combine(Repository.Root, "docs", "pictures", $"{name}.png");
        Directory.CreateDirectory(Path.GetDirectoryName(picture)!);
        File.Copy(Path.Combine(Repository.Root, "artifacts", "screenshots", $"picture-{name}.png"), picture, overwrite: true);
        Assert.True(new FileInfo(picture).Length <= MostPictureBytes, $"{picture} has {new FileInfo(picture).Length} bytes, more than {MostPictureBytes}: show less on it.");
    }
}
