using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;
using HvPlatform.HostAgent.Questions;
using HvPlatform.Hypervisors;
using Xunit;

namespace HvPlatform.UnitTests.HostAgent;

/// <summary>A question is answered or refused soon, whatever the hypervisor does.</summary>
public sealed class HostQuestionTests
{
    static readonly HostIdentity s_host = new(new HostId(Guid.Parse("5f0a0000-0000-0000-0000-000000000002")), "alpha");

    [Fact]
    public async Task A_hung_hypervisor_takes_a_few_places_and_further_questions_are_refused_at_once()
    {
        var hung = new TaskCompletionSource<VmKvp>();
        var places = new QuestionPlaces(2);
        var (first, second) = (AskAsync(places, hung.Task), AskAsync(places, hung.Task));
        var refused = await Assert.ThrowsAsync<HypervisorException>(() => AskAsync(places, hung.Task));
        Assert.Equal((ErrorKind.Transient, "questions-busy"), (refused.Error.Kind, refused.Error.Code));

        hung.SetException(new HypervisorException(new ErrorInfo { Kind = ErrorKind.Denied, Code = "planted", Message = "Planted." }));
        await Assert.ThrowsAsync<HypervisorException>(() => first);
        await Assert.ThrowsAsync<HypervisorException>(() => second);
        Assert.True(places.TryTake());
    }

    [Fact]
    public async Task A_defect_is_an_answer()
    {
        var failed = await Assert.ThrowsAsync<HypervisorException>(() => AskAsync(new QuestionPlaces(1), Task.FromException<VmKvp>(new InvalidOperationException("planted"))));
        Assert.Equal((ErrorKind.Fatal, "agent-defect"), (failed.Error.Kind, failed.Error.Code));
        Assert.Contains("planted", failed.Error.Message, StringComparison.Ordinal);
    }

    static Task<VmKvp> AskAsync(QuestionPlaces places, Task<VmKvp> answer) =>
        new HostQuestion<ReadVmKvp, VmKvp>("guest", _ => true, (_, _, _) => answer).AnswerAsync(
            s_host, null!, new ReadVmKvp { HostId = s_host.Id, VmId = new VmId(Guid.Empty) }, places, TimeSpan.FromMinutes(1), TimeProvider.System, default);
}
