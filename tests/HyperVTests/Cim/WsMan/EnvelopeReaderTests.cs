using System.Text;
using HvPlatform.Hypervisors.HyperV.Cim;
using Xunit;

namespace HvPlatform.HyperVTests.Cim.WsMan;

/// <summary>What hosts really sent, read.</summary>
public sealed class EnvelopeReaderTests
{
    [Fact]
    public void Identify_OfARealHost()
    {
        var identity = Corpus.Read("identify-response").Identity();
        Assert.Equal(("http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd", "Microsoft Corporation", "OS: 0.0.0 SP: 0.0 Stack: 3.0"), (identity.ProtocolVersion, identity.Vendor, identity.Version));
    }

    [Fact]
    public void Enumerate_OfARealHost_NamesTheContext()
    {
        var part = Corpus.Read("enumerate-response").Part(null);
        Assert.Empty(part.Items);
        Assert.Equal("uuid:00000000-0000-4000-8000-000000000003", part.Context);
    }

    [Fact]
    public void Pull_OfARealHost_TypesTheMachine()
    {
        var part = Corpus.Read("pull-computer-system").Part(null);
        var vm = Assert.Single(part.Items);
        Assert.Equal("uuid:00000000-0000-4000-8000-000000000011", part.Context);
        Assert.Equal("Msvm_ComputerSystem", vm.ClassName);
        Assert.Equal("仮想マシン", vm.String("Caption"));
        Assert.Equal((ushort)3, vm["EnabledState"]);
        Assert.Equal(0UL, vm["OnTimeInMilliseconds"]);
        Assert.Equal([(ushort)2], vm.Array<ushort>("OperationalStatus"));
        Assert.Equal(["正常稼働中"], vm.Array<string>("StatusDescriptions"));
        Assert.Equal(new DateTimeOffset(2026, 10, 8, 15, 15, 36, TimeSpan.Zero).AddTicks(6842400), vm.Moment("InstallDate"));
        Assert.Null(vm.Moment("LastReplicationTime"));
        Assert.True(vm.Has("ProcessID") && vm["ProcessID"] is null);
    }

    [Fact]
    public void Pull_OfARealHost_HasReferences()
    {
        var part = Corpus.Read("pull-references").Part(null);
        Assert.Null(part.Context);
        var association = Assert.Single(part.Items);
        Assert.Equal(new CimPath("Msvm_ConcreteJob", ("InstanceID", "00000000-0000-4000-8000-000000000066")), association.Reference("AffectingElement"));
        Assert.Equal(new CimPath("Msvm_VirtualSystemSettingData", ("InstanceID", "Microsoft:00000000-0000-4000-8000-000000000083")), association.Reference("AffectedElement"));
        Assert.Equal([(ushort)5], association.Array<ushort>("ElementEffects"));
    }

    [Fact]
    public void Get_OfARealHost_TypesTheJob()
    {
        var job = Corpus.Read("get-storage-job").Instance();
        Assert.Equal("Msvm_StorageJob", job.ClassName);
        Assert.Equal(TimeSpan.FromSeconds(1.00417), job.Interval("ElapsedTime"));
        Assert.Equal(TimeSpan.FromMinutes(5), job.Interval("TimeBeforeRemoval"));
        Assert.Equal([(ushort)17, (ushort)2], job.Array<ushort>("OperationalStatus"));
        Assert.Equal(string.Empty, job.String("ErrorDescription"));
        Assert.True(job.Boolean("Cancellable"));
        Assert.Null(job.Moment("InstallDate"));
    }

    [Fact]
    public void Invoke_OfARealHost()
    {
        Assert.Equal(0u, Corpus.Read("invoke-delete").Output("CIM_DataFile", "Delete")["ReturnValue"]);
        var output = Corpus.Read("invoke-job-output").Output("Msvm_ComputerSystem", "RequestStateChange");
        Assert.Equal(4096u, output["ReturnValue"]);
        Assert.Equal(new CimPath("Msvm_ConcreteJob", ("InstanceID", "00000000-0000-4000-8000-000000000066")), output.Reference("Job"));
    }

    [Theory]
    [InlineData("fault-class-not-found", CimErrorKind.FilterUnsupported, 0x8033801Au, "The specified class does not exist")]
    [InlineData("fault-quota", CimErrorKind.Busy, 0x803381A5u, "maximum number of 30 concurrent shells")]
    [InlineData("fault-object-not-found", CimErrorKind.NotFound, 0x80338000u, "GetObject of Win32_Process.Handle")]
    [InlineData("fault-timed-out", CimErrorKind.Timeout, 0x80338029u, "within the time specified")]
    public void Fault_OfARealHost_IsTheExceptionItMeans(string name, CimErrorKind kind, uint code, string text)
    {
        var error = Assert.Throws<CimException>(() => Corpus.Read(name).Part(null));
        Assert.Equal((kind, code), (error.Kind, error.Code));
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
        Assert.Contains("HV1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NestedObjects_AreInstances()
    {
        const string Service = "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/virtualization/v2/Msvm_VirtualSystemManagementService";
        const string Summary = "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/virtualization/v2/Msvm_SummaryInformation";
        var one = $"<p:SummaryInformation xmlns:q=\"{Summary}\" xsi:type=\"q:Msvm_SummaryInformation_Type\"><q:ElementName>  a b </q:ElementName><q:MemoryUsage>512</q:MemoryUsage><q:ThumbnailImage>AQID</q:ThumbnailImage></p:SummaryInformation>";
        var two = $"<p:SummaryInformation><q:ElementName xmlns:q=\"{Summary}\">two</q:ElementName></p:SummaryInformation>";
        var output = Corpus.Reader($"<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:p=\"{Service}\"><s:Body><p:GetSummaryInformation_OUTPUT>{one}\n{two}<p:ReturnValue>0</p:ReturnValue></p:GetSummaryInformation_OUTPUT></s:Body></s:Envelope>")
            .Output("Msvm_VirtualSystemManagementService", "GetSummaryInformation");
        var summaries = output.Array<CimInstance>("SummaryInformation");
        Assert.Equal(["  a b ", "two"], summaries.Select(summary => summary.String("ElementName")));
        Assert.Equal(512L, summaries[0].Number("MemoryUsage"));
        Assert.Equal([1, 2, 3], summaries[0].Array<byte>("ThumbnailImage"));
    }

    [Theory]
    [InlineData("<p:ImageData>AQIDBA==</p:ImageData>")]
    [InlineData("<p:ImageData>1</p:ImageData><p:ImageData>2</p:ImageData><p:ImageData>3</p:ImageData><p:ImageData>4</p:ImageData>")]
    public void Bytes_ComeAsBase64OrOneByOne(string image)
    {
        var output = Corpus.Reader($"<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Body><p:GetVirtualSystemThumbnailImage_OUTPUT xmlns:p=\"urn:x\">{image}<p:ReturnValue>0</p:ReturnValue></p:GetVirtualSystemThumbnailImage_OUTPUT></s:Body></s:Envelope>")
            .Output("Msvm_VirtualSystemManagementService", "GetVirtualSystemThumbnailImage");
        Assert.Equal([1, 2, 3, 4], output.Array<byte>("ImageData"));
    }

    [Fact]
    public void UnknownProperties_AreTexts_ButForWhatSaysItsKind()
    {
        var vm = Corpus.Reader(Corpus.Vm("<p:New>12</p:New><p:News>a</p:News><p:News>b</p:News><p:At><cim:Datetime>2026-01-02T03:04:05+01:00</cim:Datetime></p:At><p:None xsi:nil=\"true\"/>")).Part(null).Items[0];
        Assert.Equal("12", vm["New"]);
        Assert.Equal(["a", "b"], vm.Array<string>("News"));
        Assert.Equal(new DateTimeOffset(2026, 1, 2, 2, 4, 5, TimeSpan.Zero), vm.Moment("At"));
        Assert.True(vm.Has("None") && vm["None"] is null);
    }

    [Fact]
    public void Fragments_AreOfTheClassAskedFor()
    {
        var part = Corpus.Reader(Corpus.Pull("<w:XmlFragment><p:EnabledState>2</p:EnabledState></w:XmlFragment><w:Item><p:Msvm_ComputerSystem><p:EnabledState>3</p:EnabledState></p:Msvm_ComputerSystem><a:EndpointReference><a:Address/></a:EndpointReference></w:Item>")).Part("Msvm_ComputerSystem");
        Assert.Equal([(ushort)2, (ushort)3], part.Items.Select(item => item["EnabledState"]));
    }

    [Fact]
    public void Text_KeepsBlanksBreaksAndOddCharacters()
    {
        var vm = Corpus.Reader(Corpus.Vm("<p:ElementName>   </p:ElementName><p:Name> a&#13;&#10;<![CDATA[<]]>]]&gt;&#x202E;\u05d0 😀 </p:Name>")).Part(null).Items[0];
        Assert.Equal("   ", vm.String("ElementName"));
        Assert.Equal(" a\r\n<]]>\u202E\u05d0 😀 ", vm.String("Name"));
    }

    [Fact]
    public void Utf16_IsRead()
    {
        var text = Corpus.Text("pull-computer-system");
        var marked = Encoding.Unicode.GetPreamble().Concat(Encoding.Unicode.GetBytes(text)).ToArray();
        Assert.Equal("仮想マシン", Corpus.Reader(marked).Part(null).Items[0].String("Caption"));
        Assert.Equal("仮想マシン", Corpus.Reader(Encoding.BigEndianUnicode.GetBytes(text), Encoding.BigEndianUnicode).Part(null).Items[0].String("Caption"));
    }
}
