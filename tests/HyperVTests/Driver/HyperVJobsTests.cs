using HvPlatform.Contracts;
using HvPlatform.Hypervisors;
using HvPlatform.Hypervisors.HyperV;
using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Model;
using Xunit;

namespace HvPlatform.HyperVTests.Driver;

public sealed class HyperVJobsTests
{
    private readonly HyperVJobs jobs = new(TimeProvider.System, "HV1");

    [Fact]
    public async Task A_method_that_is_done_at_once_has_no_job()
    {
        var result = await RunAsync(new ScriptedJobHost { ReturnValue = 0 });
        Assert.Null(result.Job);
    }

    [Theory]
    [InlineData(7)]
    [InlineData(32768)]
    public async Task A_job_is_followed_to_its_end_and_its_progress_told(ushort end)
    {
        var told = new List<int>();
        var host = new ScriptedJobHost { Errors = [Error("A disk was slow.")] }.Then(4, 10).Then(4, 10).Then(4, 60).Then(end, 100);
        var result = await RunAsync(host, new HyperVJobOptions { Progress = new Told(told) });
        Assert.Equal([10, 60, 100], told);
        Assert.True(result.Job!.Succeeded);
        Assert.Equal(end == 7 ? [] : ["A disk was slow."], result.Warnings);
    }

    [Fact]
    public async Task A_failed_job_keeps_the_hosts_texts_and_code()
    {
        var host = new ScriptedJobHost { Errors = [Error("'web1' failed to start."), Error("Not enough memory.")] }.Then(10, 20, job => job["ErrorCode"] = (ushort)32778);
        var error = (await Assert.ThrowsAsync<HypervisorException>(() => RunAsync(host))).Error;
        Assert.Equal((ErrorKind.Resource, "out-of-memory", ErrorCategory.InsufficientResources, FailureType.Resource), (error.Kind, error.Code, error.Category, error.FailureType));
        Assert.Equal("WMI:32778", error.NativeCode);
        Assert.Equal("'web1' failed to start. Not enough memory.", error.NativeMessage);
        Assert.Equal("Cannot start VM web1: 'web1' failed to start. Not enough memory.", error.Message);
    }

    [Fact]
    public async Task A_failed_job_without_errors_tells_its_description()
    {
        var host = new ScriptedJobHost().Then(10, 20, job => job["ErrorDescription"] = "It did not work.");
        var error = (await Assert.ThrowsAsync<HypervisorException>(() => RunAsync(host))).Error;
        Assert.Equal((ErrorCategory.JobFailed, "It did not work."), (error.Category, error.NativeMessage));
    }

    [Fact]
    public async Task A_return_value_is_an_error_with_its_documented_meaning()
    {
        var error = (await Assert.ThrowsAsync<HypervisorException>(() => RunAsync(new ScriptedJobHost { ReturnValue = 32775 }))).Error;
        Assert.Equal((ErrorKind.InvalidState, "WMI:32775", "Invalid state for this operation"), (error.Kind, error.NativeCode, error.NativeMessage));
    }

    [Theory]
    [InlineData(new ushort[0], new ushort[] { 4 })]
    [InlineData(new ushort[] { 4 }, new ushort[] { 4, 5 })]
    public async Task Cancelling_terminates_the_job_or_kills_it_and_waits_for_its_end(ushort[] refuses, ushort[] asked)
    {
        using var cancel = new CancellationTokenSource();
        var host = new ScriptedJobHost().Then(4, 10, job => job["Cancellable"] = true);
        host.Refuses.UnionWith(refuses);
        await cancel.CancelAsync();
        var error = (await Assert.ThrowsAsync<HypervisorException>(() => RunAsync(host, new HyperVJobOptions { Cancel = cancel.Token }))).Error;
        Assert.Equal((ErrorKind.Cancelled, ErrorCategory.JobCancelled), (error.Kind, error.Category));
        Assert.Equal(asked, host.Asked);
    }

    [Fact]
    public async Task A_job_that_cannot_be_cancelled_is_waited_for()
    {
        using var cancel = new CancellationTokenSource();
        await cancel.CancelAsync();
        var host = new ScriptedJobHost().Then(4, 10, job => job["Cancellable"] = false).Then(7, 100);
        var result = await RunAsync(host, new HyperVJobOptions { Cancel = cancel.Token });
        Assert.True(result.Job!.Succeeded);
        Assert.Empty(host.Asked);
    }

    [Fact]
    public async Task A_job_that_takes_too_long_is_an_error_that_tells_how_far_it_is()
    {
        var host = new ScriptedJobHost().Then(4, 42);
        var error = (await Assert.ThrowsAsync<HypervisorException>(() => RunAsync(host, new HyperVJobOptions { Limit = TimeSpan.Zero }))).Error;
        Assert.Equal((ErrorKind.Timeout, ErrorCategory.JobTimedOut), (error.Kind, error.Category));
        Assert.Contains("42 %", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_that_is_out_of_reach_for_a_while_does_not_end_the_following()
    {
        var host = new ScriptedJobHost { Outages = 2 }.Then(7, 100);
        Assert.True((await RunAsync(host)).Job!.Succeeded);
    }

    [Fact]
    public async Task A_host_that_stays_out_of_reach_ends_the_following_as_transient()
    {
        var host = new ScriptedJobHost { Outages = int.MaxValue };
        var error = (await Assert.ThrowsAsync<HypervisorException>(() => RunAsync(host, new HyperVJobOptions { Patience = TimeSpan.Zero }))).Error;
        Assert.Equal((ErrorKind.Transient, ErrorCategory.Connection), (error.Kind, error.Category));
    }

    [Fact]
    public async Task A_job_that_the_host_forgot_has_an_unknown_end()
    {
        var error = (await Assert.ThrowsAsync<HypervisorException>(() => RunAsync(new ScriptedJobHost { Forgotten = true }))).Error;
        Assert.Equal((ErrorKind.NotFound, ErrorCategory.JobNotFound), (error.Kind, error.Category));
    }

    [Fact]
    public async Task A_job_that_refuses_to_be_cancelled_and_fails_has_failed()
    {
        using var cancel = new CancellationTokenSource();
        var host = new ScriptedJobHost().Then(4, 10, job => job["Cancellable"] = true).Then(10, 20);
        host.Refuses.UnionWith([4, 5]);
        await cancel.CancelAsync();
        var error = (await Assert.ThrowsAsync<HypervisorException>(() => RunAsync(host, new HyperVJobOptions { Cancel = cancel.Token }))).Error;
        Assert.Equal(ErrorCategory.JobFailed, error.Category);
    }

    [Fact]
    public async Task What_a_job_has_only_worked_on_is_not_what_it_has_created()
    {
        var host = new ScriptedJobHost { Effects = [0] }.Then(7, 100);
        await using var session = host.Session();
        Assert.Null(await jobs.ResultAsync(session, await RunAsync(host), "ResultingSystem", "CIM_ComputerSystem", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task What_a_job_has_created_is_found_by_association()
    {
        var host = new ScriptedJobHost().Then(7, 100);
        await using var session = host.Session();
        var result = await RunAsync(host);
        Assert.Equal(ScriptedJobHost.Vm, await jobs.ResultAsync(session, result, "ResultingSystem", "CIM_ComputerSystem", TestContext.Current.CancellationToken));
        Assert.Null(await jobs.ResultAsync(session, result, "ResultingSystem", "Msvm_VirtualSystemSettingData", TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("Msvm_ConcreteJob")]
    [InlineData("Msvm_MigrationJob")]
    public async Task A_running_job_of_a_VM_is_found_again(string jobClass)
    {
        var host = new ScriptedJobHost(jobClass);
        await using var session = host.Session();
        if (jobClass == "Msvm_MigrationJob")
        {
            host.Then(4, 10, job => job["VirtualSystemName"] = ScriptedJobHost.Vm["Name"]!.ToLowerInvariant());
            await HyperVJobs.ReadAsync(session, host.JobPath, TestContext.Current.CancellationToken);
        }

        Assert.Equal(host.JobPath, (await jobs.FindRunningAsync(session, ScriptedJobHost.Vm, jobClass, TestContext.Current.CancellationToken))!.Path);
        host.Then(7, 100);
        await HyperVJobs.ReadAsync(session, host.JobPath, TestContext.Current.CancellationToken);
        Assert.Null(await jobs.FindRunningAsync(session, ScriptedJobHost.Vm, jobClass, TestContext.Current.CancellationToken));
    }

    private static string Error(string message)
    {
        var error = CimBlank.Of("Msvm_Error");
        error["Message"] = message;
        return CimXml.Write(error);
    }

    private async Task<HyperVResult> RunAsync(ScriptedJobHost host, HyperVJobOptions? options = null)
    {
        await using var session = host.Session();
        return await jobs.RunAsync(
            session, ScriptedJobHost.Vm, "RequestStateChange", new CimInstance("RequestStateChange") { ["RequestedState"] = (ushort)2 }, "start VM web1", options ?? new HyperVJobOptions(), TestContext.Current.CancellationToken);
    }

    private sealed class Told(List<int> told) : IProgress<int>
    {
        public void Report(int value) => told.Add(value);
    }
}
