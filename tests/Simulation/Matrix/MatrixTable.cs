using System.Globalization;
using System.Text;
using HvPlatform.Contracts.Migrations;

namespace HvPlatform.Simulation.Matrix;

/// <summary>Runs every cell and writes docs/crash-matrix.md.</summary>
static class MatrixTable
{
    static readonly (MatrixPart Part, string Name)[] s_parts =
    [
        (MatrixPart.Saga, "saga"), (MatrixPart.SourceAgent, "source agent"), (MatrixPart.DestinationAgent, "destination agent"), (MatrixPart.Orchestrator, "orchestrator"),
        (MatrixPart.Broker, "broker"), (MatrixPart.Database, "database"),
    ];

    static readonly (MatrixFault Fault, string Name)[] s_faults =
    [
        (MatrixFault.CrashBefore, "crash before"), (MatrixFault.CrashAfter, "crash after"), (MatrixFault.Duplicate, "duplicate"), (MatrixFault.Loss, "loss"),
        (MatrixFault.Late, "late"), (MatrixFault.Timeout, "timeout"),
    ];

    static readonly (HostFault Fault, string Name)[] s_hosts =
    [
        (HostFault.SourceLosesPower, "source loses power"), (HostFault.DestinationLosesPower, "destination loses power"), (HostFault.BothLosePower, "both lose power"),
        (HostFault.SourceHypervisorDies, "source's hypervisor service dies"), (HostFault.DestinationHypervisorDies, "destination's hypervisor service dies"),
        (HostFault.LinkIsCut, "link between the hosts is cut"),
    ];

    /// <summary>Every run of the matrix, with what went wrong in it if anything did.</summary>
    public static (string Markdown, int Runs, IReadOnlyList<string> Wrong) Build(Action<int>? progress = null)
    {
        var cells = MatrixStep.All.SelectMany(s => s_parts.SelectMany(p => s_faults.Select(f => new MatrixCell(s, p.Part, f.Fault)))).ToList();
        var hosts = MatrixStep.All.SelectMany(s => s_hosts.Select(f => new HostCell(s, f.Fault))).ToList();
        var outcomes = new MatrixOutcome?[cells.Count + hosts.Count + MatrixStep.All.Count];
        var next = -1;
        var threads = Enumerable.Range(0, 2).Select(_ => new Thread(() =>
        {
            for (int i; (i = Interlocked.Increment(ref next)) < outcomes.Length;)
            {
                outcomes[i] = i < cells.Count ? cells[i].NotApplicable is null ? MatrixRun.Run(cells[i]) : null
                    : i - cells.Count < hosts.Count ? hosts[i - cells.Count].NotApplicable is null ? MatrixRun.Run(hosts[i - cells.Count], false).Outcome : null
                    : MatrixRun.Undisturbed(MatrixStep.All[i - cells.Count - hosts.Count]);
                progress?.Invoke(i);
            }
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        var calm = MatrixStep.All.Select((s, i) => (s, outcomes[cells.Count + hosts.Count + i]!)).ToDictionary(x => x.s, x => x.Item2);
        return Write(cells, hosts, outcomes, calm);
    }

    static (string, int, IReadOnlyList<string>) Write(List<MatrixCell> cells, List<HostCell> hosts, MatrixOutcome?[] outcomes, Dictionary<MatrixStep, MatrixOutcome> calm)
    {
        var wrong = new List<string>();
        var text = new StringBuilder(Head);
        foreach (var step in MatrixStep.All)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n### {step.Name}\n\n{Way(step)} Undisturbed: {Text(calm[step], null)}.\n\n");
            Check(wrong, $"{step.Name}, undisturbed", calm[step]);
            Row(text, ["", .. s_faults.Select(f => f.Name)]);
            Row(text, ["---", .. s_faults.Select(_ => "---")]);
            foreach (var (part, name) in s_parts)
            {
                Row(text, [name, .. s_faults.Select(f => Cell(cells.FindIndex(c => c.Step == step && c.Part == part && c.Fault == f.Fault), $"{step.Name}, {name}, {f.Name}", step))]);
            }
        }

        text.Append("\n## Hosts and the link between them\n\nPower is away for 60 s; the host's agent is away as long. A hypervisor service that dies breaks every connection to it once; guests and transfers live on.\n\n");
        Row(text, ["as the migration comes to", .. s_hosts.Select(f => f.Name)]);
        Row(text, ["---", .. s_hosts.Select(_ => "---")]);
        foreach (var step in MatrixStep.All)
        {
            Row(text, [step.Name, .. s_hosts.Select(f => Cell(cells.Count + hosts.FindIndex(c => c.Step == step && c.Fault == f.Fault), $"{step.Name}, {f.Name}", step))]);
        }

        var runs = outcomes.Count(o => o is not null);
        text.Append(CultureInfo.InvariantCulture, $"\n{runs} runs. In every one of them the VM ran on at most one host at any moment, its definition was never lost, and nothing was left behind.\n");
        return (text.ToString(), runs, wrong);

        string Cell(int index, string what, MatrixStep step)
        {
            if (outcomes[index] is not { } outcome)
            {
                return $"n/a ({(index < cells.Count ? cells[index].NotApplicable : hosts[index - cells.Count].NotApplicable)})";
            }

            Check(wrong, what, outcome);
            return outcome.Struck ? Text(outcome, calm[step]) : "not reached";
        }
    }

    static void Check(List<string> wrong, string what, MatrixOutcome outcome)
    {
        if (outcome.Violation is { } violation)
        {
            wrong.Add($"{what}: {violation}");
        }
        else if (!outcome.Struck)
        {
            wrong.Add($"{what}: the run never came to the step");
        }
    }

    static string Text(MatrixOutcome outcome, MatrixOutcome? calm)
    {
        var end = outcome.Violation is not null ? "VIOLATION" : outcome.End switch
        {
            MigrationPhase.Completed => "completed",
            MigrationPhase.RolledBack => outcome.Cancelled ? "rolled back, cancelled" : "rolled back",
            MigrationPhase.Failed => "failed, intact",
            _ => "still running",
        };
        if (calm is null)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{end} in {Round(outcome.Seconds)} s{(outcome.Doubted ? ", in doubt" : "")}");
        }

        var more = Round(outcome.Seconds - calm.Seconds);
        return string.Create(CultureInfo.InvariantCulture, $"{end}{(more == 0 ? "" : more > 0 ? $" +{more} s" : $" −{-more} s")}{(outcome.Doubted ? " ?" : "")}");
    }

    /// <summary>To five seconds, so that a changed millisecond changes no table.</summary>
    static int Round(int seconds) => (int)Math.Round(seconds / 5.0, MidpointRounding.AwayFromZero) * 5;

    static string Way(MatrixStep step) => step switch
    {
        { Cancel: true } => "Someone cancels in the middle of the transfer.",
        { TransferFault: Hypervisors.Simulated.SimulatedTransferFaultKind.JobFails } => "The transfer fails half-way.",
        { TransferFault: not null } => "The source's hypervisor loses its answer after the VM has moved.",
        _ => "A plain migration.",
    };

    static void Row(StringBuilder text, IEnumerable<string> cells) => text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");

    const string Head = """
        # What is true after each thing that can go wrong

        Generated by `./hv sim --matrix --write`; a test fails when it is out of date. Each cell is one run of the whole platform in virtual time (orchestrator, saga,
        inventory, an agent per host, simulated hypervisors): one live migration of a 1 GiB VM over a 100 MiB/s link, in which one thing goes wrong once.

        **In a cell:** how the migration ended; `+N s`: how much longer it took than undisturbed (to 5 s); `?`: for a time its state was `InDoubt`, which says what is
        unknown and resolves by itself. *Completed*: the VM runs on the destination. *Rolled back*: it is on the source as before. *Failed, intact*: it
        stopped with its host, and the error says where its definition is.

        **What goes wrong.** A step is a request, the work, and an answer. Every fault strikes once, at the first request or answer of the step.

        | | saga | agent that does the step, orchestrator in `reserve` | the other agent | orchestrator | broker | database |
        | --- | --- | --- | --- | --- | --- | --- |
        | crash before | killed with the answer in hand, before its commit; back in 5 s | killed as the request comes; back in 5 s | killed as the request is sent | killed before it notes the step's phase | away 5 s with the request in it | the commit of the answer fails, database away 5 s |
        | crash after | killed after that commit, before the broker knows | killed after the work, before the answer leaves | killed as the answer leaves | killed after it noted the phase | away 5 s with the answer in it | the commit is done, its answer is lost, database away 5 s |
        | duplicate | the answer comes twice | the request comes twice | n/a (b) | the phase is told twice | request and answer come twice | the commit is done, its answer is lost |
        | loss | the answer is lost | the request is lost | n/a (b) | the phase is never told | request and answer are lost | n/a (a) |
        | late | the answer comes 45 s late, overtaken | the request comes 45 s late, overtaken | n/a (b) | the phase is told 45 s late | both come 45 s late | away for 45 s |
        | timeout | away for 180 s | away for 180 s | away for 180 s | away for 180 s | away for 180 s | away for 180 s |

        *n/a* (a): a database that forgets what it has committed is not survived, and not simulated. (b): no message of the step goes to this agent.
        (c): the hosts talk to each other only while a VM is transferred.

        ## Steps

        """;
}
