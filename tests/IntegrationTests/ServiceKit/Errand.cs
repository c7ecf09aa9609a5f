using HvPlatform.Contracts;
using HvPlatform.ServiceKit;
using HvPlatform.TestKit;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;

namespace HvPlatform.IntegrationTests.ServiceKit;

/// <summary>Starts an errand, or adds a step to a running one.</summary>
public sealed record StartErrand(Guid Id, VmId Vm);

/// <summary>A command to the worker.</summary>
public sealed record RunStep(Guid Id, int Step);

/// <summary>The worker's answer.</summary>
public sealed record StepDone(Guid Id, int Step);

/// <summary>Finds its errands by VM, not by id.</summary>
public sealed record VmTouched(VmId Vm);

/// <summary>The end.</summary>
public sealed record ErrandDone(Guid Id);

public sealed class ErrandState : SagaStateMachineInstance
{
    public Guid CorrelationId { get; set; }

    public string CurrentState { get; set; } = "";

    public VmId Vm { get; set; }

    public int Started { get; set; }

    public int StepsDone { get; set; }

    public int Touched { get; set; }
}

/// <summary>Two steps, each a command to the worker and its answer.</summary>
public sealed class ErrandStateMachine : MassTransitStateMachine<ErrandState>
{
    public const int Steps = 2;

    public ErrandStateMachine()
    {
        InstanceState(x => x.CurrentState);
        Event(() => Start, x => x.CorrelateById(m => m.Message.Id));
        Event(() => Done, x => x.CorrelateById(m => m.Message.Id));
        Event(() => Touched, x =>
        {
            x.CorrelateBy<VmId>(s => s.Vm, m => m.Message.Vm);
            x.OnMissingInstance(m => m.Discard());
        });
        Initially(When(Start).Then(c =>
        {
            c.Saga.Vm = c.Message.Vm;
            c.Saga.Started++;
            c.Transaction().Send(Errand.WorkerQueue, new RunStep(c.Saga.CorrelationId, 1), c.Saga.CorrelationId);
        }).TransitionTo(Running));
        During(Running,
            When(Start).Then(c => c.Saga.Started++),
            When(Touched).Then(c => c.Saga.Touched++),
            When(Done).Then(c =>
            {
                c.Saga.StepsDone++;
                if (c.Message.Step < Steps)
                {
                    c.Transaction().Send(Errand.WorkerQueue, new RunStep(c.Saga.CorrelationId, c.Message.Step + 1), c.Saga.CorrelationId);
                }
                else
                {
                    c.Transaction().Publish(new ErrandDone(c.Saga.CorrelationId), c.Saga.CorrelationId);
                }
            }).If(c => c.Saga.StepsDone == Steps, x => x.TransitionTo(Completed)));
        During(Completed, When(Start).Then(c => c.Saga.Started++), Ignore(Touched));
    }

    public State Running { get; private set; } = null!;

    public State Completed { get; private set; } = null!;

    public Event<StartErrand> Start { get; private set; } = null!;

    public Event<StepDone> Done { get; private set; } = null!;

    public Event<VmTouched> Touched { get; private set; } = null!;
}

/// <summary>A saga and its worker, each on its own queue.</summary>
public static class Errand
{
    public const string SagaQueue = "errand-saga";
    public const string WorkerQueue = "errand-worker";
    public const string Schema = "errands";

    public static HvModule Module() => new()
    {
        Name = "errands",
        Schema = Schema,
        SqlAssembly = typeof(Errand).Assembly,
        Messages = [typeof(StartErrand), typeof(RunStep), typeof(StepDone), typeof(VmTouched), typeof(ErrandDone)],
        AddConsumers = x =>
        {
            x.AddSagaStateMachine<ErrandStateMachine, ErrandState>().HvRepository(Schema, "sagas_errand");
            x.AddConsumer<Worker>();
        },
        Endpoints =
        [
            new HvEndpoint(SagaQueue, (c, e) => e.ConfigureSaga<ErrandState>(c)),
            new HvEndpoint(WorkerQueue, (c, e) => e.ConfigureConsumer<Worker>(c)),
        ],
    };

    public static async Task StartAsync(TestHost host, params StartErrand[] errands)
    {
        await using var tx = await host.Database(Schema).BeginAsync(default);
        foreach (var errand in errands)
        {
            tx.Send(SagaQueue, errand, errand.Id);
        }

        await tx.CommitAsync(default);
    }

    public static async Task<ErrandState?> FindAsync(TestHost host, Guid id)
    {
        await using var scope = host.Services.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<ILoadSagaRepository<ErrandState>>().Load(id);
    }

    sealed class Worker : IConsumer<RunStep>
    {
        public Task Consume(ConsumeContext<RunStep> context)
        {
            context.Transaction().Send(SagaQueue, new StepDone(context.Message.Id, context.Message.Step), context.Message.Id);
            return Task.CompletedTask;
        }
    }
}
