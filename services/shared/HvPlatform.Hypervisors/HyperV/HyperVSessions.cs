using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.Hypervisors.HyperV.Cim.Wmi;
using HvPlatform.Hypervisors.HyperV.Cim.WsMan;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>The transports that this build has.</summary>
public static class HyperVSessions
{
    /// <summary>WS-Management for a host with an address, WMI for this machine. Options that cannot work are <see cref="CimErrorKind.InvalidRequest"/>.</summary>
    public static ICimSession Open(HyperVOptions options)
    {
        if (options.Remote is not { } remote)
        {
            return WmiTransport.Open(new WmiOptions());
        }

        try
        {
            return new WsManSession(remote);
        }
        catch (ArgumentException error)
        {
            throw new CimException(CimErrorKind.InvalidRequest, error.Message, inner: error);
        }
    }
}
