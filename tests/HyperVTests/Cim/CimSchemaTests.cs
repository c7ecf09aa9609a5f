using HvPlatform.Hypervisors.HyperV.Cim;
using Xunit;

namespace HvPlatform.HyperVTests.Cim;

public sealed class CimSchemaTests
{
    [Fact]
    public void Schema_KnowsKeysMethodsAndReturnValues()
    {
        var system = CimSchema.Instance.Find("msvm_computersystem")!;
        Assert.Equal(["CreationClassName", "Name"], system.Properties.Where(property => property.IsKey).Select(property => property.Name));
        var change = system.Method("RequestStateChange")!;
        Assert.Equal("Invalid state for this operation", change.ReturnValues[32775]);
        Assert.Equal(["RequestedState", "TimeoutPeriod"], change.Parameters.Where(parameter => parameter.In).Select(parameter => parameter.Property.Name));
    }

    [Fact]
    public void Schema_EveryClassDerivesFromOneItKnows() =>
        Assert.All(CimSchema.Instance.Classes.Where(one => one.Superclass is not null), one => Assert.NotNull(CimSchema.Instance.Find(one.Superclass!)));

    [Fact]
    public void CimXml_ReadsWhatItWrites()
    {
        var instance = new CimInstance("Msvm_ProcessorSettingData")
        {
            ["InstanceID"] = @"Microsoft:A\B\0",
            ["VirtualQuantity"] = 4UL,
            ["ElementName"] = "a <]]> & \"b\" \t\r\n c",
            ["HostResource"] = new[] { "x", string.Empty },
        };
        var read = CimXml.Read(CimXml.Write(instance));
        Assert.Equal(instance.Properties, read.Properties);
    }

    [Theory]
    [InlineData("20261121113000.250000+060")]
    [InlineData("00000003013005.000001:000")]
    public void CimDateTime_ReadsWhatItWrites(string text)
    {
        Assert.True(CimDateTime.TryParse(text, out var value));
        Assert.Equal(text, value.ToString());
    }

    [Fact]
    public void CimPath_ReadsWhatItWrites()
    {
        var path = new CimPath("Msvm_StorageAllocationSettingData", ("InstanceID", @"Microsoft:G\A""B\0"));
        Assert.True(CimPath.TryParse(path.ToObjectPath("HV1"), out var read));
        Assert.Equal(path, read);
    }
}
