using System.Reflection;
using HvPlatform.Contracts;
using HvPlatform.Orchestrator;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Store;
using HvPlatform.Simulation.Worlds;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace HvPlatform.Simulation.Services;

/// <summary>The orchestrator: every one of its handlers, over tables in memory.</summary>
sealed class OrchestratorService(World world) : SimService(world, "orchestrator", Queues.Orchestrator, s_handlers.Keys)
{
    delegate Task Handler(object target, IOrchestratorTx tx, object message);

    static readonly Dictionary<Type, (Type Target, Handler Run)> s_handlers = Find();

    ServiceProvider? _parts;

    public OrchestratorTables Tables { get; private set; } = new();

    protected override void Booted()
    {
        // What a process keeps in memory dies with it.
        _parts?.Dispose();
        var services = new ServiceCollection();
        services.AddSingleton(new OrchestratorOptions { OperationTimeout = World.Options.OperationTimeout });
        services.AddSingleton(Process.Time);
        services.AddSingleton<OperationAcceptor>();
        services.AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
        services.AddSingleton(typeof(ILogger<>), typeof(NullLogger<>));
        foreach (var target in s_handlers.Values.Select(h => h.Target).Distinct())
        {
            services.AddSingleton(target);
        }

        _parts = services.BuildServiceProvider();
    }

    protected override void Handle(object message, StoreTx tx)
    {
        var (target, run) = s_handlers[message.GetType()];
        var memory = new MemoryOrchestratorTx(Tables, World.Inventory, tx, Now, !World.Options.Without(Safeguard.OneOperationPerVm));
        var handling = run(_parts!.GetRequiredService(target), memory, message);
        if (!handling.IsCompleted)
        {
            throw new Kernel.SimulationDefectException($"{target.Name} waits for something that is not its transaction.");
        }

        handling.GetAwaiter().GetResult();
        tx.Writes.Add(() =>
        {
            World.Checks.OrchestratorCommitted(Tables, memory.Tables);
            Tables = memory.Tables;
        });
    }

    /// <summary>Every <c>HandleAsync(IOrchestratorTx, message, token)</c> there is: what the consumers call.</summary>
    static Dictionary<Type, (Type, Handler)> Find()
    {
        var bind = typeof(OrchestratorService).GetMethod(nameof(Bind), BindingFlags.Static | BindingFlags.NonPublic)!;
        var found = new Dictionary<Type, (Type, Handler)>();
        foreach (var type in typeof(OrchestratorModule).Assembly.GetTypes().Where(t => t is { IsClass: true, IsAbstract: false }))
        {
            foreach (var method in type.GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly))
            {
                if (method.Name == "HandleAsync" && method.GetParameters() is [{ } first, { } second, { } third] && first.ParameterType == typeof(IOrchestratorTx)
                    && third.ParameterType == typeof(CancellationToken) && method.ReturnType == typeof(Task))
                {
                    found.Add(second.ParameterType, (type, (Handler)bind.MakeGenericMethod(type, second.ParameterType).Invoke(null, [method])!));
                }
            }
        }

        return found;
    }

    static Handler Bind<TTarget, TMessage>(MethodInfo method)
    {
        var run = method.CreateDelegate<Func<TTarget, IOrchestratorTx, TMessage, CancellationToken, Task>>();
        return (target, tx, message) => run((TTarget)target, tx, (TMessage)message, CancellationToken.None);
    }
}
