using System.Diagnostics;
using HvPlatform.HyperVSimulator;
using Xunit;

namespace HvPlatform.HyperVTests.Simulator.Foreign;

/// <summary>A client that somebody else wrote: python3-winrm's protocol layer, with its own NTLM and message encryption.</summary>
public sealed class PythonWinRmTests
{
    private const string Python = "/usr/bin/python3";

    [Theory]
    [InlineData("basic")]
    [InlineData("ntlm")]
    public async Task Python3_winrm_identifies_enumerates_gets_and_sees_faults(string authentication)
    {
        Assert.SkipUnless(File.Exists(Python) && Directory.Exists("/usr/lib/python3/dist-packages/winrm"), "The Debian package python3-winrm is not installed.");
        await using var fleet = await HyperVFleet.StartAsync(new HyperVFleetOptions { AllowUnencrypted = authentication == "basic", Ntlm = authentication == "ntlm" });
        var output = await RunAsync(fleet.Hosts[0].Address, authentication);
        Assert.Equal(["identify OS: 10.0.20348 SP: 0.0 Stack: 3.0", "enumerate", "get HV1", "fault DestinationUnreachable", "stranger refused"], output.Select(line => line.Trim()));
    }

    private static async Task<string[]> RunAsync(Uri address, string authentication)
    {
        var folder = Directory.CreateTempSubdirectory("hv-winrm-");
        try
        {
            // NTLM needs MD4, which OpenSSL has only in its legacy provider.
            var openssl = Path.Combine(folder.FullName, "openssl.cnf");
            await File.WriteAllTextAsync(
                openssl,
                "openssl_conf = init\n[init]\nproviders = providers\n[providers]\ndefault = on\nlegacy = on\n[on]\nactivate = 1\n");
            var start = new ProcessStartInfo(Python, [Path.Combine(AppContext.BaseDirectory, "Simulator/Foreign/winrm_client.py"), address.ToString(), authentication, "Administrator", "Passw0rd!"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            start.Environment["OPENSSL_CONF"] = openssl;
            start.Environment["no_proxy"] = "127.0.0.1";
            start.Environment.Remove("REQUESTS_CA_BUNDLE");
            start.Environment.Remove("CURL_CA_BUNDLE");
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync();
            var output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            Assert.True(process.ExitCode == 0, $"{output}\n{await errors}");
            return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
