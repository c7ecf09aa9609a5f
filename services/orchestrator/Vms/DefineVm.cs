using System.Globalization;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Access;
using HvPlatform.Orchestrator.Http;
using HvPlatform.Orchestrator.Operations;

namespace HvPlatform.Orchestrator.Vms;

/// <summary>The body of <c>POST /v1/vms</c>.</summary>
internal sealed record DefineVmRequest
{
    /// <summary>The host to define the VM on.</summary>
    public required HostId HostId { get; init; }

    /// <summary>What the VM is to be.</summary>
    public required VmSpec Spec { get; init; }
}

/// <summary><c>POST /v1/vms</c>: defines a VM on a host; it is not started.</summary>
internal static class DefineVm
{
    const int MaxDevices = 64;
    const int MaxDefinitionLength = 512 * 1024;

    public static void Map(RouteGroupBuilder v1) => v1.MapPost("/vms", HandleAsync)
        .Takes<DefineVmRequest>()
        .Begins<OperationView>("DefineVm", "VMs", "Define a VM on a host. It is not started.", 409).Scoped();

    static async Task<IResult> HandleAsync(HttpContext http, CommandPipeline pipeline, OperationAcceptor acceptor, OrchestratorOptions options, TimeProvider clock)
    {
        if (!(await JsonBody.ReadAsync<DefineVmRequest>(http, options.MaxBodyBytes)).Is(out var request, out var refusal))
        {
            return Problems.Result(http, refusal);
        }

        var errors = Validate(request);
        if (errors.Count > 0)
        {
            return Problems.Result(http, Refusals.Invalid(errors));
        }

        var vm = request.Spec.Id ?? new VmId(Guid.NewGuid());
        return await pipeline.RunAsync(http, request, (tx, headers) => acceptor.AcceptAsync(
            tx,
            new OperationRequest
            {
                OperationId = OperationId.New(),
                Kind = OperationKind.DefineVm,
                VmId = vm,
                Trail = headers.Trail(clock.GetUtcNow()),
                DefineOn = request.HostId,
                Spec = request.Spec with { Id = vm },
            },
            http.RequestAborted));
    }

    /// <summary>Everything wrong with the request that can be told without asking a host.</summary>
    internal static SortedDictionary<string, string[]> Validate(DefineVmRequest request)
    {
        var errors = new SortedDictionary<string, string[]>(StringComparer.Ordinal);
        var spec = request.Spec;
        void Need(bool holds, string path, string rule)
        {
            if (!holds)
            {
                errors[path] = [rule];
            }
        }

        void Text(string? text, string path, int max, bool required = false) =>
            Need(text is null ? !required : text.Length <= max && !text.Any(char.IsControl) && (!required || !string.IsNullOrWhiteSpace(text)), path,
                string.Create(CultureInfo.InvariantCulture, $"must be {(required ? 1 : 0)} to {max} printable characters, found {text?.Length ?? 0}"));

        Need(spec.Id is not { Value: var id } || id != Guid.Empty, "spec.id", "must not be the empty UUID");
        Text(spec.Name, "spec.name", 255, required: true);
        Need(!(spec.Name ?? "").Contains('/', StringComparison.Ordinal), "spec.name", "must not contain '/'");
        Need(spec.Vcpus is >= 1 and <= 4096, "spec.vcpus", string.Create(CultureInfo.InvariantCulture, $"must be 1 to 4096, found {spec.Vcpus}"));
        Need(spec.MemoryMiB is >= 1 and <= 64L * 1024 * 1024, "spec.memoryMiB", string.Create(CultureInfo.InvariantCulture, $"must be 1 to 67108864 MiB, found {spec.MemoryMiB}"));
        Need(spec.Disks.Count <= MaxDevices, "spec.disks", string.Create(CultureInfo.InvariantCulture, $"must be at most {MaxDevices}, found {spec.Disks.Count}"));
        Need(spec.Nics.Count <= MaxDevices, "spec.nics", string.Create(CultureInfo.InvariantCulture, $"must be at most {MaxDevices}, found {spec.Nics.Count}"));
        Need((spec.NativeDefinition?.Length ?? 0) <= MaxDefinitionLength, "spec.nativeDefinition",
            string.Create(CultureInfo.InvariantCulture, $"must be at most {MaxDefinitionLength} characters, found {spec.NativeDefinition?.Length}"));
        Need(spec.NativeDefinition?.Contains('\0', StringComparison.Ordinal) != true, "spec.nativeDefinition", "must not contain NUL characters");
        for (var i = 0; i < Math.Min(spec.Disks.Count, MaxDevices); i++)
        {
            Text(spec.Disks[i].Target, $"spec.disks[{i}].target", 64, required: true);
            Text(spec.Disks[i].Source, $"spec.disks[{i}].source", 4096);
            Text(spec.Disks[i].Format, $"spec.disks[{i}].format", 64);
        }

        for (var i = 0; i < Math.Min(spec.Nics.Count, MaxDevices); i++)
        {
            Text(spec.Nics[i].MacAddress, $"spec.nics[{i}].macAddress", 64, required: true);
            Text(spec.Nics[i].Network, $"spec.nics[{i}].network", 255);
            Text(spec.Nics[i].Model, $"spec.nics[{i}].model", 64);
        }

        return errors;
    }
}
