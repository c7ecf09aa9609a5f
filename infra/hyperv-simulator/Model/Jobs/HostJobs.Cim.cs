using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Model;

/// <summary>Jobs as instances, their methods and associations.</summary>
public sealed partial class HostJobs
{
    private static readonly string[] Classes = ["Msvm_ConcreteJob", "Msvm_StorageJob", "Msvm_MigrationJob", "Msvm_CopyFileToGuestJob"];

    private void Register()
    {
        var catalogue = host.Catalogue;
        foreach (var className in Classes)
        {
            catalogue.Add(
                className,
                () => jobs.Values.Where(job => job.Path.ClassName == className).Select(Instance),
                path => Find(path) is { } job && job.Path.ClassName == className ? Instance(job) : null);
            catalogue.Method(className, "RequestStateChange", RequestStateChange);
            catalogue.Method(className, "KillJob", Kill);
            catalogue.Method(className, "GetError", (path, _) => CimBlank.Result(0, ("Error", Find(path)!.Errors is [var first, ..] ? Error(Find(path)!, first) : null)));
            catalogue.Method(className, "GetErrorEx", (path, _) => CimBlank.Result(0, ("Errors", Find(path)!.Errors.Select(text => Error(Find(path)!, text)).ToArray())));
        }

        Affect("Msvm_AffectedJobElement", job => job.Path.ClassName != "Msvm_StorageJob");
        Affect("Msvm_AffectedStorageJobElement", job => job.Path.ClassName == "Msvm_StorageJob");
        catalogue.Associate(
            "Msvm_OwningJobElement",
            "OwningElement",
            "OwnedElement",
            owner => jobs.Values.Where(job => owner.Equals(job.Owner)).Select(job => job.Path),
            job => Find(job)?.Owner is { } owner ? [owner] : []);
    }

    private void Affect(string associationClass, Func<HostJob, bool> which) => host.Catalogue.Associate(
        associationClass,
        "AffectedElement",
        "AffectingElement",
        element => jobs.Values.Where(job => which(job) && job.Affected.Any(one => one.Path.Equals(element))).Select(job => job.Path),
        path => Find(path) is { } job && which(job) ? job.Affected.Select(one => one.Path).Distinct() : [],
        (element, job, association) => association["ElementEffects"] = Find(job)!.Affected.Where(one => one.Path.Equals(element)).SelectMany(one => one.Effects).ToArray());

    private CimInstance RequestStateChange(CimPath path, CimInstance arguments)
    {
        var job = Find(path)!;
        return arguments.Number("RequestedState") switch
        {
            _ when !job.IsActive => CimBlank.Result(4097),
            4 => CimBlank.Result(Cancel(job, atOnce: false) ? ReturnCode.JobStarted : 4097),
            5 => CimBlank.Result(Cancel(job, atOnce: true) ? 0 : 4097u),
            2 or 3 or 6 => CimBlank.Result(1),
            _ => CimBlank.Result(5),
        };
    }

    private CimInstance Kill(CimPath path, CimInstance arguments)
    {
        var job = Find(path)!;
        if (!Cancel(job, atOnce: true))
        {
            return CimBlank.Result(ReturnCode.InvalidState);
        }

        if (arguments.Boolean("DeleteOnKill") == true)
        {
            jobs.Remove(job.Id);
        }

        return CimBlank.Result(0);
    }

    private CimInstance Instance(HostJob job)
    {
        var now = host.Timeline.Now;
        var ended = !job.IsActive;
        var elapsed = (ended ? job.ChangedAt : now) - job.StartedAt;
        var failed = job.State == JobState.Exception;
        var status = job.State switch
        {
            JobState.Running => "Job is running",
            JobState.ShuttingDown => "Job is shutting down",
            JobState.Completed => "Job is completed",
            JobState.CompletedWithWarnings => "Job is completed with warnings",
            JobState.Terminated => "Job was terminated",
            JobState.Killed => "Job was killed",
            _ => "Job failed",
        };
        var instance = CimBlank.Of(job.Path.ClassName);
        instance["Cancellable"] = job.CanCancel;
        instance["Caption"] = job.Caption;
        instance["DeleteOnCompletion"] = false;
        instance["Description"] = job.Caption;
        instance["ElapsedTime"] = new CimDateTime(elapsed);
        instance["ElementName"] = job.Caption;
        instance["ErrorCode"] = job.ErrorCode;
        instance["ErrorDescription"] = job.Errors is [var first, ..] ? first : string.Empty;
        instance["ErrorSummaryDescription"] = job.Errors is [var summary, ..] ? summary.Split('\n')[0].TrimEnd('\r') : string.Empty;
        instance["HealthState"] = (ushort)5;
        instance["InstallDate"] = new CimDateTime(CimDateTime.Never);
        instance["InstanceID"] = job.Id;
        instance["JobRunTimes"] = 1u;
        instance["JobState"] = (ushort)job.State;
        instance["JobStatus"] = status;
        if (instance.Has("JobType"))
        {
            instance["JobType"] = (ushort)job.Type;
        }

        instance["LocalOrUtcTime"] = (ushort)2;
        instance["Name"] = job.Caption;
        instance["Notify"] = string.Empty;
        instance["OperationalStatus"] = failed ? new ushort[] { 6 } : ended ? [17, 2] : [2];
        instance["OtherRecoveryAction"] = string.Empty;
        instance["Owner"] = $@"{host.Name}\Administrator";
        instance["PercentComplete"] = job.PercentAt(now);
        instance["Priority"] = 0u;
        instance["RecoveryAction"] = (ushort)2;
        instance["ScheduledStartTime"] = new CimDateTime(job.StartedAt);
        instance["StartTime"] = new CimDateTime(job.StartedAt);
        instance["Status"] = failed ? "Error" : "OK";
        instance["StatusDescriptions"] = job.State is JobState.Completed or JobState.CompletedWithWarnings ? new[] { status, "Job completed successfully" } : ended && !failed ? [status, status] : [status];
        instance["TimeBeforeRemoval"] = new CimDateTime(host.Options.JobRetention);
        instance["TimeOfLastStateChange"] = new CimDateTime(job.ChangedAt);
        instance["TimeSubmitted"] = new CimDateTime(job.StartedAt);
        job.More?.Invoke(instance);
        return instance;
    }

    private string Error(HostJob job, string text) => CimXml.Write(new CimInstance("Msvm_Error")
    {
        ["CIMStatusCode"] = 1u,
        ["ErrorSource"] = job.Path.ToObjectPath(host.Name),
        ["ErrorSourceFormat"] = (ushort)2,
        ["ErrorType"] = (ushort)4,
        ["Message"] = text,
        ["MessageArguments"] = Array.Empty<string>(),
        ["MessageID"] = job.ErrorCode.ToString(System.Globalization.CultureInfo.InvariantCulture),
        ["OwningEntity"] = "Microsoft Hyper-V",
        ["PerceivedSeverity"] = job.State == JobState.Exception ? (ushort)5 : (ushort)3,
        ["ProbableCause"] = (ushort)0,
    });
}
