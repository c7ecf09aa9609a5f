using HvPlatform.ServiceKit;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;

namespace HvPlatform.Benchmarks;

public sealed record BusBenchStart(Guid Id);

public sealed record BusBenchWork(Guid Id);

public sealed record BusBenchWorked(Guid Id);

public sealed record BusBenchDone(Guid Id);

public sealed class BusBenchState : SagaStateMachineInstance
{
    public Guid CorrelationId { get; set; }

    public string CurrentState { get; set; } = "";
}

/// <summary>Start → command to a worker → answer → completed, once on our repository and outbox and once on MassTransit's in-memory one.</summary>
static class BusBenchSaga
{
    public const string Schema = "bench";
    public const string SagaQueue = "bench-saga";
    const string WorkerQueue = "bench-worker";
    static readonly Type[] Messages = [typeof(BusBenchStart), typeof(BusBenchWork), typeof(BusBenchWorked), typeof(BusBenchDone)];

    public static HvModule Durable() => new()
    {
        Name = "bench",
        Schema = Schema,
        SqlAssembly = typeof(BusBenchSaga).Assembly,
        Messages = Messages,
        AddServices = b => b.Services.AddSingleton<Counter>(),
        AddConsumers = x =>
        {
            x.AddSagaStateMachine<DurableMachine, BusBenchState>().HvRepository(Schema, "sagas_bench");
            x.AddConsumer<DurableWorker>();
        },
        Endpoints =
        [
            new HvEndpoint(SagaQueue, (c, e) => e.ConfigureSaga<BusBenchState>(c)),
            new HvEndpoint(WorkerQueue, (c, e) => e.ConfigureConsumer<DurableWorker>(c)),
        ],
    };

    public static HvModule InMemory() => new()
    {
        Name = "bench-in-memory",
        AddServices = b => b.Services.AddSingleton<Counter>(),
        AddConsumers = x =>
        {
            x.AddSagaStateMachine<PlainMachine, BusBenchState>().InMemoryRepository();
            x.AddConsumer<PlainWorker>();
        },
        Endpoints =
        [
            new HvEndpoint(SagaQueue, (c, e) => e.ConfigureSaga<BusBenchState>(c)) { Transactional = false },
            new HvEndpoint(WorkerQueue, (c, e) => e.ConfigureConsumer<PlainWorker>(c)) { Transactional = false },
        ],
    };

    public static HvModule Sink() => new()
    {
        Name = "bench-sink",
        AddServices = b => b.Services.AddSingleton<Counter>(),
        AddConsumers = x => x.AddConsumer<DoneConsumer>(),
        Endpoints = [new HvEndpoint("bench-sink", (c, e) => e.ConfigureConsumer<DoneConsumer>(c)) { Transactional = false, Prefetch = 256 }],
    };

    /// <summary>Completes when as many were counted as expected.</summary>
    public sealed class Counter
    {
        int left;
        TaskCompletionSource reached = new();

        public void Expect(int count) => (left, reached) = (count, new(TaskCreationOptions.RunContinuationsAsynchronously));

        public void Count()
        {
            if (Interlocked.Decrement(ref left) == 0)
            {
                reached.SetResult();
            }
        }

        public Task ReachedAsync() => reached.Task.WaitAsync(TimeSpan.FromMinutes(2));
    }

    abstract class Machine : MassTransitStateMachine<BusBenchState>
    {
        protected Machine(Counter done)
        {
            InstanceState(x => x.CurrentState);
            Event(() => Start, x => x.CorrelateById(m => m.Message.Id));
            Event(() => Worked, x => x.CorrelateById(m => m.Message.Id));
            Initially(When(Start).ThenAsync(c => SendWorkAsync(c)).TransitionTo(Working));
            During(Working, When(Worked).Then(_ => done.Count()).TransitionTo(Completed));
        }

        public State Working { get; protected set; } = null!;

        public State Completed { get; protected set; } = null!;

        public Event<BusBenchStart> Start { get; protected set; } = null!;

        public Event<BusBenchWorked> Worked { get; protected set; } = null!;

        protected abstract Task SendWorkAsync(BehaviorContext<BusBenchState, BusBenchStart> context);
    }

    sealed class DurableMachine(Counter done) : Machine(done)
    {
        protected override Task SendWorkAsync(BehaviorContext<BusBenchState, BusBenchStart> context)
        {
            context.Transaction().Send(WorkerQueue, new BusBenchWork(context.Saga.CorrelationId), context.Saga.CorrelationId);
            return Task.CompletedTask;
        }
    }

    sealed class PlainMachine(Counter done) : Machine(done)
    {
        protected override Task SendWorkAsync(BehaviorContext<BusBenchState, BusBenchStart> context) =>
            context.Send(new Uri($"exchange:{WorkerQueue}"), new BusBenchWork(context.Saga.CorrelationId));
    }

    sealed class DurableWorker : IConsumer<BusBenchWork>
    {
        public Task Consume(ConsumeContext<BusBenchWork> context)
        {
            context.Transaction().Send(SagaQueue, new BusBenchWorked(context.Message.Id), context.Message.Id);
            return Task.CompletedTask;
        }
    }

    sealed class PlainWorker : IConsumer<BusBenchWork>
    {
        public Task Consume(ConsumeContext<BusBenchWork> context) => context.Send(new Uri($"exchange:{SagaQueue}"), new BusBenchWorked(context.Message.Id));
    }

    sealed class DoneConsumer(Counter done) : IConsumer<BusBenchDone>
    {
        public Task Consume(ConsumeContext<BusBenchDone> context)
        {
            done.Count();
            return Task.CompletedTask;
        }
    }
}
