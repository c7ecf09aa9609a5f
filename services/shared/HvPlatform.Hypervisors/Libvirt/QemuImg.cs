using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;

namespace HvPlatform.Hypervisors.Libvirt;

/// <summary>QEMU's own tool for images, run on the host's files. Blocks its thread; calls take milliseconds.</summary>
internal static class QemuImg
{
    /// <summary>The code of the refusal to guess a format.</summary>
    public const string FormatUnknown = "disk-format-unknown";

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>
    /// An image of a known format and those it lies upon, the top one first. Nothing is guessed from contents: a guest can write into its raw disk what looks like an image that lies
    /// upon a file of the host.
    /// </summary>
    /// <exception cref="HypervisorException">Validation (<see cref="FormatUnknown"/>): an image does not say the format of the one it lies upon.</exception>
    public static IReadOnlyList<QemuImage> Chain(LibvirtOptions options, string path, string format, string where)
    {
        var images = new List<QemuImage>();
        for (var (next, known) = (path, format); ;)
        {
            // Not --backing-chain: below another root it would look for the backing files in this one.
            using var json = JsonDocument.Parse(Run(where, "info", "-U", "-f", known, "--output=json", OnHost(options, next)));
            var root = json.RootElement;
            var backing = Text(root, "backing-filename");
            images.Add(new QemuImage(
                next,
                root.GetProperty("format").GetString()!,
                root.GetProperty("virtual-size").GetInt64(),
                root.TryGetProperty("actual-size", out var actual) ? actual.GetInt64() : 0,
                Text(root, "backing-filename-format")));

            // A base reached over the network has no path; it is the same from every host.
            if (backing is null || (backing.IndexOf(':') is > 0 and var colon && colon < backing.IndexOf('/')))
            {
                return images;
            }

            var from = next;
            next = Path.GetFullPath(backing, Path.GetDirectoryName(next)!);
            known = images[^1].BackingFormat ?? throw LibvirtErrors.Own(
                ErrorKind.Validation, FormatUnknown, $"{from} does not say the format of {next}, which it lies upon, and guessing from its contents is not safe.", where,
                "Write it into the image: qemu-img rebase -u -b BASE -F FORMAT IMAGE.");
        }
    }

    /// <summary>What an image looks like from its contents: to be compared with what it is said to be, never to be followed.</summary>
    public static string LooksLike(LibvirtOptions options, string path, string where)
    {
        using var json = JsonDocument.Parse(Run(where, "info", "-U", "--output=json", OnHost(options, path)));
        return json.RootElement.GetProperty("format").GetString()!;
    }

    /// <summary>Makes an empty image of exactly the wanted size in a file of the wanted name.</summary>
    public static void Create(LibvirtOptions options, MigrationDiskImage image, string path, string where)
    {
        var size = image.CapacityBytes.ToString(CultureInfo.InvariantCulture);

        // Unchecked: the backing file was looked at, and its path is the host's, which may not be this process's.
        string[] backing = image.BackingPath is { } b ? ["-u", "-b", InSameFolder(b, image.Path) ? Path.GetFileName(b) : b, "-F", image.BackingFormat ?? "raw"] : [];
        Run(where, ["create", "-q", "-f", image.Format, .. backing, OnHost(options, path), size]);
    }

    /// <summary>Writes an image of a known format with all it lies upon, and without its snapshots, into one new image of that format. Takes as long as the copying does.</summary>
    public static async Task FlattenAsync(LibvirtOptions options, string from, string to, string format, string where, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("qemu-img", ["convert", "-U", "-f", format, "-O", format, OnHost(options, from), OnHost(options, to)]) { RedirectStandardError = true };
        using var process = Process.Start(start)!;
        try
        {
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            if (process.ExitCode != 0)
            {
                throw LibvirtErrors.Own(ErrorKind.Resource, "qemu-img-failed", $"qemu-img convert of {from} failed: {(await errors).Trim()}", where, "Look at the host's storage.");
            }
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
            throw;
        }
    }

    /// <summary>A file of the host as this process reaches it.</summary>
    public static string OnHost(LibvirtOptions options, string path) =>
        options.HostRoot == "/" ? path : Path.Combine(options.HostRoot, path.TrimStart('/'));

    static bool InSameFolder(string one, string other) => Path.GetDirectoryName(one) == Path.GetDirectoryName(other);

    static string? Text(JsonElement root, string name) => root.TryGetProperty(name, out var value) ? value.GetString() : null;

    static string Run(string where, params string[] arguments)
    {
        var start = new ProcessStartInfo("qemu-img", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync();
            var errors = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(Patience))
            {
                process.Kill();
                process.WaitForExit(TimeSpan.FromSeconds(5));
                throw LibvirtErrors.Own(ErrorKind.Timeout, "qemu-img-timeout", $"qemu-img {arguments[0]} did not end within {Patience.TotalSeconds} s.", where, "Look at the host's storage.");
            }

            process.WaitForExit();
            var text = errors.GetAwaiter().GetResult().Trim();
            return process.ExitCode == 0 ? output.GetAwaiter().GetResult() : throw new HypervisorException(new ErrorInfo
            {
                Kind = text.Contains("No space left", StringComparison.Ordinal) ? ErrorKind.Resource : ErrorKind.Fatal,
                Code = text.Contains("No space left", StringComparison.Ordinal) ? "disk-full" : "qemu-img-failed",
                Message = $"qemu-img {arguments[0]} failed: {text}",
                Where = where,
                NativeCode = $"qemu-img:{process.ExitCode}",
                NativeMessage = text,
            });
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw LibvirtErrors.Own(
                ErrorKind.Unsupported, "qemu-img-missing", $"qemu-img cannot be run: {e.Message}", where, "Install it beside the agent (Debian, Ubuntu: apt-get install qemu-utils; Fedora: dnf install qemu-img).");
        }
    }
}

/// <summary>One image file.</summary>
internal sealed record QemuImage(string Path, string Format, long CapacityBytes, long AllocatedBytes, string? BackingFormat);
