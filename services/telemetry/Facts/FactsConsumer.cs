using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Operations;
using HvPlatform.Contracts.Vms;
using MassTransit;

namespace HvPlatform.Telemetry.Facts;

/// <summary>Counts what the other services say has happened. A redelivered fact counts twice: figures are for watching, the history is for proof.</summary>
public sealed class FactsConsumer(PlatformMetrics metrics, HostReachability hosts) :
    IConsumer<HostRegistered>, IConsumer<HostHeartbeat>, IConsumer<HostAgentStopping>,
    IConsumer<MigrationCompleted>, IConsumer<MigrationRolledBack>, IConsumer<MigrationFailed>, IConsumer<MigrationInDoubt>,
    IConsumer<VmCommandCompleted>, IConsumer<VmCommandFailed>, IConsumer<CommandRejected>
{
    public Task Consume(ConsumeContext<HostRegistered> context) => Do(() => hosts.Registered(context.Message));

    public Task Consume(ConsumeContext<HostHeartbeat> context) => Do(() => hosts.Heard(context.Message));

    public Task Consume(ConsumeContext<HostAgentStopping> context) => Do(() => hosts.Stopping(context.Message));

    public Task Consume(ConsumeContext<MigrationCompleted> context) => Do(() => metrics.Record(context.Message));

    public Task Consume(ConsumeContext<MigrationRolledBack> context) => Do(() => metrics.Record(context.Message));

    public Task Consume(ConsumeContext<MigrationFailed> context) => Do(() => metrics.Record(context.Message));

    public Task Consume(ConsumeContext<MigrationInDoubt> context) => Do(() => metrics.Record(context.Message));

    public Task Consume(ConsumeContext<VmCommandCompleted> context) => Do(() => metrics.Record(context.Message));

    public Task Consume(ConsumeContext<VmCommandFailed> context) => Do(() => metrics.Record(context.Message));

    public Task Consume(ConsumeContext<CommandRejected> context) => Do(() => metrics.Record(context.Message));

    static Task Do(Action action)
    {
        action();
        return Task.CompletedTask;
    }
}
