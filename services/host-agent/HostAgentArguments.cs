using HvPlatform.ServiceKit;

namespace HvPlatform.HostAgent;

/// <summary>The agent's own short options, turned into configuration; anything else is passed on as it is (<c>--Hv:Bus amqp://…</c>).</summary>
static class HostAgentArguments
{
    public const string Usage =
        "Usage: host-agent --driver libvirt|hyperv|simulated [--uri URI] [--user NAME] [--password-file FILE] [--journal DIR] [--shared-path DIR]… [--migration-uri URI] [--hosts N] [--vms-per-host N] [--seed N] [--bus URI | --identity DIR]; once before, to use no --bus: host-agent join --url URL --token TOKEN";

    static readonly Dictionary<string, string> s_keys = new()
    {
        ["--driver"] = "Hv:Agents:0:Driver",
        ["--uri"] = "Hv:Agents:0:Uri",
        ["--user"] = "Hv:Agents:0:HyperV:User",
        ["--password-file"] = "Hv:Agents:0:HyperV:PasswordFile",
        ["--journal"] = "Hv:Agents:0:Journal",
        ["--migration-uri"] = "Hv:Agents:0:MigrationUri",
        ["--hosts"] = "Hv:Agents:0:Simulated:Hosts",
        ["--vms-per-host"] = "Hv:Agents:0:Simulated:VmsPerHost",
        ["--seed"] = "Hv:Agents:0:Simulated:Seed",
        ["--bus"] = "Hv:Bus",
        ["--identity"] = Joining.JoinedAgent.Setting,
    };

    public static string[] ToConfiguration(IReadOnlyList<string> args)
    {
        var result = new List<string>();
        var shared = 0;
        for (var i = 0; i < args.Count; i++)
        {
            var name = args[i].Split('=', 2)[0];
            var key = name == "--shared-path" ? $"Hv:Agents:0:SharedPaths:{shared++}" : s_keys.GetValueOrDefault(name);
            if (key is null)
            {
                result.Add(args[i]);
            }
            else if (args[i].Length > name.Length)
            {
                result.Add($"--{key}={args[i][(name.Length + 1)..]}");
            }
            else if (++i < args.Count)
            {
                result.Add($"--{key}={args[i]}");
            }
            else
            {
                throw new HvStartupException("The command line cannot be used", name, "its value is missing.", Usage);
            }
        }

        return [.. result];
    }
}
