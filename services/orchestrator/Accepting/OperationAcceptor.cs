using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Operations;
using HvPlatform.Contracts.Packages;
using HvPlatform.Contracts.Vms;
using HvPlatform.Orchestrator.Http;
using HvPlatform.Orchestrator.Operations;
using HvPlatform.Orchestrator.ReadModels;
using HvPlatform.Orchestrator.Store;
using HvPlatform.Orchestrator.Vms;

namespace HvPlatform.Orchestrator.Accepting;

/// <summary>
/// The one gate every request passes, from REST or from the bus. In the caller's transaction it takes the VM's lock, looks at the VM and its hosts,
/// grants the epoch, writes the operation, publishes <see cref="OperationAccepted"/> and sends the command. A refusal leaves the transaction
/// as it was. Idempotent by operation id.
/// </summary>
/// <remarks>
/// The lock comes first: what is read after it was committed by whoever held it before, so two requests cannot both find the VM in a state that
/// allows them. Messages carry the VM's id as ordering key, so the terminal event can never overtake <see cref="OperationAccepted"/>.
/// </remarks>
internal sealed class OperationAcceptor(OrchestratorOptions options, TimeProvider clock)
{
    public async Task<Outcome<Operation>> AcceptAsync(IOrchestratorTx tx, OperationRequest request, CancellationToken cancellationToken)
    {
        if (await tx.FindOperationAsync(request.OperationId, cancellationToken) is { } known)
        {
            return known;
        }

        await tx.SaveAsync(cancellationToken);
        var outcome = await DecideAsync(tx, request, cancellationToken);
        if (!outcome.Is(out var operation, out var refusal))
        {
            await tx.RollBackToSavepointAsync(cancellationToken);

            // The same command twice at a time: the second has waited for the first one's lock and finds it taken by its own operation.
            return refusal.RunningOperation == request.OperationId && await tx.FindOperationAsync(request.OperationId, cancellationToken) is { } twin ? twin : refusal;
        }

        await tx.InsertOperationAsync(operation, cancellationToken);
        tx.Publish(
            new OperationAccepted
            {
                OperationId = operation.Id,
                Kind = operation.Kind,
                VmId = operation.VmId,
                HostId = operation.HostId,
                DestinationHostId = operation.DestinationHostId,
                Epoch = operation.Epoch,
                Trail = operation.Trail,
            },
            operation.VmId.Value);
        Send(tx, operation);
        return operation;
    }

    /// <summary>Sends (or sends again) an operation's command.</summary>
    public void Send(IOrchestratorTx tx, Operation operation)
    {
        switch (operation.Kind)
        {
            case OperationKind.MigrateVm:
                ToSaga(tx, operation, new BeginMigration
                {
                    OperationId = operation.Id,
                    VmId = operation.VmId,
                    VmName = operation.VmName,
                    SourceHostId = operation.HostId,
                    DestinationHostId = operation.DestinationHostId!.Value,
                    Epoch = operation.Epoch,
                    Policy = operation.Policy ?? new MigrationPolicy(),
                    Trail = operation.Trail,
                });
                return;
            case OperationKind.ExportVm:
                ToSaga(tx, operation, new BeginExport
                {
                    OperationId = operation.Id,
                    VmId = operation.VmId,
                    VmName = operation.VmName,
                    HostId = operation.HostId,
                    Epoch = operation.Epoch,
                    Settings = operation.Export!,
                    Trail = operation.Trail,
                });
                return;
            case OperationKind.ImportVm:
                ToSaga(tx, operation, new BeginImport
                {
                    OperationId = operation.Id,
                    VmId = operation.VmId,
                    VmName = operation.VmName,
                    HostId = operation.HostId,
                    Epoch = operation.Epoch,
                    Settings = operation.Import!,
                    Trail = operation.Trail,
                });
                return;
            case OperationKind.DefineVm:
                VmAction.ToHost(tx, new DefineVmOnHost
                {
                    OperationId = operation.Id,
                    HostId = operation.HostId,
                    VmId = operation.VmId,
                    Epoch = operation.Epoch,
                    Spec = operation.Spec!,
                });
                break;
            default:
                VmAction.Find(operation.Kind)!.Send(tx, operation);
                break;
        }

        // A saga has timers of its own; a command to a host is watched here.
        OperationWatchdog.Arm(tx, operation, clock.GetUtcNow() + options.ResendAfter);
    }

    static void ToSaga<T>(IOrchestratorTx tx, Operation operation, T message)
        where T : class => tx.Send(Queues.MigrationSaga, message, operation.VmId.Value);

    async Task<Outcome<Operation>> DecideAsync(IOrchestratorTx tx, OperationRequest request, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        if (await tx.TryLockVmAsync(request.VmId, request.OperationId, now, cancellationToken) is { } holder)
        {
            return Refusals.VmBusy(request.VmId, holder.Id, holder.Kind);
        }

        var vm = await tx.FindVmAsync(request.VmId, cancellationToken);
        var checkedRequest = request.Kind switch
        {
            OperationKind.DefineVm => await CheckDefinitionAsync(tx, request, vm, cancellationToken),
            OperationKind.ImportVm => await CheckImportAsync(tx, request, vm, cancellationToken),
            _ => await CheckExistingAsync(tx, request, vm, cancellationToken),
        };
        if (!checkedRequest.Is(out var target, out var refusal))
        {
            return refusal;
        }

        return new Operation
        {
            Id = request.OperationId,
            Kind = request.Kind,
            VmId = request.VmId,
            VmName = target.VmName,
            HostId = target.Host,
            DestinationHostId = request.DestinationHostId,
            Epoch = await tx.GrantEpochAsync(request.VmId, vm?.Epoch ?? 0, cancellationToken),
            Status = OperationStatus.Accepted,
            Trail = request.Trail with { RequestedAt = now },
            Spec = request.Spec,
            Policy = request.Policy,
            Asked = request.Asked is null ? null : JsonSerializer.SerializeToElement(request.Asked, request.Asked.GetType(), HvJson.Options),
            Export = request.Export,
            Import = request.Import,
            PackagePhase = request.Kind is OperationKind.ExportVm or OperationKind.ImportVm ? PackagePhase.Requested : null,
            Phase = request.Kind == OperationKind.MigrateVm ? MigrationPhase.Requested : null,
            UpdatedAt = now,
        };
    }

    async Task<Outcome<Target>> CheckDefinitionAsync(
        IOrchestratorTx tx, OperationRequest request, VmPlacement? vm, CancellationToken cancellationToken)
    {
        if (vm is { DeletedAt: null })
        {
            return Refusals.VmExists(vm.Id, vm.Name);
        }

        if (await tx.FindHostAsync(request.DefineOn!.Value, cancellationToken) is not { } host)
        {
            return Refusals.UnknownHostInBody(request.DefineOn.Value, "hostId");
        }

        if (await tx.FindByNameAsync(host.Id, request.Spec!.Name, cancellationToken) is { } other)
        {
            return Refusals.NameTaken(request.Spec.Name, host.Id, other);
        }

        if ((CheckPlacement(host, "hostId") ?? CheckHost(host, "definition", "define VMs", "hostId")) is { } refusal)
        {
            return refusal;
        }

        return new Target(request.Spec.Name, host.Id);
    }

    async Task<Outcome<Target>> CheckImportAsync(IOrchestratorTx tx, OperationRequest request, VmPlacement? vm, CancellationToken cancellationToken)
    {
        if (vm is { DeletedAt: null })
        {
            return Refusals.ImportedVmExists(vm.Id, vm.Name);
        }

        if (await tx.FindHostAsync(request.DefineOn!.Value, cancellationToken) is not { } host)
        {
            return Refusals.HostNotFound(request.DefineOn.Value);
        }

        if (request.Import!.NewName is { } name && await tx.FindByNameAsync(host.Id, name, cancellationToken) is { } other)
        {
            return Refusals.NameTaken(name, host.Id, other, "settings.newName");
        }

        // What the export calls it is known to the host only.
        var called = request.Import.NewName ?? request.Import.Directory.Split('/', '\\', StringSplitOptions.RemoveEmptyEntries)[^1];
        return (CheckPlacement(host, "id") ?? CheckHost(host, "export", "import VMs", null)) is { } refusal ? refusal : new Target(called, host.Id);
    }

    async Task<Outcome<Target>> CheckExistingAsync(
        IOrchestratorTx tx, OperationRequest request, VmPlacement? vm, CancellationToken cancellationToken)
    {
        if (vm is null)
        {
            return Refusals.VmNotFound(request.VmId);
        }

        if (request.IfMatch is { } wanted && await CheckEtagAsync(tx, vm.Id, wanted, cancellationToken) is { } changed)
        {
            return changed;
        }

        if (vm.DeletedAt is not null || vm.MissingSince is not null)
        {
            return Refusals.VmGone(vm);
        }

        if (await tx.FindHostAsync(vm.HostId, cancellationToken) is not { } source)
        {
            return Refusals.HostNotRegistered(vm, options.RetryAfterSeconds);
        }

        if (request.Kind == OperationKind.MigrateVm)
        {
            return await CheckMigrationAsync(tx, request, vm, source, cancellationToken);
        }

        if (request.Kind == OperationKind.ExportVm)
        {
            // In which states a VM can be exported is for its host to say.
            return (vm.RunsTwice ? Refusals.RunsTwice(vm) : CheckHost(source, "export", "export VMs", null)) is { } no ? no : new Target(vm.Name, source.Id);
        }

        var action = VmAction.Find(request.Kind) ?? throw new InvalidOperationException($"No action for operations of kind {request.Kind}.");
        if (request.Asked is RenameVmRequest rename && await tx.FindByNameAsync(source.Id, rename.Name, cancellationToken) is { } other && other != vm.Id)
        {
            return Refusals.NameTaken(rename.Name, source.Id, other, "name");
        }

        if (!action.Allowed.Contains(vm.State))
        {
            return Refusals.WrongState(vm, action.InWords, action.Allowed, action.AdviceFor?.Invoke(vm) ?? action.Advice);
        }

        if (CheckHost(source, action.Facet, $"{action.InWords} VMs", null) is { } refusal)
        {
            return refusal;
        }

        return new Target(vm.Name, source.Id);
    }

    async Task<Outcome<Target>> CheckMigrationAsync(
        IOrchestratorTx tx, OperationRequest request, VmPlacement vm, HostState source, CancellationToken cancellationToken)
    {
        const string Field = "destinationHostId";
        if (await tx.FindHostAsync(request.DestinationHostId!.Value, cancellationToken) is not { } destination)
        {
            return Refusals.UnknownHostInBody(request.DestinationHostId.Value, Field);
        }

        if (destination.Id == source.Id)
        {
            return Refusals.SameHost(vm, source);
        }

        if (destination.Kind != source.Kind)
        {
            return Refusals.OtherHypervisor(vm, source, destination);
        }

        var policy = request.Policy ?? new MigrationPolicy();

        // Hyper-V moves a saved VM with its saved state; elsewhere that is a file of the host.
        var movesSaved = source.Kind == HypervisorKind.HyperV && vm.State == VmState.Saved;
        var cold = policy.Mode == MigrationMode.Cold || (policy.Mode == MigrationMode.Auto && (vm.State == VmState.Off || movesSaved));
        if (!(cold && movesSaved) && Refusals.MigrationState(vm, policy.Mode, cold) is { } wrongState)
        {
            return wrongState;
        }

        if (vm.RunsTwice)
        {
            return Refusals.RunsTwice(vm);
        }

        if (CheckPlacement(destination, Field) is { } notThere)
        {
            return notThere;
        }

        foreach (var (facet, what) in FacetsNeeded(policy, cold))
        {
            var refusal = CheckHost(source, facet, $"send {what}", null) ?? CheckHost(destination, facet, $"receive {what}", Field);
            if (refusal is not null)
            {
                return refusal;
            }
        }

        if (Refusals.NoMigrations(source) is { } sourceTakesNone)
        {
            return sourceTakesNone;
        }

        if (Refusals.NoMigrations(destination) is { } destinationTakesNone)
        {
            return destinationTakesNone;
        }

        // A VM that is off takes no memory where it comes to.
        if (!cold)
        {
            var capacity = await tx.MeasureMemoryAsync(destination, vm.Id, request.OperationId, options.HeadroomMiB, cancellationToken);
            if (vm.MemoryMiB > capacity.FreeMiB)
            {
                return Refusals.NoCapacity(destination, vm.MemoryMiB, capacity);
            }
        }

        return new Target(vm.Name, source.Id);
    }

    static Refusal? CheckPlacement(HostState host, string field) => host.InMaintenance ? Refusals.HostInMaintenance(host, field) : null;

    /// <summary>What both hosts' drivers must offer. An agent from before a facet was made does not list it.</summary>
    internal static IEnumerable<(string Facet, string What)> FacetsNeeded(MigrationPolicy policy, bool cold)
    {
        yield return ("migration", "VMs");
        if (cold)
        {
            yield return ("migration-cold", "stopped VMs");
        }

        if (policy.Storage != MigrationStorage.Shared)
        {
            yield return ("migration-storage", "VMs with their disks");
        }

        if (!cold && policy.Ladder.Any(s => s.Action == ConvergenceAction.PostCopy))
        {
            yield return ("migration-postcopy", "VMs by post-copy");
        }

        if (policy.HyperV is not null)
        {
            yield return ("migration-hyperv", "VMs with Hyper-V's own options");
        }
    }

    Refusal? CheckHost(HostState host, string? facet, string what, string? field) => CheckHost(host, facet, what, field, options);

    /// <summary>Null if the host offers the facet and answers.</summary>
    internal static Refusal? CheckHost(HostState host, string? facet, string what, string? field, OrchestratorOptions options)
    {
        if (facet is not null && !host.Facets.Contains(facet))
        {
            return Refusals.FacetMissing(host, facet, what, field);
        }

        if (!host.AgentIsUp)
        {
            return Refusals.AgentDown(host, options.RetryAfterSeconds);
        }

        return host.HypervisorReachable ? null : Refusals.HypervisorDown(host, options.RetryAfterSeconds);
    }

    static async Task<Refusal?> CheckEtagAsync(IOrchestratorTx tx, VmId vm, string wanted, CancellationToken cancellationToken)
    {
        var current = await tx.VmEtagAsync(vm, cancellationToken);
        return current is null || ETags.Matches(wanted, current) ? null : Refusals.EtagMismatch(current);
    }

    sealed record Target(string VmName, HostId Host);
}
