using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Migrations;
using MassTransit;

namespace HvPlatform.Telemetry.Samples;

/// <summary>Takes figures in. They count as received at once: what the process has not written when it dies is a gap.</summary>
internal sealed class FigureConsumer(FigureBuffer buffer) : IConsumer<HostSampled>, IConsumer<MigrationProgressed>
{
    public Task Consume(ConsumeContext<HostSampled> context)
    {
        buffer.Add(context.Message);
        return Task.CompletedTask;
    }

    public Task Consume(ConsumeContext<MigrationProgressed> context)
    {
        buffer.Add(context.Message);
        return Task.CompletedTask;
    }
}
