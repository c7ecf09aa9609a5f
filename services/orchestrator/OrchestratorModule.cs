using HvPlatform.ServiceKit;

namespace HvPlatform.Orchestrator;

/// <summary>The orchestrator service as a list of its parts.</summary>
public static class OrchestratorModule
{
    /// <summary>The parts.</summary>
    public static HvModule Create() => new()
    {
        Name = "orchestrator",
        Schema = "orchestrator",
        SqlAssembly = typeof(OrchestratorModule).Assembly,
    };
}
