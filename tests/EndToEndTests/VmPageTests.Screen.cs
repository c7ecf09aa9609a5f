using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace HvPlatform.EndToEndTests;

/// <content>The picture of the guest's screen.</content>
public sealed partial class VmPageTests
{
    [Fact]
    public async Task The_screen_is_taken_again_while_it_is_looked_at_and_says_why_there_is_none()
    {
        var (id, name) = await RunningAsync(9);
        await Screen.RunAsync(
            _platform,
            $"/vms/{id}",
            async page =>
            {
                // Taken again by itself.
                var taken = Part(page, "Screen").Locator("[data-screen-taken]");
                var first = await taken.GetAttributeAsync("data-screen-taken");
                await Expect(taken).Not.ToHaveAttributeAsync("data-screen-taken", first!);

                await Button(Part(page, "Screen"), $"Show the screen of {name} larger").ClickAsync();
                await Expect(Dialog(page).GetByRole(AriaRole.Img, new() { Name = $"Screen of {name}" })).ToBeVisibleAsync();
                await Screen.AssertAccessibleAsync(page);
                await page.Keyboard.PressAsync("Escape");
                await Expect(Dialog(page)).ToHaveCountAsync(0);

                // The last picture stays, with its age and why there is no newer one.
                await page.RouteAsync("**/screenshot?*", route => route.FulfillAsync(new()
                {
                    Status = 504,
                    ContentType = "application/problem+json",
                    Body = """{"type":"urn:hvplatform:problem:host-silent","title":"No answer","status":504,"detail":"The host does not answer.","code":"host-silent","advice":"Look whether its agent runs."}""",
                }));
                await Button(Part(page, "Screen"), "Take the picture of the screen again").ClickAsync();
                await Expect(taken).ToContainTextAsync("no newer one: The host does not answer.");
                await page.ReloadAsync();
                await Expect(Part(page, "Screen").GetByRole(AriaRole.Alert)).ToContainTextAsync("Look whether its agent runs.");

                await DoAsync(id, "force-off");
                await Expect(Part(page, "Screen")).ToContainTextAsync("There is a picture while the VM runs or is paused; it is off.");
            },
            null,
            "504");
    }
}
