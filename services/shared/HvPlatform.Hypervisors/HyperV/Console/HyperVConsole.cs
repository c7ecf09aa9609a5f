using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>The console facet: <c>GetVirtualSystemThumbnailImage</c>, which answers with the bare pixels of exactly the size asked for.</summary>
internal sealed class HyperVConsole(HyperVConnector connector, HyperVServices services) : IConsoleDriver
{
    private const int Smallest = 16;
    private const int Largest = 4096;

    public Task<VmScreenshot> ScreenshotAsync(VmId vm, int widthPixels, int heightPixels, CancellationToken cancellationToken) => connector.RunAsync(
        $"Cannot take a picture of VM {vm}",
        async session =>
        {
            var (width, height) = (Math.Clamp(widthPixels, Smallest, Largest), Math.Clamp(heightPixels, Smallest, Largest));
            var machine = await HyperVMachine.FindAsync(session, vm, connector.Where, cancellationToken);
            machine.RequireIfKnown("take a picture of", VmPowerState.Running, VmPowerState.Paused);
            var arguments = HyperVServices.Arguments(
                "GetVirtualSystemThumbnailImage", ("TargetSystem", machine.SettingsPath), ("WidthPixels", (ushort)width), ("HeightPixels", (ushort)height));
            var result = await services.ManageAsync(session, "GetVirtualSystemThumbnailImage", arguments, $"take a picture of VM {machine.Name}", cancellationToken);
            var pixels = result.Out.Array<byte>("ImageData");
            if (pixels.Count == 0)
            {
                throw machine.Refused(ErrorCategory.InvalidState, ErrorKind.InvalidState, "no-picture", $"VM {machine.Name} shows nothing now.", "Try again when its guest has started.");
            }

            if (pixels.Count != width * height * 2)
            {
                throw new HypervisorException(HyperVErrors.Info(
                    ErrorCategory.TypeConversion, $"Host {connector.Where} answered {pixels.Count} bytes for a picture of {width} × {height} pixels, which are {width * height * 2}.", connector.Where));
            }

            return new VmScreenshot { VmId = vm, WidthPixels = width, HeightPixels = height, PngBase64 = Convert.ToBase64String(PngImage.FromRgb565([.. pixels], width, height)) };
        },
        cancellationToken);
}
