using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Hypervisors;

/// <summary>A VM's screen (facet <c>console</c>).</summary>
public interface IConsoleDriver
{
    /// <summary>What the screen of a running or paused VM shows, as PNG. Its size is as near to the wanted one (pixels) as the hypervisor gives. A VM without a screen now is <see cref="ErrorKind.InvalidState"/>.</summary>
    Task<VmScreenshot> ScreenshotAsync(VmId vm, int widthPixels, int heightPixels, CancellationToken cancellationToken);
}
