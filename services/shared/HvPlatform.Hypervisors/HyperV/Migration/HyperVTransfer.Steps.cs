using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

// What comes before the transfer itself.
internal sealed partial class HyperVTransfer
{
    private const ushort Offline = 6;

    private ErrorInfo? Refusal(VmInfo vm)
    {
        var (policy, facts) = (request.Policy, request.Source);
        var live = vm.State is VmState.Running or VmState.Paused;
        if (policy.HyperV is { ToSuspended: true } && live)
        {
            return null;
        }

        // Cold only if that was checked or asked for: a VM that stopped since it was found running is not moved behind anyone's back.
        var cold = HyperVSourceChecks.IsCold(vm.State) && (policy.Mode == MigrationMode.Cold || (policy.Mode == MigrationMode.Auto && facts is not null && HyperVSourceChecks.MovesCold(facts)));
        return (live && policy.Mode != MigrationMode.Cold) || cold
            ? null
            : HyperVErrors.InvalidState("migrate", vm.Name, vm.State.ToString(), connector.Where, policy.Mode == MigrationMode.Cold ? [nameof(VmState.Off), nameof(VmState.Saved)] : [nameof(VmState.Running), nameof(VmState.Paused)]).Error;
    }

    /// <summary>Hyper-V's own pre-flight. It reads only; a host that does not offer it is no obstacle.</summary>
    private async Task CheckAsync(ICimSession session, CimPath service, CimPath vm, HyperVMigrationAddress to, HyperVParts parts)
    {
        const string Check = "CheckVirtualSystemIsMigratableToHost";
        var arguments = HyperVMigrationCall.Arguments(Check, vm, to, HyperVMigrationCall.TypeOf(request.Source), request.Policy, request.Source, parts, planned: null);
        var answer = await session.InvokeAsync(service, Check, arguments, CancellationToken.None);
        var value = (uint)(answer.Number("ReturnValue") ?? 0);
        if (value is not (0 or NotSupported))
        {
            throw HyperVErrors.ReturnValue(service.ClassName, Check, value, What, connector.Where);
        }

        if (value == 0 && answer.Boolean("IsMigratable") == false)
        {
            throw new HypervisorException(HyperVErrors.Info(ErrorCategory.MigrationFailed, $"Host {connector.Where} says that VM {parts.Settings.String("ElementName")} cannot be migrated to {to.Host}.", connector.Where) with
            {
                Kind = ErrorKind.InvalidState,
                Code = "not-migratable",
            });
        }

        if (request.Policy.HyperV is { DeepStorageCheck: true })
        {
            const string Deep = "CheckVirtualSystemIsMigratable";
            arguments = HyperVMigrationCall.Arguments(Deep, vm, to, HyperVMigrationType.StorageDeepCheck, request.Policy, request.Source, parts, planned: null);
            await connector.Jobs.RunAsync(session, service, Deep, arguments, $"check the storage of VM {parts.Settings.String("ElementName")}", new HyperVJobOptions { Cancel = stop.Token, LongestPause = LongestPause }, CancellationToken.None);
        }
    }

    private const uint NotSupported = 1;

    private async Task SaveAsync(ICimSession session, CimPath vm, VmInfo before)
    {
        if (request.Policy.HyperV is { ToSuspended: true } && before.State is VmState.Running or VmState.Paused)
        {
            await ChangeAsync(session, vm, Offline, $"save VM {before.Name} before it is migrated");
        }
    }

    /// <summary>Makes the planned VM on the destination; it has the VM's own id.</summary>
    private async Task<string> StageAsync(ICimSession session, CimPath service, CimPath vm, HyperVMigrationAddress to, HyperVParts parts)
    {
        var arguments = HyperVMigrationCall.Arguments("MigrateVirtualSystemToHost", vm, to, HyperVMigrationType.Staged, request.Policy, request.Source, parts, planned: null);
        await connector.Jobs.RunAsync(
            session,
            service,
            "MigrateVirtualSystemToHost",
            arguments,
            $"make a planned VM for {parts.Settings.String("ElementName")} on {to.Host}",
            new HyperVJobOptions { Cancel = stop.Token, LongestPause = LongestPause },
            CancellationToken.None);
        return vm["Name"]!;
    }

    private Task ChangeAsync(ICimSession session, CimPath vm, ushort state, string operation) => connector.Jobs.RunAsync(
        session, vm, "RequestStateChange", new CimInstance("RequestStateChange") { ["RequestedState"] = state }, operation, new HyperVJobOptions { LongestPause = LongestPause, Limit = TimeSpan.FromHours(1) }, CancellationToken.None);

    private ErrorInfo Aborted(ErrorInfo? cause = null)
    {
        var error = HyperVErrors.Info(ErrorCategory.JobCancelled, ladderEnded ? "The transfer did not end in the time its ladder allows and was stopped; the VM stayed." : "The transfer was stopped; the VM stayed.", connector.Where);
        return error with { Code = ladderEnded ? "ladder-abort" : "transfer-aborted", NativeCode = cause?.NativeCode, NativeMessage = cause?.NativeMessage, Cause = cause };
    }

    private ErrorInfo Failed(ErrorInfo cause, string destination) => HyperVErrors.MigrationFailed(request.Source?.Vm.Name ?? request.Vm.ToString(), destination, cause, connector.Where).Error;
}
