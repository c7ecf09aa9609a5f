using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace HvPlatform.HyperVTests.Cim.WsMan;

/// <summary>A Kerberos realm of its own, with a KDC on the loopback (Debian's krb5-kdc), the account <c>operator</c> and the service <c>HTTP/localhost</c>.</summary>
internal sealed partial class KerberosRealm : IAsyncDisposable
{
    public const string Name = "HV.TEST";
    public const string Password = "Kerber0s!";
    private const string Kdc = "/usr/sbin/krb5kdc";

    private static readonly string Folder = Path.Combine(Path.GetTempPath(), $"hv-krb5-{Environment.ProcessId}");

    private readonly Process kdc;

    private KerberosRealm(Process kdc) => this.kdc = kdc;

    /// <summary>Why there can be no realm here, or null.</summary>
    public static string? Missing => !OperatingSystem.IsLinux() ? "the KDC is Linux'" : !File.Exists(Kdc) || !File.Exists("/usr/sbin/kadmin.local") ? "krb5-kdc is not installed (apt install krb5-kdc krb5-admin-server)" : null;

    /// <summary>
    /// The Kerberos library reads its configuration's place from the environment of the process: it is set before there are other threads, so that no test depends on the
    /// realm of the machine it runs on.
    /// </summary>
    [ModuleInitializer]
    internal static void SetEnvironment()
    {
        if (OperatingSystem.IsLinux())
        {
            SetEnvironment("KRB5_CONFIG", Path.Combine(Folder, "krb5.conf"), 1);
            SetEnvironment("KRB5_KTNAME", Path.Combine(Folder, "service.keytab"), 1);
            SetEnvironment("KRB5CCNAME", "FILE:" + Path.Combine(Folder, "no-tickets"), 1);
        }
    }

    public static async Task<KerberosRealm> StartAsync()
    {
        Directory.CreateDirectory(Folder);
        var port = FreePort();
        await File.WriteAllTextAsync(Path.Combine(Folder, "krb5.conf"), $$"""
            [libdefaults]
              default_realm = {{Name}}
              rdns = false
              dns_canonicalize_hostname = false
              dns_lookup_kdc = false
              udp_preference_limit = 1
            [realms]
              {{Name}} = {
                kdc = 127.0.0.1:{{port}}
              }
            [domain_realm]
              localhost = {{Name}}
            """);
        var profile = Path.Combine(Folder, "kdc.conf");
        await File.WriteAllTextAsync(profile, $$"""
            [kdcdefaults]
              kdc_ports = {{port}}
              kdc_tcp_ports = {{port}}
            [realms]
              {{Name}} = {
                database_name = {{Folder}}/principal
                key_stash_file = {{Folder}}/stash
                acl_file = {{Folder}}/acl
              }
            [logging]
              kdc = FILE:{{Folder}}/kdc.log
            """);
        await File.WriteAllTextAsync(Path.Combine(Folder, "acl"), string.Empty);
        await RunAsync("/usr/sbin/kdb5_util", "create", "-s", "-r", Name, "-P", Password);
        await RunAsync("/usr/sbin/kadmin.local", "-r", Name, "-q", $"addprinc -pw {Password} operator");
        await RunAsync("/usr/sbin/kadmin.local", "-r", Name, "-q", "addprinc -randkey HTTP/localhost");
        await RunAsync("/usr/sbin/kadmin.local", "-r", Name, "-q", $"ktadd -k {Folder}/service.keytab HTTP/localhost");
        var realm = new KerberosRealm(Start(Kdc, "-n", "-r", Name));
        await TestKit.Eventually.Until(() => Listens(port), "the KDC listens");
        return realm;
    }

    public async ValueTask DisposeAsync()
    {
        kdc.Kill();
        await kdc.WaitForExitAsync();
        kdc.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private static Process Start(string program, params string[] arguments)
    {
        var info = new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        info.Environment["KRB5_CONFIG"] = Path.Combine(Folder, "krb5.conf");
        info.Environment["KRB5_KDC_PROFILE"] = Path.Combine(Folder, "kdc.conf");
        return Process.Start(info)!;
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Start(program, arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} failed: {errors}{await output}");
        }
    }

    /// <summary>A port for those who cannot listen on one that the system chooses.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static bool Listens(int port)
    {
        using var client = new TcpClient();
        try
        {
            client.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
