using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>
/// The console facet: <c>GetVirtualSystemThumbnailImage</c>, which answers with the bare pixels of exactly the size asked for. Larger pictures than fit into one answer of
/// WinRM (500 kB, base 64) are asked for smaller, in the same proportion.
/// </summary>
internal sealed class HyperVConsole(HyperVConnector connector, HyperVServices services) : IConsoleDriver
{
    private const int Smallest = 16;
    private const int Largest = 4096;

    // 480 × 360: 338 KiB of pixels, 450 KiB in base 64, which leaves room for the rest of the answer.
    private const int MostPixels = 480 * 360;

    public Task<VmScreenshot> ScreenshotAsync(VmId vm, int widthPixels, int heightPixels, CancellationToken cancellationToken) => connector.RunAsync(
        $"Cannot take a picture of VM {vm}",
        async session =>
        {
            var (width, height) = Fitting(widthPixels, heightPixels);
            var machine = await HyperVMachine.FindAsync(session, vm, connector.Where, cancellationToken);
            machine.RequireIfKnown("take a picture of", VmPowerState.Running, VmPowerState.Paused);
            var arguments = HyperVServices.Arguments(
                "GetVirtualSystemThumbnailImage", ("TargetSystem", machine.SettingsPath), ("WidthPixels", (ushort)width), ("HeightPixels", (ushort)height));
            var pixels = await PixelsAsync(session, machine, arguments, width, height, cancellationToken);
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

    /// <summary>The size to ask for: the wanted one, or the largest in its proportion whose picture fits into an answer.</summary>
    internal static (int Width, int Height) Fitting(int widthPixels, int heightPixels)
    {
        var (width, height) = (Math.Clamp(widthPixels, Smallest, Largest), Math.Clamp(heightPixels, Smallest, Largest));
        if (width * height <= MostPixels)
        {
            return (width, height);
        }

        var factor = Math.Sqrt((double)MostPixels / (width * height));
        return ((int)(width * factor), (int)(height * factor));
    }

    private async Task<IReadOnlyList<byte>> PixelsAsync(ICimSession session, HyperVMachine machine, CimInstance arguments, int width, int height, CancellationToken cancellationToken)
    {
        try
        {
            var result = await services.ManageAsync(session, "GetVirtualSystemThumbnailImage", arguments, $"take a picture of VM {machine.Name}", cancellationToken);
            return result.Out.Array<byte>("ImageData");
        }
        catch (CimException error) when (error.Kind is CimErrorKind.TooLarge)
        {
            throw new HypervisorException(
                HyperVErrors.Of(error, $"Cannot take a picture of VM {machine.Name} with {width} × {height} pixels", connector.Where) with
                {
                    Code = "picture-too-large",
                    Advice = "Ask for a smaller picture (--width and --height, for example 320 and 240), or raise WinRM's MaxEnvelopeSizekb on the host.",
                },
                error);
        }
    }
}
