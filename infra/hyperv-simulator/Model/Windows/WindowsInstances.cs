using System.Globalization;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Model.Windows;

/// <summary>What a host says in <c>root/cimv2</c> of its machine, its processors and its operating system.</summary>
internal sealed class WindowsInstances
{
    private const string ComputerSystem = "Win32_ComputerSystem";
    private const string Processor = "Win32_Processor";
    private const ulong BytesPerMb = 1024 * 1024;

    private readonly SimulatedHyperVHost host;
    private readonly DateTimeOffset installedAt;
    private readonly CimInstance product;
    private readonly CimInstance[] processors;

    public WindowsInstances(SimulatedHyperVHost host)
    {
        this.host = host;
        installedAt = host.BootedAt - TimeSpan.FromDays(200);
        product = Product();
        processors = [.. Enumerable.Range(0, host.Options.NumaNodes).Select(Socket)];
        Register(ComputerSystem, () => [System()]);
        Register("Win32_ComputerSystemProduct", () => [product]);
        Register("Win32_OperatingSystem", () => [OperatingSystem()]);
        Register(Processor, () => processors);
        var system = new CimPath(CimPath.Cimv2, ComputerSystem, [("Name", host.Name)]);
        var sockets = processors.Select(host.Catalogue.PathOf).ToArray();
        host.Catalogue.Associate(
            "Win32_ComputerSystemProcessor",
            "GroupComponent",
            "PartComponent",
            from => from.Equals(system) ? sockets : [],
            from => sockets.Contains(from) ? [system] : []);
    }

    private void Register(string className, Func<IEnumerable<CimInstance>> all) =>
        host.Catalogue.Add(className, all, path => all().FirstOrDefault(one => path.Keys.All(key => string.Equals(one.String(key.Name), key.Value, StringComparison.OrdinalIgnoreCase))));

    private CimInstance System()
    {
        var system = CimBlank.Of(ComputerSystem);
        system["AutomaticManagedPagefile"] = true;
        system["BootROMSupported"] = true;
        system["BootupState"] = "Normal boot";
        system["Caption"] = host.Name;
        system["CreationClassName"] = ComputerSystem;
        system["CurrentTimeZone"] = (short)0;
        system["Description"] = "AT/AT COMPATIBLE";
        system["DNSHostName"] = host.Name.ToLowerInvariant();
        system["Domain"] = "WORKGROUP";
        system["DomainRole"] = (ushort)2;
        system["EnableDaylightSavingsTime"] = true;
        system["HypervisorPresent"] = true;
        system["Manufacturer"] = product["Vendor"];
        system["Model"] = product["Name"];
        system["Name"] = host.Name;
        system["NetworkServerModeEnabled"] = true;
        system["NumberOfLogicalProcessors"] = (uint)host.Options.Processors;
        system["NumberOfProcessors"] = (uint)host.Options.NumaNodes;
        system["PartOfDomain"] = false;
        system["PauseAfterReset"] = -1L;
        system["PCSystemType"] = (ushort)4;
        system["PCSystemTypeEx"] = (ushort)4;
        system["PrimaryOwnerName"] = "Windows User";
        system["ResetCapability"] = (ushort)1;
        system["ResetCount"] = (short)-1;
        system["ResetLimit"] = (short)-1;
        system["Roles"] = new[] { "LM_Workstation", "LM_Server", "NT", "Server_NT" };
        system["Status"] = "OK";
        system["SystemType"] = "x64-based PC";
        system["TotalPhysicalMemory"] = (ulong)host.Options.MemoryMb * BytesPerMb;
        system["WakeUpType"] = (ushort)6;
        system["Workgroup"] = "WORKGROUP";
        return system;
    }

    private CimInstance Product()
    {
        var made = CimBlank.Of("Win32_ComputerSystemProduct");
        var id = host.NewId();
        made["Caption"] = "Computer System Product";
        made["Description"] = "Computer System Product";
        made["IdentifyingNumber"] = id.ToString("N")[..10].ToUpperInvariant();
        made["Name"] = "Simulated Host";
        made["UUID"] = id.ToString().ToUpperInvariant();
        made["Vendor"] = "HvPlatform";
        made["Version"] = "1";
        return made;
    }

    private CimInstance OperatingSystem()
    {
        var system = CimBlank.Of("Win32_OperatingSystem");
        var total = (ulong)host.Options.MemoryMb * 1024;
        var free = (ulong)Math.Max(0, host.FreeMemoryMb) * 1024;
        system["BootDevice"] = @"\Device\HarddiskVolume1";
        system["BuildNumber"] = host.Options.WindowsVersion[(host.Options.WindowsVersion.LastIndexOf('.') + 1)..];
        system["BuildType"] = "Multiprocessor Free";
        system["Caption"] = host.Options.WindowsCaption;
        system["CodeSet"] = "1252";
        system["CountryCode"] = "1";
        system["CreationClassName"] = "Win32_OperatingSystem";
        system["CSCreationClassName"] = ComputerSystem;
        system["CSName"] = host.Name;
        system["CurrentTimeZone"] = (short)0;
        system["DataExecutionPrevention_32BitApplications"] = true;
        system["DataExecutionPrevention_Available"] = true;
        system["DataExecutionPrevention_Drivers"] = true;
        system["DataExecutionPrevention_SupportPolicy"] = (byte)3;
        system["Debug"] = false;
        system["Distributed"] = false;
        system["EncryptionLevel"] = 256u;
        system["FreePhysicalMemory"] = free;
        system["FreeVirtualMemory"] = free;
        system["InstallDate"] = new CimDateTime(installedAt);
        system["LastBootUpTime"] = new CimDateTime(host.BootedAt);
        system["LocalDateTime"] = new CimDateTime(host.Clock.GetUtcNow());
        system["Locale"] = "0409";
        system["Manufacturer"] = "Microsoft Corporation";
        system["MaxNumberOfProcesses"] = uint.MaxValue;
        system["MaxProcessMemorySize"] = 137438953344UL;
        system["MUILanguages"] = new[] { "en-US" };
        system["Name"] = host.Options.WindowsCaption + @"|C:\Windows|\Device\Harddisk0\Partition3";
        system["NumberOfProcesses"] = (uint)(120 + host.Vms.Count);
        system["NumberOfUsers"] = 1u;
        system["OperatingSystemSKU"] = 8u;
        system["OSArchitecture"] = "64-bit";
        system["OSLanguage"] = 1033u;
        system["OSProductSuite"] = 400u;
        system["OSType"] = (ushort)18;
        system["PortableOperatingSystem"] = false;
        system["Primary"] = true;
        system["ProductType"] = 3u;
        system["Status"] = "OK";
        system["SystemDirectory"] = @"C:\Windows\system32";
        system["SystemDrive"] = "C:";
        system["TotalVirtualMemorySize"] = total;
        system["TotalVisibleMemorySize"] = total;
        system["Version"] = host.Options.WindowsVersion;
        system["WindowsDirectory"] = @"C:\Windows";
        return system;
    }

    private CimInstance Socket(int number)
    {
        var logical = (uint)Math.Max(1, host.Options.Processors / host.Options.NumaNodes);
        var cores = Math.Max(1, logical / 2);
        var socket = CimBlank.Of(Processor);
        socket["AddressWidth"] = (ushort)64;
        socket["Architecture"] = (ushort)9;
        socket["Availability"] = (ushort)3;
        socket["Caption"] = "AMD64 Family 25 Model 1 Stepping 1";
        socket["CpuStatus"] = (ushort)1;
        socket["CreationClassName"] = Processor;
        socket["CurrentClockSpeed"] = 2445u;
        socket["DataWidth"] = (ushort)64;
        socket["Description"] = "AMD64 Family 25 Model 1 Stepping 1";
        socket["DeviceID"] = "CPU" + number.ToString(CultureInfo.InvariantCulture);
        socket["Family"] = (ushort)107;
        socket["L2CacheSize"] = 512 * cores;
        socket["L3CacheSize"] = 262_144u;
        socket["Level"] = (ushort)25;
        socket["Manufacturer"] = "AuthenticAMD";
        socket["MaxClockSpeed"] = 2445u;
        socket["Name"] = "AMD EPYC 7763 64-Core Processor";
        socket["NumberOfCores"] = cores;
        socket["NumberOfEnabledCore"] = cores;
        socket["NumberOfLogicalProcessors"] = logical;
        socket["ProcessorId"] = "178BFBFF00A00F11";
        socket["ProcessorType"] = (ushort)3;
        socket["Role"] = "CPU";
        socket["SecondLevelAddressTranslationExtensions"] = true;
        socket["SocketDesignation"] = "CPU" + number.ToString(CultureInfo.InvariantCulture);
        socket["Status"] = "OK";
        socket["StatusInfo"] = (ushort)3;
        socket["SystemCreationClassName"] = ComputerSystem;
        socket["SystemName"] = host.Name;
        socket["ThreadCount"] = logical;
        socket["VirtualizationFirmwareEnabled"] = true;
        socket["VMMonitorModeExtensions"] = true;
        return socket;
    }
}
