using HvPlatform.Contracts;
using HvPlatform.Orchestrator;
using Xunit;

namespace HvPlatform.UnitTests.Orchestrator;

public sealed class OperationTimeoutTests
{
    [Theory]
    [InlineData(OperationKind.StartVm, false)]
    [InlineData(OperationKind.SaveVm, true)]
    [InlineData(OperationKind.CreateVmCheckpoint, true)]
    [InlineData(OperationKind.CopyFileToVm, true)]
    public void What_moves_memory_or_disks_is_given_longer_than_agents_wait_for_it(OperationKind kind, bool isLong) =>
        Assert.Equal(isLong, new OrchestratorOptions().TimeoutOf(kind) > TimeSpan.FromHours(1));

    [Fact]
    public void No_operation_is_given_less_than_the_others() =>
        Assert.Equal(TimeSpan.FromHours(2), new OrchestratorOptions { OperationTimeout = TimeSpan.FromHours(2) }.TimeoutOf(OperationKind.SaveVm));
}
