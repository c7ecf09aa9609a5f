using FsCheck;
using FsCheck.Fluent;
using HvPlatform.Hypervisors.HyperV.Cim;
using Xunit;

namespace HvPlatform.HyperVTests.Cim;

public sealed class WqlQueryTests
{
    private static readonly CimInstance Vm = new("Msvm_ComputerSystem")
    {
        ["Name"] = "1111",
        ["ElementName"] = "It's a \"VM\" \\ 100%",
        ["EnabledState"] = (ushort)2,
        ["OnTimeInMilliseconds"] = 5000UL,
        ["Description"] = null,
        ["OperationalStatus"] = new ushort[] { 2 },
        ["InstallDate"] = new CimDateTime(new DateTimeOffset(2026, 5, 1, 0, 0, 0, TimeSpan.Zero)),
        ["Flag"] = true,
    };

    [Theory]
    [InlineData("Name != __SERVER", true)]
    [InlineData("Name != __SERVER AND Name = '2222'", false)]
    [InlineData("EnabledState=3", false)]
    [InlineData("EnabledState = 2 or EnabledState = 3", true)]
    [InlineData("NOT EnabledState = 2", false)]
    [InlineData("NOT (EnabledState = 9 OR EnabledState > 2)", true)]
    [InlineData("EnabledState >= 2 AND EnabledState <= '2'", true)]
    [InlineData("OnTimeInMilliseconds < 5000.5", true)]
    [InlineData("OnTimeInMilliseconds > 0x1388", false)]
    [InlineData("Description IS NULL", true)]
    [InlineData("Description = NULL", true)]
    [InlineData("Name IS NOT NULL", true)]
    [InlineData("Name <> null", true)]
    [InlineData("Description <> 'x'", false)]
    [InlineData("NOT Description = 'x'", false)]
    [InlineData("OperationalStatus = 2", false)]
    [InlineData("ElementName = 'it\\'s a \"vm\" \\\\ 100%'", true)]
    [InlineData("ElementName = \"It's a \\\"VM\\\" \\\\ 100%\"", true)]
    [InlineData("ElementName LIKE 'it%vm%'", true)]
    [InlineData("ElementName LIKE '%[0-9][^1-9]0[%]'", true)]
    [InlineData("ElementName NOT LIKE '_t%'", false)]
    [InlineData("__CLASS ISA 'CIM_System'", true)]
    [InlineData("__CLASS ISA CIM_Service", false)]
    [InlineData("__CLASS = 'msvm_computersystem'", true)]
    [InlineData("InstallDate > '20260101000000.000000+000'", true)]
    [InlineData("InstallDate < '20260101000000.000000+000'", false)]
    [InlineData("Flag = TRUE", true)]
    [InlineData("Flag = 'false'", false)]
    [InlineData("'1111' = Name", true)]
    [InlineData("Unheard = 1", false)]
    public void Where_SelectsAsWmiDoes(string where, bool matches) =>
        Assert.Equal(matches, WqlQuery.Parse("select * from Msvm_ComputerSystem where " + where).Matches(Vm, "HV1"));

    [Fact]
    public void Select_NamesClassAndProjections()
    {
        var query = WqlQuery.Parse("SELECT BIOSGUID, ElementName FROM Msvm_VirtualSystemSettingData WHERE VirtualSystemType = 'Microsoft:Hyper-V:System:Realized' AND (A = 1 OR B = 'x') AND C != 'y'");
        Assert.Equal("Msvm_VirtualSystemSettingData", query.ClassName);
        Assert.Equal(["BIOSGUID", "ElementName"], query.Projections);
        Assert.Equal([new("VirtualSystemType", "Microsoft:Hyper-V:System:Realized")], query.Equalities);
        Assert.Equal(["ElementName"], WqlQuery.Parse("SELECT elementname FROM Msvm_ComputerSystem").Project(Vm).Properties.Keys);
    }

    [Fact]
    public void Associators_NameSourceAndClasses()
    {
        var query = WqlQuery.Parse(@"ASSOCIATORS OF {Msvm_VirtualSystemSettingData.InstanceID='Microsoft:A}\\B'} WHERE AssocClass = Msvm_VirtualSystemSettingDataComponent ResultClass = Msvm_ProcessorSettingData Role=GroupComponent ResultRole = PartComponent");
        Assert.Equal(WqlKind.Associators, query.Kind);
        Assert.Equal(new CimPath("Msvm_VirtualSystemSettingData", ("InstanceID", @"Microsoft:A}\B")), query.Source);
        Assert.Equal(("Msvm_VirtualSystemSettingDataComponent", "Msvm_ProcessorSettingData", "GroupComponent", "PartComponent"), (query.AssociationClass, query.ResultClass, query.Role, query.ResultRole));
        var references = WqlQuery.Parse("REFERENCES OF {Win32_ComputerSystem.Name='HV1'} WHERE ResultClass = Win32_ComputerSystemProcessor", CimPath.Cimv2);
        Assert.Equal(("Win32_ComputerSystemProcessor", null, CimPath.Cimv2), (references.AssociationClass, references.ResultClass, references.Source!.Namespace));
    }

    [Theory]
    [InlineData("")]
    [InlineData("DELETE FROM x")]
    [InlineData("SELECT * FROM C WHERE a = 'x' OR")]
    [InlineData("SELECT * FROM C WHERE a = 'x")]
    [InlineData("SELECT * FROM C WHERE a = 'x'; DROP")]
    [InlineData("SELECT * FROM C WHERE a = 12zz")]
    [InlineData("ASSOCIATORS OF {} WHERE ResultClass = X")]
    [InlineData("ASSOCIATORS OF {A.B='1'} WHERE ResultClass = X ResultClass = Y")]
    [InlineData("ASSOCIATORS OF {A.B='1'")]
    public void Parse_RefusesWhatIsNoQuery(string text)
    {
        var error = Assert.Throws<CimException>(() => WqlQuery.Parse(text));
        Assert.Equal((CimErrorKind.InvalidRequest, WqlQuery.InvalidQuery), (error.Kind, error.Code));
    }

    [Fact]
    public void Parse_RefusesEndlessNesting() =>
        Assert.Throws<CimException>(() => WqlQuery.Parse("SELECT * FROM C WHERE " + new string('(', 100_000) + "a = 1"));

    [Fact]
    public void Where_MayBeLong() =>
        Assert.True(WqlQuery.Parse("SELECT * FROM C WHERE " + string.Join(" OR ", Enumerable.Range(0, 15_000).Select(i => $"Name='{i}'"))).Matches(Vm, "HV1"));

    [Fact]
    public void Literal_OfAnyTextIsReadBack() => Prop.ForAll(
        ArbMap.Default.ArbFor<NonNull<string>>(),
        text =>
        {
            var value = text.Get.Replace('\0', ' ');
            var instance = new CimInstance("C") { ["A"] = value };
            var query = WqlQuery.Parse(Wql.Select("C", "A", value));
            return query.Matches(instance, "HV1") && query.Equalities["A"] == value && !query.Matches(new CimInstance("C") { ["A"] = value + "x" }, "HV1");
        }).QuickCheckThrowOnFailure();
}
