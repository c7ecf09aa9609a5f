using HvPlatform.Contracts;

namespace HvPlatform.Orchestrator.Http;

/// <summary>Where resources are found.</summary>
internal static class Urls
{
    public static string Operation(OperationId id) => $"/v1/operations/{id}";

    public static string Migration(OperationId id) => $"/v1/migrations/{id}";

    public static string Evacuation(EvacuationId id) => $"/v1/evacuations/{id}";

    public static string Vm(VmId id) => $"/v1/vms/{id}";

    public static string Host(HostId id) => $"/v1/hosts/{id}";
}
