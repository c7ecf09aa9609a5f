using HvPlatform.Cli.Client;
using HvPlatform.Contracts;
using Xunit;

namespace HvPlatform.UnitTests.Cli;

public sealed class OutputTests
{
    [Theory]
    [InlineData(OperationStatus.Running, 0, 0)]
    [InlineData(OperationStatus.Succeeded, 0, 1)]
    [InlineData(OperationStatus.Cancelled, 1, 0)]
    [InlineData(OperationStatus.RolledBack, 1, 1)]
    [InlineData(OperationStatus.Failed, 1, 1)]
    public void The_exit_code_says_whether_an_operation_ended_as_was_asked_for(OperationStatus status, int asked, int askedToCancel)
    {
        var operation = new OperationRow { Id = OperationId.New(), Kind = OperationKind.MigrateVm, Status = status, VmId = new(Guid.NewGuid()) };
        Assert.Equal(asked, Output.Operation("table", operation));
        Assert.Equal(askedToCancel, Output.Operation("table", operation, succeeded: OperationStatus.Cancelled));
    }
}
