using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Simulation.Bus;
using HvPlatform.Simulation.Worlds;

namespace HvPlatform.Simulation.Matrix;

/// <summary>Strikes once: the fault of the cell, at the first message of its step.</summary>
sealed class CellAdversary(World world, MatrixCell cell) : IAdversary
{
    static readonly TimeSpan s_short = TimeSpan.FromSeconds(5);
    static readonly TimeSpan s_late = TimeSpan.FromSeconds(45);
    static readonly TimeSpan s_long = TimeSpan.FromSeconds(180);
    static readonly TimeSpan s_copy = TimeSpan.FromSeconds(1);

    bool _request;
    bool _answer;

    /// <summary>The fault happened.</summary>
    public bool Struck => _request || _answer;

    /// <summary>The hosts, known when the world is populated.</summary>
    public AgentNode? Source { get; set; }

    public AgentNode? Destination { get; set; }

    public Fate OnEnqueue(string queue, Envelope message)
    {
        if (IsRequest(message) && !_request)
        {
            return OnRequest(queue);
        }

        if (queue == Queues.MigrationSaga && IsAnswer(message) && !_answer)
        {
            return OnAnswer();
        }

        return queue == Queues.Orchestrator && IsPhase(message) && !_request ? OnPhase() : default;
    }

    public WorkFault OnWork(string service, Envelope message)
    {
        if (service == "orchestrator" && cell.Part == MatrixPart.Orchestrator && !_request && (IsReserve ? IsRequest(message) : IsPhase(message)))
        {
            switch (cell.Fault)
            {
                case MatrixFault.CrashBefore:
                    _request = true;
                    return WorkFault.CrashBeforeCommit;
                case MatrixFault.CrashAfter:
                    _request = true;
                    return WorkFault.CrashAfterCommit;
            }
        }

        return service == "saga" && IsAnswer(message) && !_answer ? OnSagaWork() : WorkFault.None;
    }

    public bool OnAgentTake(string agent, Envelope message)
    {
        if (_request || !IsRequest(message) || !IsDoer || Agent is not { } node || node.Name != agent)
        {
            return true;
        }

        if (cell.Fault is MatrixFault.CrashBefore or MatrixFault.Timeout)
        {
            _request = true;
            node.Crash(cell.Fault == MatrixFault.Timeout ? s_long : s_short);
            return false;
        }

        return true;
    }

    public bool OnLeave(Envelope message)
    {
        if (_answer || cell.Fault != MatrixFault.CrashAfter || !IsAnswer(message) || Agent is not { } node)
        {
            return true;
        }

        _answer = true;
        node.Crash(s_short);
        return node.Name != message.Sender;
    }

    Fate OnRequest(string queue)
    {
        var takesPart = IsDoer || (IsReserve && cell.Part == MatrixPart.Orchestrator);
        switch (cell.Part, cell.Fault)
        {
            case (MatrixPart.SourceAgent or MatrixPart.DestinationAgent, MatrixFault.CrashBefore or MatrixFault.Timeout) when !IsDoer:
                _request = true;
                Soon(() => Agent!.Crash(cell.Fault == MatrixFault.Timeout ? s_long : s_short));
                return default;
            case (MatrixPart.Broker, MatrixFault.CrashBefore or MatrixFault.Timeout):
                _request = true;
                Soon(() => BrokerAway(cell.Fault == MatrixFault.Timeout ? s_long : s_short));
                return default;
            case (MatrixPart.Orchestrator, MatrixFault.Timeout) when IsReserve:
                _request = true;
                Soon(() => world.Orchestrator.Crash(s_long));
                return default;
            case (MatrixPart.SourceAgent or MatrixPart.DestinationAgent or MatrixPart.Orchestrator, _) when !takesPart:
                return default;
            case (MatrixPart.SourceAgent or MatrixPart.DestinationAgent or MatrixPart.Orchestrator or MatrixPart.Broker, MatrixFault.Duplicate or MatrixFault.Loss or MatrixFault.Late):
                _request = true;
                return Bad(queue);
            default:
                return default;
        }
    }

    Fate OnAnswer()
    {
        switch (cell.Part, cell.Fault)
        {
            case (MatrixPart.Broker, MatrixFault.CrashAfter):
                _answer = true;
                Soon(() => BrokerAway(s_short));
                return default;
            case (MatrixPart.Saga, MatrixFault.Timeout):
                _answer = true;
                Soon(() => world.Saga.Crash(s_long));
                return default;
            case (MatrixPart.Saga or MatrixPart.Broker, MatrixFault.Duplicate or MatrixFault.Loss or MatrixFault.Late):
                _answer = true;
                return Bad(Queues.MigrationSaga);
            default:
                return default;
        }
    }

    /// <summary>What the orchestrator is told in the step: the phase it belongs to.</summary>
    Fate OnPhase()
    {
        if (cell.Part != MatrixPart.Orchestrator || IsReserve)
        {
            return default;
        }

        switch (cell.Fault)
        {
            case MatrixFault.Timeout:
                _request = true;
                Soon(() => world.Orchestrator.Crash(s_long));
                return default;
            case MatrixFault.Duplicate or MatrixFault.Loss or MatrixFault.Late:
                _request = true;
                return Bad(Queues.Orchestrator);
            default:
                return default;
        }
    }

    WorkFault OnSagaWork()
    {
        switch (cell.Part, cell.Fault)
        {
            case (MatrixPart.Saga, MatrixFault.CrashBefore):
                _answer = true;
                return WorkFault.CrashBeforeCommit;
            case (MatrixPart.Saga, MatrixFault.CrashAfter):
                _answer = true;
                return WorkFault.CrashAfterCommit;
            case (MatrixPart.Database, MatrixFault.Duplicate):
                _answer = true;
                return WorkFault.CommitAnswerLost;
            case (MatrixPart.Database, MatrixFault.CrashAfter):
                _answer = true;
                DatabaseAway(s_short);
                return WorkFault.CommitAnswerLost;
            case (MatrixPart.Database, _):
                _answer = true;
                DatabaseAway(cell.Fault switch { MatrixFault.Late => s_late, MatrixFault.Timeout => s_long, _ => s_short });
                return WorkFault.CommitFails;
            default:
                return WorkFault.None;
        }
    }

    Fate Bad(string queue)
    {
        world.Trace("cell", () => $"{cell.Fault} on {queue}");
        return cell.Fault switch
        {
            MatrixFault.Duplicate => new Fate(CopyAfter: s_copy),
            MatrixFault.Loss => new Fate(Lost: true),
            _ => new Fate(Delay: s_late, Overtaken: true),
        };
    }

    bool IsReserve => cell.Step.Doer == Doer.Orchestrator;

    bool IsDoer => (cell.Part, cell.Step.Doer) is (MatrixPart.SourceAgent, Doer.Source) or (MatrixPart.DestinationAgent, Doer.Destination);

    AgentNode? Agent => cell.Part switch { MatrixPart.SourceAgent => Source, MatrixPart.DestinationAgent => Destination, _ => null };

    bool IsRequest(Envelope message) => message.Type == cell.Step.Request;

    bool IsAnswer(Envelope message) => message.Type == cell.Step.Answer;

    bool IsPhase(Envelope message) => message.Type == typeof(MigrationPhaseChanged) && ((MigrationPhaseChanged)message.Open()).To == cell.Step.Phase;

    void DatabaseAway(TimeSpan time) => Soon(() =>
    {
        world.Saga.Store.IsAway = true;
        world.Scheduler.After(time, null, "database back", world.Saga.StoreIsBack);
    });

    void BrokerAway(TimeSpan time)
    {
        world.Broker.GoAway();
        world.Scheduler.After(time, null, "broker back", world.Broker.ComeBack);
    }

    void Soon(Action work) => world.Scheduler.After(TimeSpan.FromTicks(1), null, "strike", work);
}
