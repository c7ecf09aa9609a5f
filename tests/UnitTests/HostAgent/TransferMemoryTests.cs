using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.HostAgent.Migrations;
using HvPlatform.Hypervisors;
using Xunit;

namespace HvPlatform.UnitTests.HostAgent;

public sealed class TransferMemoryTests
{
    readonly TransferMemory _memory = new();

    [Fact]
    public void Progress_of_an_operation_never_goes_back_nor_above_100()
    {
        var operation = new OperationId(Guid.NewGuid());
        Assert.Equal(60, _memory.Keep(operation, Progress(60, 600)).Percent);

        // The second attempt begins at nothing.
        var second = _memory.Keep(operation, Progress(5, 50));
        Assert.Equal(60, second.Percent);
        Assert.Equal(600, second.TransferredBytes);
        Assert.Equal(100, _memory.Keep(operation, Progress(180, 700)).Percent);
        Assert.Equal(5, _memory.Keep(new OperationId(Guid.NewGuid()), Progress(5, 50)).Percent);
    }

    [Fact]
    public void Bandwidth_is_the_most_that_a_recent_transfer_without_a_cap_reached()
    {
        Assert.Null(_memory.BandwidthMiBps);
        _memory.Ended(new() { BandwidthMiBps = 10 }, Result(100, 10_000));
        _memory.Ended(new(), Result(1, 100));
        _memory.Ended(new(), Result(900, 1000) with { Outcome = VmTransferOutcome.Aborted });
        Assert.Null(_memory.BandwidthMiBps);
        _memory.Ended(new(), Result(400, 1000));
        _memory.Ended(new(), Result(300, 1000));
        Assert.Equal(400, _memory.BandwidthMiBps);
        for (var i = 0; i < 16; i++)
        {
            _memory.Ended(new(), Result(200, 1000));
        }

        Assert.Equal(200, _memory.BandwidthMiBps);
    }

    static MigrationProgress Progress(double percent, long bytes) =>
        new() { Round = 1, TotalBytes = 1000, TransferredBytes = bytes, RemainingBytes = 1000 - bytes, Percent = percent, ElapsedMs = 10 };

    static TransferResult Result(long mib, long ms) => new(VmTransferOutcome.Completed, mib << 20, 10, ms, 1, null);
}
