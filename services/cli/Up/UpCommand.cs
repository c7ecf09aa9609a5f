using System.CommandLine;
using HvPlatform.Cli.LocalServers;
using HvPlatform.Cli.Platform;

namespace HvPlatform.Cli.Up;

/// <summary><c>hv up</c>: the platform on this machine until Ctrl-C, with a simulated fleet.</summary>
internal static class UpCommand
{
    const int DefaultPort = 8080;
    const int Hosts = 4;
    const int VmsPerHost = 10;

    /// <summary>The verb.</summary>
    public static Command Create()
    {
        var distributed = new Option<bool>("--distributed") { Description = "One process per service over a real RabbitMQ, instead of all in one process." };
        var tls = new Option<bool>("--tls") { Description = "With --distributed: the broker speaks TLS only, and the agent joins with a certificate of the platform's CA." };
        var port = new Option<int>("--port") { Description = "The REST API's port on 127.0.0.1; 0 for any free one.", DefaultValueFactory = _ => DefaultPort };
        var data = new Option<string?>("--data") { Description = "Where data is kept; default .hv/data in the checkout.", HelpName = "DIR" };
        port.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out var value) && value is < 0 or > 65535)
            {
                result.AddError($"--port must be 0 to 65535, found {value}.");
            }
        });
        var command = new Command("up", "Starts the platform on this machine, with a simulated fleet. Ctrl-C stops it; the data stays.") { distributed, tls, port, data };
        command.Validators.Add(result =>
        {
            if (result.GetValue(tls) && !result.GetValue(distributed))
            {
                result.AddError("--tls is for --distributed: in one process there is no broker.");
            }
        });
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(distributed), parsed.GetValue(tls), parsed.GetValue(port), parsed.GetValue(data), cancellationToken));
        return command;
    }

    static async Task<int> RunAsync(bool distributed, bool tls, int port, string? askedData, CancellationToken cancellationToken)
    {
        var data = await DataDirectory.PrepareAsync(askedData);
        await using var platform = await LocalPlatform.StartAsync(
            new()
            {
                Data = data,
                Port = port,
                Distributed = distributed,
                Tls = tls,
                Say = line => Console.WriteLine($"hv: {line}"),
                Agents = new Dictionary<string, string>
                {
                    ["Hv__Agents__0__Driver"] = "simulated",
                    ["Hv__Agents__0__Simulated__Hosts"] = $"{Hosts}",
                    ["Hv__Agents__0__Simulated__VmsPerHost"] = $"{VmsPerHost}",
                },
            },
            cancellationToken);
        Console.WriteLine(Describe(platform, data, askedData is not null, distributed, port));

        var failure = platform.FailureAsync();
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (cancellationToken.Register(() => stopped.TrySetResult()))
        {
            await Task.WhenAny(failure, stopped.Task);
        }

        if (!cancellationToken.IsCancellationRequested)
        {
            throw new LocalServerException(await failure);
        }

        Console.WriteLine("hv: stopping");
        await platform.DisposeAsync();
        Console.WriteLine($"hv: stopped; the data stays in {data}");
        return 0;
    }

    static string Describe(LocalPlatform platform, string data, bool asked, bool distributed, int port)
    {
        var url = platform.Url.GetLeftPart(UriPartial.Authority);
        // The client looks for the token where data is kept if --data does not say otherwise.
        var tokenFile = DataDirectory.TokenFile(data);
        var client = $"{(port == DefaultPort ? "" : $"HV_URL={url} ")}{(asked ? $"HV_TOKEN=$(cat {ShellWord(tokenFile)}) " : "")}./hv";
        return $"""

            HvPlatform is running: {(distributed ? "one process per service over RabbitMQ" : "all services in one process, in-memory bus")}.
            The fleet is SIMULATED: {Hosts} hosts with {VmsPerHost} VMs each that exist in memory only:
            each start begins with them anew. What was done to them is forgotten; their history stays.

              Dashboard     {url}/#token={platform.Token}
              REST API      {url}/v1/vms   {url}/v1/hosts
              OpenAPI       {url}/openapi/v1.json
              Events        {url}/v1/events   (curl -N)
              Token         {tokenFile} (Authorization: Bearer …{(asked ? "" : "; the client finds it")})
              Metrics       {platform.TelemetryUrl.GetLeftPart(UriPartial.Authority)}/metrics
              Health        {url}/health/ready
              PostgreSQL    127.0.0.1:{platform.Postgres.Port}, database hv, user postgres, password in {Path.Combine(data, "postgres", "password")}
              Logs          {platform.Logs}

            Try:          {client} host list
                          {client} vm list
                          {client} migrate VM HOST --wait
            Ctrl-C stops everything; the data stays in {data}.
            """;
    }

    static string ShellWord(string text) => text.All(c => char.IsAsciiLetterOrDigit(c) || "/._-".Contains(c, StringComparison.Ordinal)) ? text : $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
