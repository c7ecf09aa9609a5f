namespace HvPlatform.Hypervisors.HyperV.Cim.Wmi;

/// <summary>Opens WMI sessions where there is WMI.</summary>
public static class WmiTransport
{
    /// <summary>A session. It connects at its first call. On anything but Windows this is <see cref="CimErrorKind.InvalidRequest"/>: use WS-Management there.</summary>
    public static ICimSession Open(WmiOptions options) => OperatingSystem.IsWindows()
        ? new WmiSession(options)
        : throw new CimException(
            CimErrorKind.InvalidRequest,
            $"WMI is a part of Windows, and this is {Environment.OSVersion.Platform}: {options.Host ?? "the local host"} cannot be reached by it. Use WS-Management: an address such as https://HOST:5986/wsman.");
}
