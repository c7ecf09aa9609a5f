using HvPlatform.Contracts.Migrations;

namespace HvPlatform.Orchestrator.Migrations;

// Hyper-V's own options. What a host must have for them (its version, its switches) is for the pre-flight checks.
internal sealed partial class PolicyRules
{
    const int MostDisks = 256;
    const int LongestName = 100;
    const int LongestPath = 32_767;

    void CheckHyperV(MigrationPolicy policy, HyperVMigrationOptions options)
    {
        const string At = "hyperV.";
        if (options.Transport is { } transport)
        {
            Known(transport, At + "transport");
        }

        if (options.CpuCapping is { } capping)
        {
            Known(capping, At + "cpuCapping");
        }

        if (options.Compression == true && options.Transport == HyperVTransport.Smb)
        {
            Wrong(At + "compression", "is for TCP; SMB compresses, if at all, by itself");
        }

        if (options.ToSuspended && policy.Mode == MigrationMode.Live)
        {
            Wrong(At + "toSuspended", "saves the VM before it moves; with mode Live it must run all the time");
        }

        if (options.ToSuspended && options.CancelOnBlackout)
        {
            Wrong(At + "cancelOnBlackout", "is for a live migration; a VM that is saved first has no switch-over");
        }

        if (policy.MaxDowntimeMs is not null)
        {
            Wrong("maxDowntimeMs", "cannot be chosen with Hyper-V; hyperV.cancelOnBlackout gives up at Hyper-V's own limit");
        }

        if (policy.BandwidthMiBps is not null)
        {
            Wrong("bandwidthMiBps", "cannot be capped for one migration with Hyper-V; limit the hosts' live migration network instead");
        }

        Text(options.NewName, At + "newName", LongestName);
        Path(options.DestinationPath, At + "destinationPath");
        CheckDisks(policy, options, At + "disks");
    }

    void CheckDisks(MigrationPolicy policy, HyperVMigrationOptions options, string at)
    {
        if (options.Disks is null || options.Disks.Any(disk => disk is null))
        {
            Wrong(at, "must be a list of moves without null");
            return;
        }

        if (options.Disks.Count > MostDisks)
        {
            Wrong(at, $"must name at most {MostDisks} disks, found {options.Disks.Count}");
            return;
        }

        if (options.Disks.Count > 0 && policy.Storage != MigrationStorage.CopyFull)
        {
            Wrong(at, "needs storage CopyFull: only disks that are copied can come to lie elsewhere");
        }

        for (var i = 0; i < options.Disks.Count; i++)
        {
            var disk = options.Disks[i];
            if (string.IsNullOrWhiteSpace(disk.Source))
            {
                Wrong($"{at}[{i}].source", "must name a disk of the VM: its file, or the name the guest sees");
            }

            if (disk.Destination is null)
            {
                Wrong($"{at}[{i}].destination", "must name a file on the destination");
            }

            Path(disk.Destination, $"{at}[{i}].destination");
            if (options.Disks.Take(i).Any(other => string.Equals(other.Source, disk.Source, StringComparison.OrdinalIgnoreCase)))
            {
                Wrong($"{at}[{i}].source", $"names '{disk.Source}' a second time");
            }

            if (options.Disks.Take(i).Any(other => string.Equals(other.Destination, disk.Destination, StringComparison.OrdinalIgnoreCase)))
            {
                Wrong($"{at}[{i}].destination", $"names '{disk.Destination}' a second time: two disks cannot share a file");
            }
        }

        var copies = policy.Storage != MigrationStorage.Shared;
        Only(options.OverwriteDisks, "overwriteDisks");
        Only(options.RetainDisksOnSource, "retainDisksOnSource");
        Only(options.AvoidRemovingDisks, "avoidRemovingDisks");

        void Only(bool given, string name)
        {
            if (given && !copies)
            {
                Wrong("hyperV." + name, "is about disks that are copied; it needs storage CopyFull");
            }
        }
    }

    void Path(string? path, string name)
    {
        Text(path, name, LongestPath);
        if (path is not null && !(path.StartsWith(@"\\", StringComparison.Ordinal) || (path.Length > 2 && char.IsAsciiLetter(path[0]) && path[1] == ':' && path[2] == '\\')))
        {
            Wrong(name, $@"must be a whole Windows path, such as D:\VMs or \\server\share, found '{path}'");
        }
    }

    void Text(string? text, string name, int longest)
    {
        if (text is not null && (text.Trim().Length == 0 || text.Length > longest || text.Any(char.IsControl)))
        {
            Wrong(name, $"must have 1 to {longest} characters, none of them a control character");
        }
    }
}
