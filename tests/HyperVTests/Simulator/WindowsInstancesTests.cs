using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Model;
using Xunit;

namespace HvPlatform.HyperVTests.Simulator;

public sealed class WindowsInstancesTests
{
    private readonly ModelTest one = ModelTest.Create(new SimulatedHostOptions { Processors = 48, MemoryMb = 65_536 });

    [Fact]
    public async Task Processors_AreFoundFromTheComputer()
    {
        await using var session = one.Host.OpenSession();
        var system = Assert.Single(await session.QueryAsync(CimPath.Cimv2, "SELECT * FROM Win32_ComputerSystem", TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken));
        Assert.Equal(65_536L << 20, system.Number("TotalPhysicalMemory"));
        var processors = await session.QueryAsync(
            CimPath.Cimv2,
            $"ASSOCIATORS OF {{Win32_ComputerSystem.Name='{system.String("Name")}'}} WHERE AssocClass = Win32_ComputerSystemProcessor ResultClass = Win32_Processor",
            TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);
        Assert.Equal(48, processors.Sum(processor => processor.Number("NumberOfLogicalProcessors")));
    }

    [Fact]
    public void Classes_AreOnlyInTheirNamespace()
    {
        Assert.Equal(CimErrorKind.ClassNotFound, Assert.Throws<CimException>(() => one.Catalogue.Enumerate(CimPath.Virtualization, "Win32_OperatingSystem")).Kind);
        Assert.Equal("10.0.20348", Assert.Single(one.Catalogue.Enumerate("root/cimv2", "Win32_OperatingSystem")).String("Version"));
    }
}
