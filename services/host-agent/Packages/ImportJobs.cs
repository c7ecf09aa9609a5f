using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Packages;
using HvPlatform.HostAgent.Jobs;
using HvPlatform.HostAgent.Journal;
using HvPlatform.Hypervisors;
using HvPlatform.Hypervisors.Packages;

namespace HvPlatform.HostAgent.Packages;

/// <summary>A step of an import.</summary>
abstract class ImportJob<T> : PackageJob<T> where T : class, IHostCommand
{
    protected sealed override object Fail(HostJobContext context, T command, ErrorInfo error)
    {
        CloseLong(context, command);
        return Ended(context, command) with { Outcome = Outcome(error), Error = error };
    }

    protected static ImportStepEnded Ended(HostJobContext context, IHostCommand command, IReadOnlyList<MigrationFinding>? findings = null) => new()
    {
        OperationId = command.OperationId,
        Step = command.Step,
        HostId = command.HostId,
        VmId = command.VmId,
        Outcome = PackageOutcome.Succeeded,
        Findings = findings ?? [],
        At = context.Now,
    };

    protected static ImportRequest Request(HostJobContext context, IHostCommand command, ImportSettings settings)
    {
        DiskRoots.Check(context.DiskRoots, settings, command.VmId, context.Host.Name);
        return new(command.OperationId, command.VmId, settings, ExportRoots.Find(context.ExportRoots, settings.Directory, context.Host.Name)) { DiskRoots = context.DiskRoots };
    }
}

sealed class CheckImportJob : ImportJob<CheckVmImport>
{
    protected override async Task<object?> RunAsync(HostJobContext context, JobReceived job, CheckVmImport command, CancellationToken cancellationToken)
    {
        var request = Request(context, command, command.Settings);
        var (findings, manifest) = await context.CallAsync("CheckImport", command.VmId, () => context.Driver.Export!.CheckImportAsync(request, cancellationToken));
        return Ended(context, command, findings) with { Manifest = manifest };
    }
}

/// <summary>Copies and plans, for as long as that takes.</summary>
sealed class PlanImportJob : ImportJob<PlanVmImport>
{
    public override JobLane Lane => JobLane.Transfer;

    public override bool Begins(IHostCommand command) => true;

    public override void Taken(HostJobContext context, IHostCommand command) => Open(context, command.OperationId, nameof(AbortImport));

    protected override async Task<object?> RunAsync(HostJobContext context, JobReceived job, PlanVmImport command, CancellationToken cancellationToken)
    {
        using var progress = new PackageProgressPublisher(context, command.VmId, p => new ImportProgressed
        {
            OperationId = command.OperationId,
            VmId = command.VmId,
            HostId = command.HostId,
            Progress = p,
            At = context.Now,
        });
        await LongAsync(
            context,
            command.OperationId,
            stop => context.CallAsync("PlanImport", command.VmId, async () =>
            {
                await context.Driver.Export!.PlanImportAsync(Request(context, command, command.Settings), progress, stop);
                return true;
            }),
            cancellationToken);
        return Ended(context, command);
    }
}

sealed class ValidateImportJob : ImportJob<ValidateVmImport>
{
    protected override async Task<object?> RunAsync(HostJobContext context, JobReceived job, ValidateVmImport command, CancellationToken cancellationToken)
    {
        var request = Request(context, command, command.Settings);
        return Ended(context, command, await context.CallAsync("ValidateImport", command.VmId, () => context.Driver.Export!.ValidateImportAsync(request, cancellationToken)));
    }
}

/// <summary>From here on the VM may exist. That it does not start is no failure of the import.</summary>
sealed class RealiseImportJob : ImportJob<RealiseVmImport>
{
    public override bool Begins(IHostCommand command) => true;

    protected override async Task<object?> RunAsync(HostJobContext context, JobReceived job, RealiseVmImport command, CancellationToken cancellationToken)
    {
        var request = Request(context, command, command.Settings);
        var vm = await context.CallAsync("RealiseImport", command.VmId, () => context.Driver.Export!.RealiseImportAsync(request, cancellationToken));
        ErrorInfo? startError = null;
        if (command.Settings.Start && vm.State is VmState.Off or VmState.Saved)
        {
            try
            {
                await context.CallAsync("Start", vm.Id, () => context.Driver.StartAsync(vm.Id, cancellationToken));
                vm = await context.Driver.GetAsync(vm.Id, cancellationToken) ?? vm;
            }
            catch (HypervisorException e)
            {
                startError = e.Error;
            }
        }

        return Ended(context, command) with { Vm = vm, StartError = startError };
    }
}

/// <summary>Stops copying if it runs; the plan answers. None begins any more.</summary>
sealed class AbortImportJob : ImportJob<AbortImport>
{
    public override JobLane Lane => JobLane.Immediate;

    public override bool Closes => true;

    protected override Task<object?> RunAsync(HostJobContext context, JobReceived job, AbortImport command, CancellationToken cancellationToken)
    {
        context.Transfers.Abort(command.OperationId);
        return Task.FromResult<object?>(null);
    }
}

sealed class InspectImportJob : ImportJob<InspectImport>
{
    public override JobLane Lane => JobLane.Immediate;

    public override bool Journaled => false;

    protected override async Task<object?> RunAsync(HostJobContext context, JobReceived job, InspectImport command, CancellationToken cancellationToken)
    {
        var request = Request(context, command, command.Settings);
        var seen = context.Transfers.IsOpen(command.OperationId)
            ? new PackageSeen(PackagePresence.Running)
            : await context.CallAsync("InspectImport", command.VmId, () => context.Driver.Export!.InspectImportAsync(request, cancellationToken));
        return new VmImportInspected
        {
            OperationId = command.OperationId,
            Step = command.Step,
            HostId = command.HostId,
            VmId = command.VmId,
            Round = command.Round,
            Presence = seen.Presence,
            Manifest = seen.Manifest,
            Vm = seen.Vm,
            At = context.Now,
        };
    }
}

sealed class DiscardImportJob : ImportJob<DiscardImport>
{
    public override bool Closes => true;

    protected override async Task<object?> RunAsync(HostJobContext context, JobReceived job, DiscardImport command, CancellationToken cancellationToken)
    {
        await EndLongAsync(context, command.OperationId, cancellationToken);
        var request = Request(context, command, command.Settings);
        await context.CallAsync("DiscardImport", command.VmId, () => context.Driver.Export!.DiscardImportAsync(request, cancellationToken));
        return Ended(context, command);
    }
}
