using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Model;
using HvPlatform.HyperVSimulator.Model.Guest;
using HvPlatform.HyperVSimulator.Model.Network;
using Xunit;

namespace HvPlatform.HyperVTests.Simulator;

public sealed class GuestTests
{
    private const string Service = "Msvm_VirtualSystemManagementService";
    private readonly ModelTest test = ModelTest.Create();
    private readonly SimulatedVm vm;

    public GuestTests()
    {
        test.Host.AddSwitch("LAN", SwitchKind.Private);
        vm = test.Host.AddVm(new NewVm("web") { State = VmState.Running, Switches = ["LAN", string.Empty] });
    }

    [Fact]
    public void KeyValuePairs_AreAddedChangedAndRemoved()
    {
        test.Succeed(Kvp("AddKvpItems", 0, "a", "1"));
        test.Succeed(Kvp("AddKvpItems", 4, "A", "<]]> \u202E"));
        Assert.Equal([("a", "1")], Items("HostExchangeItems"));
        Assert.Equal([("A", "<]]> \u202E")], Items("HostOnlyItems"));
        test.Fail(Kvp("AddKvpItems", 0, "A", "2"), 32773);
        test.Succeed(Kvp("ModifyKvpItems", 0, "A", "2"));
        Assert.Equal([("a", "2")], Items("HostExchangeItems"));
        test.Fail(Kvp("ModifyKvpItems", 0, "b", "2"), 32773);
        test.Succeed(Kvp("RemoveKvpItems", 0, "a", string.Empty));
        Assert.Empty(Items("HostExchangeItems"));
        test.Fail(Kvp("RemoveKvpItems", 0, "a", string.Empty), 32773);
    }

    [Theory]
    [InlineData(1, "a", 1)]
    [InlineData(0, "", 1)]
    [InlineData(0, "a", KvpItems.MaxDataLength + 1)]
    public void KeyValuePairs_HaveLimits(ushort source, string name, int length) => Assert.Equal(32773, Kvp("AddKvpItems", source, name, new string('x', length)).Number("ReturnValue"));

    [Fact]
    public void TheScreen_IsDrawnWhileTheMachineRuns()
    {
        var answer = Screen(80, 60);
        Assert.Equal(0, answer.Number("ReturnValue"));
        Assert.Equal(Thumbnail.Draw(vm.Id, "web", 80, 60), answer.Array<byte>("ImageData"));
        Assert.Equal(32773, Screen(0, 60).Number("ReturnValue"));
        vm.Enter(VmState.Off, test.Host.Clock.GetUtcNow());
        Assert.Equal(32775, Screen(80, 60).Number("ReturnValue"));
    }

    [Fact]
    public void Keys_ReachTheGuest()
    {
        var keyboard = test.Catalogue.PathOf(test.Catalogue.Enumerate(CimPath.Virtualization, "Msvm_Keyboard").Single());
        Assert.Equal(0, test.Call(keyboard, "TypeText", ("asciiText", "root")).Number("ReturnValue"));
        Assert.Equal(0, test.Call(keyboard, "PressKey", ("keyCode", 16u)).Number("ReturnValue"));
        Assert.True(test.Call(keyboard, "IsKeyPressed", ("keyCode", 16u)).Boolean("keyState"));
        Assert.Equal(0, test.Call(keyboard, "ReleaseKey", ("keyCode", 16u)).Number("ReturnValue"));
        Assert.Equal(0, test.Call(keyboard, "TypeScancodes", ("Scancodes", new byte[] { 0x1C, 0x9C })).Number("ReturnValue"));
        Assert.Equal(["text root", "press 16", "release 16", "scancodes 1C9C"], vm.Guest.Typed);
        Assert.Equal(32773, test.Call(keyboard, "TypeKey", ("keyCode", 0u)).Number("ReturnValue"));
        vm.Enter(VmState.Off, test.Host.Clock.GetUtcNow());
        Assert.Equal(32775, test.Call(keyboard, "TypeKey", ("keyCode", 13u)).Number("ReturnValue"));
    }

    [Fact]
    public void AFile_IsCopiedIntoTheGuest()
    {
        test.Host.Files.WriteWithDirectory(@"C:\Tools\a.iso", 100_000_000);
        Assert.Empty(test.Catalogue.Enumerate(CimPath.Virtualization, "Msvm_GuestFileService"));
        var settings = vm.Configuration.Of("Msvm_GuestServiceInterfaceComponentSettingData").Single().Copy();
        settings["EnabledState"] = (ushort)2;
        vm.Configuration.Replace(settings);
        var component = test.Catalogue.Enumerate(CimPath.Virtualization, "Msvm_GuestServiceInterfaceComponent").Single();
        var service = test.Catalogue.PathOf(test.Catalogue.Associators(test.Catalogue.PathOf(component), "Msvm_RegisteredGuestService", null).Single());

        var answer = Copy(service, @"C:\Tools\a.iso", "/srv/", overwrite: false);
        Assert.Equal("Msvm_CopyFileToGuestJob", test.Job(answer).ClassName);
        Assert.Equal(vm.Key, test.Job(answer).String("VirtualSystemName"));
        test.Pass(TimeSpan.FromSeconds(1));
        Assert.InRange(test.Job(answer).Number("PercentComplete")!.Value, 20, 80);
        test.Succeed(answer);
        Assert.Equal(100_000_000UL, vm.Guest.Files["/srv/a.iso"]);
        Assert.Contains("0x80070050", test.Fail(Copy(service, @"C:\Tools\a.iso", "/srv/a.iso", overwrite: false), 32768).String("ErrorDescription"), StringComparison.Ordinal);
        test.Succeed(Copy(service, @"C:\Tools\a.iso", "/srv/a.iso", overwrite: true));
        test.Fail(Copy(service, @"C:\Tools\none.iso", "/srv/none", overwrite: true), 32779);
    }

    [Fact]
    public void Addresses_AreKnownWhileTheGuestAnswers()
    {
        var all = Networks();
        Assert.Equal(2, all.Count);
        var address = Assert.Single(all.SelectMany(one => one.Array<string>("IPAddresses")));
        Assert.Equal(SimulatedGuest.Addresses(vm).Single(), address);
        var connected = all.Single(one => one.Array<string>("IPAddresses").Count > 0).Copy();
        connected["DHCPEnabled"] = false;
        connected["IPAddresses"] = new[] { "192.168.7.7" };
        test.Succeed(test.Call(Service, "SetGuestNetworkAdapterConfiguration", ("ComputerSystem", vm.Path), ("NetworkConfiguration", new[] { CimXml.Write(connected) })));
        Assert.Equal("192.168.7.7", test.Catalogue.Get(test.Catalogue.PathOf(connected))!.Array<string>("IPAddresses").Single());
        vm.Enter(VmState.Off, test.Host.Clock.GetUtcNow());
        Assert.All(Networks(), one => Assert.Empty(one.Array<string>("IPAddresses")));

        List<CimInstance> Networks() => [.. vm.Configuration.Of("Msvm_SyntheticEthernetPortSettingData").SelectMany(adapter => test.Catalogue.Associators(test.Catalogue.PathOf(adapter), "Msvm_SettingDataComponent", null))];
    }

    private CimInstance Kvp(string method, ushort source, string name, string data) => test.Call(
        Service, method, ("TargetSystem", vm.Path), ("DataItems", new[] { CimXml.Write(new CimInstance("Msvm_KvpExchangeDataItem") { ["Name"] = name, ["Data"] = data, ["Source"] = source }) }));

    private IEnumerable<(string, string)> Items(string property) =>
        vm.Configuration.Of("Msvm_KvpExchangeComponentSettingData").Single().Array<string>(property).Select(CimXml.Read).Select(item => (item.String("Name")!, item.String("Data")!));

    private CimInstance Screen(ushort width, ushort height) =>
        test.Call(Service, "GetVirtualSystemThumbnailImage", ("TargetSystem", VmPath.OfSettings(vm.Configuration)), ("WidthPixels", width), ("HeightPixels", height));

    private CimInstance Copy(CimPath service, string source, string target, bool overwrite) => test.Call(service, "CopyFilesToGuest", ("CopyFileToGuestSettings", new[]
    {
        CimXml.Write(new CimInstance("Msvm_CopyFileToGuestSettingData") { ["SourcePath"] = source, ["DestinationPath"] = target, ["OverwriteExisting"] = overwrite, ["CreateFullPath"] = true }),
    }));
}
