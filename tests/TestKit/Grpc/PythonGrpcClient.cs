using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Xunit;

namespace HvPlatform.TestKit.Grpc;

/// <summary>Calls through Debian's python3-grpcio: a gRPC client that others wrote. It reads the .proto files by the protocol compiler's descriptors; there is no generated code.</summary>
public sealed class PythonGrpcClient : IAsyncDisposable
{
    const string Python = "/usr/bin/python3";
    const string Service = "/hvplatform.node.v1.NodeDaemonService/";
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);
    static readonly Lazy<Task<string>> s_descriptors = new(DescribeAsync);

    readonly Process _process;
    readonly ConcurrentDictionary<int, GrpcAnswer> _calls = new();
    readonly Task _reading;
    readonly Task<string> _errors;
    int _ids;

    PythonGrpcClient(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
        _reading = ReadAsync();
    }

    /// <summary>What every call carries unless it says otherwise.</summary>
    public Dictionary<string, string> Metadata { get; } = [];

    /// <summary>Starts the client of a server; skips the test where the package is not installed.</summary>
    /// <param name="url">The server.</param>
    /// <param name="tls">For https: PEM files of the server's authority and, if the client has one, its certificate and key.</param>
    public static async Task<PythonGrpcClient> StartAsync(Uri url, params string[] tls)
    {
        Assert.SkipUnless(
            File.Exists(Python) && Directory.Exists("/usr/lib/python3/dist-packages/grpc") && Directory.Exists("/usr/lib/python3/dist-packages/google/protobuf"),
            "The Debian packages python3-grpcio and python3-protobuf are not installed.");
        var script = Path.Combine(AppContext.BaseDirectory, "Grpc/node_client.py");
        var start = new ProcessStartInfo(Python, [script, url.Authority, await s_descriptors.Value, .. tls])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["GRPC_ENABLE_FORK_SUPPORT"] = "0";
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        return new PythonGrpcClient(Process.Start(start)!);
    }

    /// <summary>Calls a method and returns its answer, whatever its status. Name without a slash: one of the node daemon's.</summary>
    public async Task<GrpcAnswer> CallAsync(string method, object? request = null, double? timeout = null, bool stream = false, Dictionary<string, string>? metadata = null, object? extra = null) =>
        await (await BeginAsync(method, request, timeout, stream, metadata, extra)).Ended.WaitAsync(s_patience);

    /// <summary>Calls a method that must succeed; returns its (last) message.</summary>
    public async Task<JsonElement> OkAsync(string method, object? request = null, Dictionary<string, string>? metadata = null)
    {
        var answer = await CallAsync(method, request, metadata: metadata);
        Assert.True(answer.Code == "OK", $"{method}: {answer}");
        return answer.Messages[^1];
    }

    /// <summary>Begins a call.</summary>
    public async Task<GrpcAnswer> BeginAsync(string method, object? request = null, double? timeout = null, bool stream = false, Dictionary<string, string>? metadata = null, object? extra = null)
    {
        var id = Interlocked.Increment(ref _ids);
        var order = new Dictionary<string, object>
        {
            ["id"] = id,
            ["method"] = method.Contains('/') ? method : Service + method,
            ["request"] = request ?? new { },
            ["metadata"] = metadata ?? Metadata,
            ["stream"] = stream,
        };
        if (timeout is { } seconds)
        {
            order["timeout"] = seconds;
        }

        foreach (var member in extra is null ? [] : JsonSerializer.SerializeToElement(extra).EnumerateObject().ToArray())
        {
            order[member.Name] = member.Value;
        }

        var answer = _calls[id] = new GrpcAnswer();
        await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(order));
        await _process.StandardInput.FlushAsync();
        return answer;
    }

    /// <summary>Ends the client; calls that run are dropped with its connection.</summary>
    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        await _reading;
        _process.Dispose();
    }

    async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            var said = JsonSerializer.Deserialize<JsonElement>(line);
            _calls[said.GetProperty("id").GetInt32()].Take(said);
        }

        var errors = await _errors;
        foreach (var call in _calls.Values)
        {
            call.Fail(new InvalidOperationException($"The Python client has ended. {errors}"));
        }
    }

    /// <summary>All .proto files as descriptors, which need no generated code and so fit any version of the runtime.</summary>
    static async Task<string> DescribeAsync()
    {
        var protoc = typeof(PythonGrpcClient).Assembly.GetCustomAttributes(typeof(System.Reflection.AssemblyMetadataAttribute), false)
            .Cast<System.Reflection.AssemblyMetadataAttribute>().Single(a => a.Key == "Protoc").Value!;
        var root = Path.Combine(Repository.Root, "contracts/HvPlatform.Contracts/Grpc");
        var file = Path.Combine(TemporaryDirectory.Create("hv-protos-"), "all.pb");
        var protos = Directory.GetFiles(root, "*.proto", SearchOption.AllDirectories);
        var start = new ProcessStartInfo(protoc, [$"--proto_path={root}", $"--proto_path={Path.Combine(Path.GetDirectoryName(protoc)!, "../../build/native/include")}", "--include_imports", $"--descriptor_set_out={file}", .. protos])
        {
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? file : throw new InvalidOperationException($"protoc failed: {errors}");
    }
}
