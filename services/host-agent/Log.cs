using HvPlatform.Contracts;
using HvPlatform.HostAgent.Journal;

namespace HvPlatform.HostAgent;

/// <summary>Every log text of the agent. Information = state changed; Warning = someone may act; Error = someone must.</summary>
static partial class Log
{
    [LoggerMessage(Level = LogLevel.Information, Message = "{Host} ({HostId}): serving through the {Driver} driver, journal {Journal}")]
    public static partial void HostServed(ILogger logger, string host, HostId hostId, HypervisorKind driver, string journal);

    [LoggerMessage(Level = LogLevel.Warning, Message = "No agents are configured (Hv:Agents): no host is managed by this process")]
    public static partial void NoAgents(ILogger logger);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Hosts} simulated hosts with {Vms} simulated VMs: none of them is real")]
    public static partial void SimulatedFleet(ILogger logger, int hosts, int vms);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Host}: the host gives no performance counters, so figures of its VMs are those of its inventory: {Why} Look whether the agent's account is in the group Performance Monitor Users there and whether the counters are on (lodctr /q)")]
    public static partial void NoFigures(ILogger logger, string host, string why);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Host}: agent stopped; {Transfers} transfers go on in the hypervisor and are attached to again when the agent starts")]
    public static partial void HostStopped(ILogger logger, string host, int transfers);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Host}: {Command} {Key} of VM {Vm} taken")]
    public static partial void JobTaken(ILogger logger, string host, string command, JobKey key, VmId vm);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Host}: {Command} {Key} came again, its answer is repeated")]
    public static partial void JobRepeated(ILogger logger, string host, string command, JobKey key);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Host}: {Command} {Key} came again while it waits or runs; its answer will be for both")]
    public static partial void JobStillRuns(ILogger logger, string host, string command, JobKey key);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Host}: {Command} {Key} came again while it was being taken")]
    public static partial void JobComesTwice(ILogger logger, string host, string command, JobKey key);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Host}: {Command} {Key} was answered as timed out, but its native call has not returned: the next job of VM {Vm} waits for it, at most {Bound}")]
    public static partial void LaneHeld(ILogger logger, string host, string command, JobKey key, VmId vm, TimeSpan bound);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Host}: the native call of {Command} {Key} has returned after {Waited} more; VM {Vm} takes its next job")]
    public static partial void LaneFree(ILogger logger, string host, string command, JobKey key, VmId vm, TimeSpan waited);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Host}: the native call of {Command} {Key} did not return within {Bound} more; VM {Vm} takes its next job beside it. Look at the hypervisor's service")]
    public static partial void LaneGivenUp(ILogger logger, string host, string command, JobKey key, VmId vm, TimeSpan bound);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Host}: {Command} {Key} refused: {Code}: {Reason}")]
    public static partial void CommandRefused(ILogger logger, string host, string command, JobKey key, string code, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Host}: {Command} {Key} goes on after a restart (begun: {Started})")]
    public static partial void JobResumed(ILogger logger, string host, string command, JobKey key, bool started);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Host}: the journal holds a {Command} ({Key}) that this version does not know; start the version that wrote it")]
    public static partial void UnknownJob(ILogger logger, string host, string command, JobKey key);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Host}: the journal holds a {Answer} ({Key}) that this version cannot publish; start the version that wrote it")]
    public static partial void UnknownAnswer(ILogger logger, string host, string answer, JobKey key);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Host}: {Command} {Key} ended with {Answer}")]
    public static partial void JobEnded(ILogger logger, string host, string command, JobKey key, string answer);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Host}: {Command} {Key} left in the journal for the next start")]
    public static partial void JobLeft(ILogger logger, string host, string command, JobKey key);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Host}: {Command} {Key} could not be recorded; the host is asked about it at the next start")]
    public static partial void JobNotRecorded(ILogger logger, Exception exception, string host, string command, JobKey key);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Host}: {Command} {Key} failed in the agent itself")]
    public static partial void JobDefect(ILogger logger, Exception exception, string host, string command, JobKey key);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Host}: {Operation}/{Step} is journaled, but that could not be published; its answer will be")]
    public static partial void AcceptedNotPublished(ILogger logger, Exception exception, string host, OperationId operation, string step);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Host}: {Answer} of {Key} not confirmed by the broker, tried again; it is safe in the journal")]
    public static partial void AnswerNotPublished(ILogger logger, Exception exception, string host, string answer, JobKey key);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Host}: {Fact} could not be published; the next report makes up for it")]
    public static partial void FactNotPublished(ILogger logger, Exception exception, string host, string fact);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Host}: the hypervisor does not answer: {Reason}")]
    public static partial void Unreachable(ILogger logger, string host, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Host}: the hypervisor answers again")]
    public static partial void ReachableAgain(ILogger logger, string host);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Host}: {Loop} failed and goes on")]
    public static partial void LoopFailed(ILogger logger, Exception exception, string host, string loop);

    [LoggerMessage(Level = LogLevel.Information, Message = "The agent's certificate is renewed; the new one is valid until {End}")]
    public static partial void Renewed(ILogger logger, DateTimeOffset end);

    [LoggerMessage(Level = LogLevel.Error, Message = "The agent's certificate was not renewed and ends at {End}; tried again in a minute")]
    public static partial void NotRenewed(ILogger logger, Exception exception, DateTimeOffset end);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The platform's broker is now {Broker}: restart the agent to use it")]
    public static partial void BrokerMoved(ILogger logger, Uri broker);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The list of revoked certificates could not be fetched; tried again in a minute")]
    public static partial void RevokedNotFetched(ILogger logger, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The platform at {Platform} could not be asked for this agent's hosts ({Reason}); they are bound to it from before")]
    public static partial void ClaimNotRepeated(ILogger logger, Uri platform, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Hosts are left out until the agent's next start. {Reason}")]
    public static partial void HostsLeftOut(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Host}: epoch {Epoch} could not be stored beside VM {Vm} ({Code}: {Reason}); the journal has it")]
    public static partial void EpochNotStored(ILogger logger, string host, VmId vm, long epoch, string code, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Host}: gRPC on {Url}")]
    public static partial void GrpcServed(ILogger logger, string host, Uri url);
}
