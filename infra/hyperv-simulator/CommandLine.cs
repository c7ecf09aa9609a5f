using System.Globalization;
using System.Net;

namespace HvPlatform.HyperVSimulator;

/// <summary>The program's arguments.</summary>
internal static class CommandLine
{
    public const string Help =
        """
        hvsim simulates Hyper-V hosts that speak WS-Management (WinRM) with the WMI classes of root/virtualization/v2.

          hvsim [options]

          --hosts N              hosts, named HV1 … HVN (1)
          --vms N                virtual machines in all, spread over the hosts; at most 100000 (0)
          --listen ADDRESS       address to listen on (127.0.0.1)
          --port N               HTTP port of the first host, the others follow; 0: the system chooses (5985)
          --https                HTTPS too, with a self-made certificate
          --https-port N         HTTPS port of the first host (5986 for one host, else the system chooses)
          --user NAME            who may sign in (Administrator)
          --password TEXT        with which password (Passw0rd!); other users of this machine can read it in the list of processes
          --password-file FILE   the same, from a file
          --auth LIST            basic, ntlm or both (basic,ntlm)
          --encrypted-only       messages in clear over HTTP are refused, as a real host does by default
          --control-port N       a JSON endpoint on loopback that makes faults happen; 0: the system chooses
          --seed N               makes ids, addresses and loads (1)
          --speed X              jobs and guests are X times as fast (1)
          --help                 this text

        An option's value follows it as the next argument or after an equals sign: --hosts 2, --hosts=2.
        A line per host says its name and addresses. Ctrl-C or SIGTERM ends it.

        """;

    /// <summary>Reads the arguments; null if help was asked for. <see cref="FormatException"/> if they are wrong.</summary>
    public static HyperVFleetOptions? Parse(IReadOnlyList<string> args)
    {
        var options = new HyperVFleetOptions { Port = 5985 };
        int? securePort = null;
        for (var i = 0; i < args.Count; i++)
        {
            var equals = args[i].StartsWith("--", StringComparison.Ordinal) ? args[i].IndexOf('=', StringComparison.Ordinal) : -1;
            var name = equals < 0 ? args[i] : args[i][..equals];
            var attached = equals < 0 ? null : args[i][(equals + 1)..];
            switch (name)
            {
                case "--help" or "-h" or "-?":
                    return null;
                case "--hosts":
                    options = options with { Hosts = Number(1, 10_000) };
                    break;
                case "--vms":
                    options = options with { Vms = Number(0, HyperVFleetOptions.MostVms) };
                    break;
                case "--listen":
                    options = options with { ListenOn = IPAddress.TryParse(Value(), out var address) ? address : throw new FormatException("--listen takes an IP address.") };
                    break;
                case "--port":
                    options = options with { Port = Number(0, 65_535) };
                    break;
                case "--https":
                    options = options with { Https = true };
                    break;
                case "--https-port":
                    securePort = Number(0, 65_535);
                    options = options with { Https = true };
                    break;
                case "--user":
                    options = options with { User = Value() };
                    break;
                case "--password":
                    options = options with { Password = Value() };
                    break;
                case "--password-file":
                    options = options with { Password = Content(Value()) };
                    break;
                case "--auth":
                    var schemes = Value().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
                    options = schemes.Length > 0 && schemes.All(scheme => scheme is "basic" or "ntlm")
                        ? options with { Basic = schemes.Contains("basic"), Ntlm = schemes.Contains("ntlm") }
                        : throw new FormatException("--auth takes basic, ntlm or both with a comma.");
                    break;
                case "--encrypted-only":
                    options = options with { AllowUnencrypted = false };
                    break;
                case "--control-port":
                    options = options with { ControlPort = Number(0, 65_535) };
                    break;
                case "--seed":
                    options = options with { Seed = Number(0, int.MaxValue) };
                    break;
                case "--speed":
                    options = Faster(options, Speed());
                    break;
                default:
                    throw new FormatException($"{name} is unknown.");
            }

            if (attached is not null)
            {
                throw new FormatException($"{name} takes no value.");
            }

            string Value()
            {
                var value = attached ?? (i + 1 < args.Count ? args[++i] : throw new FormatException($"{name} needs a value."));
                attached = null;
                return value;
            }

            string Content(string file)
            {
                try
                {
                    return File.ReadAllText(file).TrimEnd('\r', '\n');
                }
                catch (Exception error) when (error is IOException or UnauthorizedAccessException)
                {
                    throw new FormatException($"{name} cannot be read: {error.Message}");
                }
            }

            int Number(int least, int most) => int.TryParse(Value(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
                ? number
                : throw new FormatException($"{name} takes a number from {least} to {most}.");

            double Speed() => double.TryParse(Value(), NumberStyles.Float, CultureInfo.InvariantCulture, out var speed) && speed is >= 0.01 and <= 10_000
                ? speed
                : throw new FormatException("--speed takes a number from 0.01 to 10000.");
        }

        CheckPorts("--port", options.Port, options.Hosts);
        CheckPorts("--https-port", securePort ?? 0, options.Hosts);
        return options with { SecurePort = securePort ?? (options.Hosts == 1 ? 5986 : 0) };
    }

    private static void CheckPorts(string option, int first, int hosts)
    {
        if (first + hosts - 1 > IPEndPoint.MaxPort)
        {
            throw new FormatException($"{option} {first} is too high for {hosts} hosts: each has the port after the one before, and the last port is {IPEndPoint.MaxPort}.");
        }
    }

    private static HyperVFleetOptions Faster(HyperVFleetOptions options, double speed) => options with
    {
        Host = options.Host with
        {
            JobDuration = options.Host.JobDuration / speed,
            GuestBootDuration = options.Host.GuestBootDuration / speed,
            GuestShutdownDuration = options.Host.GuestShutdownDuration / speed,
        },
    };
}
