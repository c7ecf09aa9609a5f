using HvPlatform.ServiceKit;

namespace HvPlatform.HostAgent;

/// <summary>The host-agent service as a list of its parts.</summary>
public static class HostAgentModule
{
    /// <summary>The parts.</summary>
    public static HvModule Create() => new()
    {
        Name = "host-agent",
    };
}
