using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.Hypervisors.HyperV.Cim.Wmi;
using Xunit;

namespace HvPlatform.HyperVTests.Cim;

/// <summary>What of the WMI transport does not need Windows: the conversion of values and the meaning of errors.</summary>
public sealed class WmiTests
{
    private const string Vm = """\\HV1\root\virtualization\v2:Msvm_ComputerSystem.CreationClassName="Msvm_ComputerSystem",Name="A\\B" """;

    [Fact]
    public void Texts_of_com_become_moments_intervals_and_references()
    {
        Assert.Equal(new DateTimeOffset(2026, 11, 21, 11, 30, 0, TimeSpan.Zero), ((CimDateTime)WmiValues.Read("C.P", CimType.DateTime, "20261121113000.000000+000")!).Moment);
        Assert.Equal(TimeSpan.FromMinutes(30), ((CimDateTime)WmiValues.Read("C.P", CimType.DateTime, "00000000003000.000000:000")!).Interval);
        var path = (CimPath)WmiValues.Read("C.P", CimType.Reference, Vm.Trim())!;
        Assert.Equal(@"A\B", path["Name"]);
        Assert.Equal(Vm.Trim(), WmiValues.Write("C.P", path, "HV1"));
    }

    [Fact]
    public void Numbers_take_the_schemas_type_whatever_com_gave()
    {
        Assert.Equal((ushort)7, WmiValues.Read("C.P", CimType.UInt16, 7));
        Assert.Equal((ushort)65, WmiValues.Read("C.P", CimType.UInt16, 'A'));
        Assert.Equal(new ushort[] { 2, 3 }, WmiValues.Read("C.P", CimType.UInt16, new[] { 2, 3 }));
        Assert.Equal(18446744073709551615UL, WmiValues.Read("C.P", CimType.UInt64, "18446744073709551615"));
        Assert.Equal(new byte[] { 1, 2 }, WmiValues.Read("C.P", CimType.UInt8, new byte[] { 1, 2 }));
        Assert.Null(WmiValues.Read("C.P", CimType.String, null));
    }

    [Fact]
    public void Value_that_is_not_of_its_type_names_where_it_was()
    {
        var error = Assert.Throws<CimException>(() => WmiValues.Read("Msvm_X.Y", CimType.UInt16, "many"));
        Assert.Equal(CimErrorKind.Malformed, error.Kind);
        Assert.Contains("Msvm_X.Y", error.Message, StringComparison.Ordinal);
        Assert.Equal(CimErrorKind.InvalidRequest, Assert.Throws<CimException>(() => WmiValues.Write("C.P", new CimInstance("X"), "HV1")).Kind);
    }

    [Fact]
    public async Task Cancelled_call_is_waited_for_where_the_caller_disposes_of_what_it_uses()
    {
        using var begun = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        using var cancel = new CancellationTokenSource();
        var calls = new BlockingCalls(1);
        int Block()
        {
            begun.Set();
            go.Wait(CancellationToken.None);
            return 7;
        }

        var waiting = calls.RunToEndAsync(Block, cancel.Token);
        begun.Wait(TestContext.Current.CancellationToken);
        await cancel.CancelAsync();
        Assert.False(waiting.IsCompleted);
        go.Set();
        Assert.Equal(7, await waiting);

        go.Reset();
        begun.Reset();
        using var again = new CancellationTokenSource();
        var left = calls.RunAsync(Block, again.Token);
        begun.Wait(TestContext.Current.CancellationToken);
        await again.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        go.Set();
        Assert.Equal(7, await calls.RunToEndAsync(Block, default));
    }

    [Theory]
    [InlineData(0x80041002, CimErrorKind.NotFound)]
    [InlineData(0x80041003, CimErrorKind.AccessDenied)]
    [InlineData(0x80041010, CimErrorKind.ClassNotFound)]
    [InlineData(0x800706BA, CimErrorKind.Unreachable)]
    [InlineData(0x800706BE, CimErrorKind.ReplyLost)]
    [InlineData(0x8007052E, CimErrorKind.Authentication)]
    [InlineData(0x80041001, CimErrorKind.Failed)]
    public void Hresults_have_their_kind(uint code, CimErrorKind kind) => Assert.Equal(kind, WmiErrors.Kind(code));

    [Fact]
    public void Elsewhere_than_on_windows_the_error_says_what_to_use()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is WMI here.");
        var error = Assert.Throws<CimException>(() => WmiTransport.Open(new WmiOptions { Host = "hv1" }));
        Assert.Equal(CimErrorKind.InvalidRequest, error.Kind);
        Assert.Contains("WS-Management", error.Message, StringComparison.Ordinal);
    }
}
