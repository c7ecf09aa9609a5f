using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Packages;
using HvPlatform.HostAgent.Jobs;
using HvPlatform.HostAgent.Journal;
using HvPlatform.Hypervisors;
using HvPlatform.Hypervisors.Packages;

namespace HvPlatform.HostAgent.Packages;

/// <summary>A step of an export.</summary>
abstract class ExportJob<T> : PackageJob<T> where T : class, IHostCommand
{
    protected sealed override object Fail(HostJobContext context, T command, ErrorInfo error)
    {
        CloseLong(context, command);
        return Ended(context, command) with { Outcome = Outcome(error), Error = error };
    }

    protected static ExportStepEnded Ended(HostJobContext context, IHostCommand command, IReadOnlyList<MigrationFinding>? findings = null, PackageManifest? manifest = null) => new()
    {
        OperationId = command.OperationId,
        Step = command.Step,
        HostId = command.HostId,
        VmId = command.VmId,
        Outcome = PackageOutcome.Succeeded,
        Findings = findings ?? [],
        Manifest = manifest,
        At = context.Now,
    };

    protected static ExportRequest Request(HostJobContext context, IHostCommand command, ExportSettings settings) =>
        new(command.OperationId, command.VmId, settings, ExportRoots.Find(context.ExportRoots, settings.Directory, context.Host.Name));
}

sealed class CheckExportJob : ExportJob<CheckVmExport>
{
    protected override async Task<object?> RunAsync(HostJobContext context, JobReceived job, CheckVmExport command, CancellationToken cancellationToken)
    {
        var request = Request(context, command, command.Settings);
        return Ended(context, command, await context.CallAsync("CheckExport", command.VmId, () => context.Driver.Export!.CheckExportAsync(request, cancellationToken)));
    }
}

/// <summary>Writes the export, for as long as that takes.</summary>
sealed class WriteExportJob : ExportJob<ExportVmOnHost>
{
    public override JobLane Lane => JobLane.Transfer;

    public override bool Begins(IHostCommand command) => true;

    public override void Taken(HostJobContext context, IHostCommand command) => Open(context, command.OperationId, nameof(AbortExport));

    protected override async Task<object?> RunAsync(HostJobContext context, JobReceived job, ExportVmOnHost command, CancellationToken cancellationToken)
    {
        using var progress = new PackageProgressPublisher(context, command.VmId, p => new ExportProgressed
        {
            OperationId = command.OperationId,
            VmId = command.VmId,
            HostId = command.HostId,
            Progress = p,
            At = context.Now,
        });
        var manifest = await LongAsync(
            context,
            command.OperationId,
            stop => context.CallAsync("Export", command.VmId, () => context.Driver.Export!.ExportAsync(Request(context, command, command.Settings), progress, stop)),
            cancellationToken);
        return Ended(context, command, manifest: manifest);
    }
}

/// <summary>Stops the export if it runs; the export answers. None begins any more.</summary>
sealed class AbortExportJob : ExportJob<AbortExport>
{
    public override JobLane Lane => JobLane.Immediate;

    public override bool Closes => true;

    protected override Task<object?> RunAsync(HostJobContext context, JobReceived job, AbortExport command, CancellationToken cancellationToken)
    {
        context.Transfers.Abort(command.OperationId);
        return Task.FromResult<object?>(null);
    }
}

sealed class InspectExportJob : ExportJob<InspectExport>
{
    public override JobLane Lane => JobLane.Immediate;

    public override bool Journaled => false;

    protected override async Task<object?> RunAsync(HostJobContext context, JobReceived job, InspectExport command, CancellationToken cancellationToken)
    {
        var request = Request(context, command, command.Settings);
        var seen = context.Transfers.IsOpen(command.OperationId)
            ? new PackageSeen(PackagePresence.Running)
            : await context.CallAsync("InspectExport", command.VmId, () => context.Driver.Export!.InspectExportAsync(request, cancellationToken));
        return new VmExportInspected
        {
            OperationId = command.OperationId,
            Step = command.Step,
            HostId = command.HostId,
            VmId = command.VmId,
            Round = command.Round,
            Presence = seen.Presence,
            Manifest = seen.Manifest,
            At = context.Now,
        };
    }
}

sealed class DiscardExportJob : ExportJob<DiscardExport>
{
    public override bool Closes => true;

    protected override async Task<object?> RunAsync(HostJobContext context, JobReceived job, DiscardExport command, CancellationToken cancellationToken)
    {
        await EndLongAsync(context, command.OperationId, cancellationToken);
        var request = Request(context, command, command.Settings);
        await context.CallAsync("DiscardExport", command.VmId, () => context.Driver.Export!.DiscardExportAsync(request, cancellationToken));
        return Ended(context, command);
    }
}
