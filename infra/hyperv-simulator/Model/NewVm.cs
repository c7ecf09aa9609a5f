namespace HvPlatform.HyperVSimulator.Model;

/// <summary>A virtual machine to put on a simulated host: for tests, demonstrations and fleets.</summary>
/// <param name="Name">Its name.</param>
public sealed record NewVm(string Name)
{
    /// <summary>Its id; null for the host's next one.</summary>
    public Guid? Id { get; init; }

    /// <summary>1 or 2.</summary>
    public int Generation { get; init; } = 2;

    /// <summary>Virtual processors.</summary>
    public int Processors { get; init; } = 2;

    /// <summary>Memory at the start, MB.</summary>
    public long MemoryMb { get; init; } = 2_048;

    /// <summary>Most memory, MB: then memory is dynamic, from half of <see cref="MemoryMb"/>; null: it is static.</summary>
    public long? MaximumMemoryMb { get; init; }

    /// <summary>Its disks; the files are made if they are not there.</summary>
    public IReadOnlyList<NewVmDisk> Disks { get; init; } = [];

    /// <summary>A DVD drive with this image in it (made if it is not there); empty for a drive without; null for none.</summary>
    public string? Dvd { get; init; }

    /// <summary>A network adapter for each, connected to the switch of this name; empty for one that is not connected.</summary>
    public IReadOnlyList<string> Switches { get; init; } = [];

    /// <summary>Notes.</summary>
    public string? Notes { get; init; }

    /// <summary>Off, running, paused or saved.</summary>
    public VmState State { get; init; } = VmState.Off;

    /// <summary>How long it has been in that state already; a running one has booted if this is long enough.</summary>
    public TimeSpan Since { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Its guest's operating system; null if none is installed.</summary>
    public string? GuestOperatingSystem { get; init; } = "Ubuntu 24.04 LTS";
}

/// <summary>A disk of a <see cref="NewVm"/>.</summary>
/// <param name="Path">The file, <c>.vhdx</c> or <c>.vhd</c>.</param>
/// <param name="SizeBytes">Its size for the guest.</param>
public sealed record NewVmDisk(string Path, ulong SizeBytes = 40UL << 30);
