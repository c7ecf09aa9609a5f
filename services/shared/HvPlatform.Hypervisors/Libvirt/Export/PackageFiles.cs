using System.Security.Cryptography;
using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Packages;
using HvPlatform.Hypervisors.Libvirt.Native;

namespace HvPlatform.Hypervisors.Libvirt.Export;

/// <summary>
/// The files of exports on the host this process runs on. A directory is marked with the operation that writes it, in one step that fails if there is a mark; the manifest,
/// written last, makes it whole. No symbolic link below the export root is followed.
/// </summary>
sealed class PackageFiles(LibvirtOptions options, string where)
{
    public const string Definition = "definition.xml";
    public const string Manifest = "manifest.json";
    const string Mark = ".hv-export";
    const string Used = ".hv-used";
    const int BufferBytes = 1 << 20;
    const int LargestManifestBytes = 4 << 20;

    /// <summary>A path of the host as this process reaches it.</summary>
    public string OnHost(string path) => QemuImg.OnHost(options, path);

    /// <summary>Refuses a directory that a link leads to.</summary>
    public void CheckLinks(string root, string directory)
    {
        var rest = Path.GetFullPath(directory)[Path.TrimEndingDirectorySeparator(Path.GetFullPath(root)).Length..];
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        foreach (var part in rest.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            path = $"{path}/{part}";
            if (new FileInfo(OnHost(path)).LinkTarget is not null)
            {
                throw LibvirtErrors.Own(ErrorKind.Denied, "directory-link", $"{path} on host {where} is a symbolic link; exports do not follow links.", where, "Use the directory's own path.");
            }
        }
    }

    /// <summary>The whole export in a directory; null if there is none.</summary>
    public PackageManifest? Read(string directory)
    {
        var file = new FileInfo(OnHost($"{directory}/{Manifest}"));
        if (!file.Exists)
        {
            return null;
        }

        if (file.LinkTarget is not null || file.Length > LargestManifestBytes)
        {
            throw Broken(directory, "its manifest is a link or too large");
        }

        PackageManifest? manifest;
        try
        {
            manifest = JsonSerializer.Deserialize<PackageManifest>(File.ReadAllText(file.FullName), HvJson.Options);
        }
        catch (JsonException e)
        {
            throw Broken(directory, $"its manifest cannot be read: {e.Message}");
        }

        return manifest is { Version: 1 } && manifest.Files.All(f => IsInside(f.Path)) ? manifest : throw Broken(directory, "its manifest is of another version, or names files outside the directory");
    }

    /// <summary>The operation's whole export in a directory; null if there is none. The mark it left by ending just before its last step goes.</summary>
    public PackageManifest? Whole(string directory, OperationId operation)
    {
        if (Read(directory) is not { } manifest || manifest.OperationId != operation)
        {
            return null;
        }

        if (MarkedBy(directory) == operation)
        {
            File.Delete(OnHost($"{directory}/{Mark}"));
        }

        return manifest;
    }

    public OperationId? MarkedBy(string directory) => Operation($"{directory}/{Mark}");

    public OperationId? UsedBy(string directory) => Operation($"{directory}/{Used}");

    /// <summary>Makes the directory the operation's, empty. False if it is another's, or holds something.</summary>
    public bool TryBegin(string directory, OperationId operation)
    {
        var path = OnHost(directory);
        Directory.CreateDirectory(path);
        if (MarkedBy(directory) == operation)
        {
            RemoveContents(directory);
            return true;
        }

        return !Directory.EnumerateFileSystemEntries(path).Any() && TryWriteNew($"{directory}/{Mark}", operation);
    }

    /// <summary>The export is whole from here on.</summary>
    public void Finish(string directory, PackageManifest manifest)
    {
        var part = OnHost($"{directory}/{Manifest}.part");
        using (var stream = new FileStream(part, FileMode.Create, FileAccess.Write))
        {
            JsonSerializer.Serialize(stream, manifest, HvJson.Options);
            stream.Flush(flushToDisk: true);
        }

        File.Move(part, OnHost($"{directory}/{Manifest}"));
        File.Delete(OnHost($"{directory}/{Mark}"));
    }

    /// <summary>Removes what the operation wrote, whole or not.</summary>
    public void Discard(string directory, OperationId operation)
    {
        if (MarkedBy(directory) != operation && (MarkedBy(directory) is not null || Read(directory)?.OperationId != operation))
        {
            return;
        }

        if (UsedBy(directory) is { } by)
        {
            throw LibvirtErrors.Own(
                ErrorKind.InvalidState, "export-in-use", $"{directory} on host {where} holds the disks of a VM that import {by} registered in place; it is not removed.", where, "Delete that VM first.");
        }

        RemoveContents(directory);
        File.Delete(OnHost($"{directory}/{Manifest}"));
        File.Delete(OnHost($"{directory}/{Mark}"));
        if (!Directory.EnumerateFileSystemEntries(OnHost(directory)).Any())
        {
            Directory.Delete(OnHost(directory));
        }
    }

    /// <summary>Takes the export's own files for one VM. False if another import has.</summary>
    public bool TryUse(string directory, OperationId operation) => UsedBy(directory) is { } by ? by == operation : TryWriteNew($"{directory}/{Used}", operation);

    public void Release(string directory, OperationId operation)
    {
        if (UsedBy(directory) == operation)
        {
            File.Delete(OnHost($"{directory}/{Used}"));
        }
    }

    /// <summary>
    /// Copies a file of the host, keeping its holes, and returns the SHA-256 of what was read. A source that changes meanwhile is InvalidState. The copy is on disk when it returns.
    /// </summary>
    /// <param name="from">The file.</param>
    /// <param name="to">The copy; replaced if it is there.</param>
    /// <param name="followLink">Whether the file may be a link, as a VM's own disks may.</param>
    /// <param name="copied">Told the bytes as they are read.</param>
    /// <param name="cancellationToken">Ends the copying.</param>
    public async Task<(string Sha256, long Bytes)> CopyAsync(string from, string to, bool followLink, Action<long> copied, CancellationToken cancellationToken)
    {
        var source = new FileInfo(OnHost(from));
        if (followLink && source.LinkTarget is not null)
        {
            source = (FileInfo?)source.ResolveLinkTarget(returnFinalTarget: true) ?? source;
        }

        var (length, written) = (source.Length, source.LastWriteTimeUtc);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var input = FileIdentity.OpenNoFollow(source.FullName);
        File.Delete(OnHost(to));
        await using var output = new FileStream(OnHost(to), new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, Options = FileOptions.Asynchronous });
        var buffer = new byte[BufferBytes];
        for (int read; (read = await input.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            hash.AppendData(buffer, 0, read);
            if (buffer.AsSpan(0, read).ContainsAnyExcept((byte)0))
            {
                await output.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }
            else
            {
                output.Seek(read, SeekOrigin.Current);
            }

            copied(read);
        }

        output.SetLength(output.Position);
        output.Flush(flushToDisk: true);
        source.Refresh();
        return source.Length == length && source.LastWriteTimeUtc == written
            ? (Convert.ToHexStringLower(hash.GetHashAndReset()), length)
            : throw LibvirtErrors.Own(ErrorKind.InvalidState, "file-changed", $"{from} on host {where} changed while it was copied.", where, "Something writes to it: stop that and ask again.");
    }

    /// <summary>The SHA-256 of a file, which is no link.</summary>
    public async Task<(string Sha256, long Bytes)> HashAsync(string path, CancellationToken cancellationToken)
    {
        await using var input = FileIdentity.OpenNoFollow(OnHost(path));
        return (Convert.ToHexStringLower(await SHA256.HashDataAsync(input, cancellationToken)), input.Length);
    }

    /// <summary>A definition as its manifest lists it, read once.</summary>
    /// <exception cref="HypervisorException">Validation: the manifest does not list it, or it is not what was exported.</exception>
    public async Task<string> DefinitionAsync(string directory, PackageManifest manifest, CancellationToken cancellationToken)
    {
        var file = manifest.Files.FirstOrDefault(f => f.Path == Definition) ?? throw Broken(directory, $"its manifest lists no {Definition}");
        await using var input = FileIdentity.OpenNoFollow(OnHost($"{directory}/{Definition}"));
        if (input.Length > LargestManifestBytes)
        {
            throw Broken(directory, $"its {Definition} is too large");
        }

        var bytes = new byte[input.Length];
        await input.ReadExactlyAsync(bytes, cancellationToken);
        Verify(file, Convert.ToHexStringLower(SHA256.HashData(bytes)));
        return System.Text.Encoding.UTF8.GetString(bytes).TrimStart('\uFEFF');
    }

    /// <summary>Refuses contents that are not what was exported. What was found instead is not told: it may be of a file that is nobody's business.</summary>
    public void Verify(PackageFile file, string sha256)
    {
        if (file.Sha256 != sha256)
        {
            throw LibvirtErrors.Own(
                ErrorKind.Validation, "checksum-wrong", $"{file.Path} of the export is not what was exported: its SHA-256 is not {file.Sha256}.", where, "Export the VM again, or bring the file's true contents back.");
        }
    }

    static bool IsInside(string path) => path.Length > 0 && !path.StartsWith('/') && !path.Split('/').Any(p => p is "" or "." or "..") && !path.Any(char.IsControl);

    void RemoveContents(string directory)
    {
        foreach (var entry in new DirectoryInfo(OnHost(directory)).EnumerateFileSystemInfos().Where(e => e.Name is not (Mark or Manifest)))
        {
            if (entry is DirectoryInfo { LinkTarget: null } folder)
            {
                folder.Delete(recursive: true);
            }
            else
            {
                entry.Delete();
            }
        }
    }

    OperationId? Operation(string path) => File.Exists(OnHost(path)) && OperationId.TryParse(File.ReadAllText(OnHost(path)).Trim(), null, out var id) ? id : null;

    bool TryWriteNew(string path, OperationId operation)
    {
        try
        {
            using var stream = new FileStream(OnHost(path), FileMode.CreateNew, FileAccess.Write);
            stream.Write(System.Text.Encoding.UTF8.GetBytes(operation.ToString()));
            stream.Flush(flushToDisk: true);
            return true;
        }
        catch (IOException) when (File.Exists(OnHost(path)))
        {
            return false;
        }
    }

    HypervisorException Broken(string directory, string why) =>
        LibvirtErrors.Own(ErrorKind.Validation, "export-broken", $"{directory} on host {where} is no export that can be read: {why}.", where, "Export the VM again.");
}
