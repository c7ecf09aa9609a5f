using System.Diagnostics;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.IntegrationTests.Telemetry;

/// <summary>samples/bus: a program in another language, with a stock AMQP client, against the platform over RabbitMQ.</summary>
[Collection(nameof(SampledFleet))]
public sealed class BusSampleTests(SampledFleet fleet)
{
    readonly Platform _platform = fleet.Platform;

    [Fact]
    public async Task The_sample_moves_a_VM_and_follows_it_to_its_end()
    {
        var vm = (await _platform.ListAsync("/v1/vms?state=Running"))[0];
        var (id, source) = (vm.GetProperty("id").GetGuid(), vm.GetProperty("hostId").GetGuid());
        var destination = (await _platform.ListAsync("/v1/hosts")).Select(h => h.GetProperty("id").GetGuid()).First(h => h != source);

        var (exitCode, output) = await RunAsync(id, destination);

        Assert.True(exitCode == 0, output);
        var lines = output.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains("phase Transferring", lines);
        Assert.Contains(lines, l => l.StartsWith("progress ", StringComparison.Ordinal));
        Assert.StartsWith("completed in ", lines[^1], StringComparison.Ordinal);
        var operation = await _platform.EndOfAsync(Guid.Parse(lines[0]["operation ".Length..]));
        Assert.Equal(("Succeeded", "bus-sample"), (operation.GetProperty("status").GetString(), operation.GetProperty("trail").GetProperty("requestedBy").GetString()));
        await _platform.UntilAsync($"/v1/vms/{id}", v => v.GetProperty("hostId").GetGuid() == destination, "the VM is on the destination");
    }

    [Fact]
    public async Task A_refused_command_is_told_with_its_reason()
    {
        var vm = (await _platform.ListAsync("/v1/vms"))[0].GetProperty("id").GetGuid();
        var (exitCode, output) = await RunAsync(vm, Guid.NewGuid());
        Assert.True(exitCode == 2, output);
        Assert.Contains("rejected unknown-host", output, StringComparison.Ordinal);
    }

    async Task<(int ExitCode, string Output)> RunAsync(Guid vm, Guid destination)
    {
        Assert.SkipUnless(Directory.Exists("/usr/lib/python3/dist-packages/pika"), "The Debian package python3-pika is not installed.");
        var sample = Path.Combine(Repository.Root, "samples", "bus", "migrate.py");
        using var process = Process.Start(new ProcessStartInfo("/usr/bin/python3", [sample, _platform.Bus, vm.ToString(), destination.ToString(), $"sample-{Guid.NewGuid()}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(patience.Token), process.StandardError.ReadToEndAsync(patience.Token));
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return (process.ExitCode, await output + await errors);
    }
}
