using HvPlatform.Cli.LocalServers;

namespace HvPlatform.TestKit;

/// <summary>A container started through the <c>docker</c> command line, for machines that have an engine and not the packages.</summary>
sealed class DockerContainer
{
    readonly string _id;

    DockerContainer(string id, int port) => (_id, Port) = (id, port);

    /// <summary>The host's loopback port that leads to the container's. Chosen by us, so that it stays the same over a restart.</summary>
    public int Port { get; }

    /// <summary>Whether there is an engine to talk to.</summary>
    public static async Task<bool> EngineAnswersAsync()
    {
        try
        {
            await ChildProcess.RunAsync(["docker", "version", "--format", "{{.Server.Version}}"]);
            return true;
        }
        catch (Exception e) when (e is LocalServerException or System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    /// <summary>Starts one; it is removed when the test process ends.</summary>
    public static async Task<DockerContainer> StartAsync(string image, int containerPort, params string[] environment)
    {
        var port = Ports.Next();
        var output = await ChildProcess.RunAsync(["docker", "run", "-d", "-p", $"127.0.0.1:{port}:{containerPort}", .. environment.SelectMany(e => (string[])["-e", e]), image]);
        var id = output.Trim().Split('\n')[^1];
        Reaper.Instance.RemoveContainer(id);
        return new(id, port);
    }

    public Task<string> ExecAsync(params string[] command) => ChildProcess.RunAsync(["docker", "exec", _id, .. command]);

    public Task StopAsync() => ChildProcess.RunAsync(["docker", "stop", "-t", "20", _id]);

    public Task KillAsync() => ChildProcess.RunAsync(["docker", "kill", _id]);

    public Task StartAgainAsync() => ChildProcess.RunAsync(["docker", "start", _id]);
}
