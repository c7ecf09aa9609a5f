namespace HvPlatform.Contracts.Hosts;

/// <summary>
/// The frame of every question to one host about what is true there now. Sent to the agent's queue and answered to the sender, once, with the question's own answer or
/// <see cref="HostQuestionFailed"/>. Nothing is changed by it and nothing kept, so it has no epoch; who gets no answer in time asks again.
/// </summary>
public interface IHostQuestion
{
    /// <summary>The host that is asked.</summary>
    HostId HostId { get; }
}
