using System.Diagnostics;
using System.Globalization;
using HvPlatform.HyperVSimulator;
using HvPlatform.HyperVSimulator.Model;
using Xunit;

namespace HvPlatform.HyperVTests.Simulator.Foreign;

/// <summary>virsh with libvirt's own Hyper-V driver, if the environment's HV_VIRSH_HYPERV names one (<c>infra/hyperv-simulator/build-virsh.sh</c> builds it).</summary>
public sealed class VirshTests
{
    [Fact]
    public async Task Virsh_manages_the_virtual_machines_of_a_simulated_host()
    {
        var virsh = Environment.GetEnvironmentVariable("HV_VIRSH_HYPERV");
        Assert.SkipUnless(virsh is not null, "HV_VIRSH_HYPERV names no virsh with the Hyper-V driver; infra/hyperv-simulator/build-virsh.sh builds one.");
        await using var fleet = await HyperVFleet.StartAsync(new HyperVFleetOptions
        {
            Host = new SimulatedHostOptions { JobDuration = TimeSpan.FromMilliseconds(20), GuestBootDuration = TimeSpan.Zero, GuestShutdownDuration = TimeSpan.FromMilliseconds(20) },
        });
        var host = fleet.Hosts[0];
        var vm = host.Model.AddVm(new NewVm("web") { Generation = 1, Disks = [new NewVmDisk(@"C:\VMs\web.vhdx")] });
        var folder = Directory.CreateTempSubdirectory("hv-virsh-");
        try
        {
            var authentication = Path.Combine(folder.FullName, "auth.conf");
            await File.WriteAllTextAsync(authentication, "[auth-hyperv-127.0.0.1]\ncredentials=hv\n[credentials-hv]\nusername=Administrator\npassword=Passw0rd!\n");
            var definition = Path.Combine(folder.FullName, "new.xml");
            await File.WriteAllTextAsync(definition, "<domain type='hyperv'><name>made</name><memory unit='KiB'>1048576</memory><vcpu>3</vcpu><os><type>hvm</type></os></domain>");

            Assert.Contains("web", await Run("list", "--all"));
            Assert.Contains("AMD EPYC", await Run("nodeinfo"));
            await Run("start", "web");
            Assert.Contains("running", await Run("domstate", "web"));
            await Run("suspend", "web");
            Assert.Equal(VmState.Paused, vm.State);
            await Run("resume", "web");
            await Run("send-key", "web", "KEY_A");
            await Run("screenshot", "web", Path.Combine(folder.FullName, "screen.ppm"));
            Assert.Equal("P6\n1024 768\n255\n"u8.ToArray(), (await File.ReadAllBytesAsync(Path.Combine(folder.FullName, "screen.ppm")))[..16]);
            await Run("managedsave", "web");
            Assert.Equal(VmState.Saved, vm.State);
            await Run("start", "web");
            await Run("shutdown", "web");
            await TestKit.Eventually.Until(async () => (await Run("domstate", "web")).Contains("shut off", StringComparison.Ordinal), "the guest is shut down");
            await Run("setvcpus", "web", "2", "--current");
            await Run("setmem", "web", "524288", "--current");
            await Run("autostart", "web");
            Assert.Contains(@"<source file='C:\VMs\web.vhdx'/>", await Run("dumpxml", "web"));
            await Run("define", definition);
            Assert.Contains("<vcpu placement='static'>3</vcpu>", await Run("dumpxml", "made"));
            await Run("start", "made");
            await Run("destroy", "made");
            await Run("undefine", "made");
            Assert.DoesNotContain("made", await Run("list", "--all"));

            async Task<string> Run(params string[] arguments)
            {
                var start = new ProcessStartInfo(virsh!, ["-c", string.Create(CultureInfo.InvariantCulture, $"hyperv://127.0.0.1:{host.Address.Port}/?transport=http"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
                start.Environment["LIBVIRT_AUTH_FILE"] = authentication;
                using var process = Process.Start(start)!;
                var errors = process.StandardError.ReadToEndAsync();
                var output = await process.StandardOutput.ReadToEndAsync();
                await process.WaitForExitAsync();
                Assert.True(process.ExitCode == 0, $"virsh {string.Join(' ', arguments)}: {await errors}");
                return output;
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
