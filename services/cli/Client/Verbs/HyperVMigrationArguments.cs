using System.CommandLine;
using System.CommandLine.Parsing;
using HvPlatform.ApiClient;

namespace HvPlatform.Cli.Client.Verbs;

/// <summary>What <c>hv migrate</c> takes for Hyper-V only (<c>policy.hyperV</c>).</summary>
internal sealed class HyperVMigrationArguments
{
    readonly Option<bool> _compression = new("--compression") { Description = "Hyper-V: compress what is sent." };
    readonly Option<bool> _tcp = new("--tcp") { Description = "Hyper-V: carry it over TCP, whatever the hosts are set to." };
    readonly Option<bool> _smb = new("--smb") { Description = "Hyper-V: carry it over SMB." };
    readonly Option<string?> _capping = new("--cpu-capping") { Description = "Hyper-V: how far the guest is slowed while it is copied: normal, low or high." };
    readonly Option<bool> _blackout = new("--cancel-on-blackout") { Description = "Hyper-V: give up if the guest would stand still for too long." };
    readonly Option<(string Source, string Destination)[]> _disks = new("--disk")
    {
        Description = "Hyper-V: SRC=DST, where a copied disk is to lie. May be given several times.",
        CustomParser = Disks,
        AllowMultipleArgumentsPerToken = false,
    };

    readonly Option<bool> _overwrite = new("--overwrite-disks") { Description = "Hyper-V: disks may be written over files that are there." };
    readonly Option<bool> _retain = new("--retain-disks") { Description = "Hyper-V: the images that copied disks lie upon stay on the source too." };
    readonly Option<bool> _avoidRemoving = new("--avoid-removing-disks") { Description = "Hyper-V: remove no disk, neither the source's after success nor the copies after failure." };
    readonly Option<string?> _path = new("--destination-path") { Description = "Hyper-V: directory on the destination for the VM and its copied disks." };
    readonly Option<string?> _name = new("--new-name") { Description = "Hyper-V: the VM's name on the destination." };
    readonly Option<bool> _suspended = new("--to-suspended") { Description = "Hyper-V: save the VM, then move it; it stays saved." };
    readonly Option<bool> _staged = new("--staged") { Description = "Hyper-V: make a planned VM on the destination first." };
    readonly Option<bool> _deep = new("--deep-check") { Description = "Hyper-V: check every disk and its parents first." };

    public HyperVMigrationArguments() => _capping.AcceptOnlyFromAmong("normal", "low", "high");

    /// <summary>All of them.</summary>
    public IEnumerable<Option> Options =>
        [_compression, _tcp, _smb, _capping, _blackout, _disks, _overwrite, _retain, _avoidRemoving, _path, _name, _suspended, _staged, _deep];

    /// <summary>Adds the rules that hold between them.</summary>
    public void Validate(Command command) => command.Validators.Add(r =>
    {
        if (r.GetValue(_tcp) && r.GetValue(_smb))
        {
            r.AddError("--tcp and --smb exclude each other.");
        }
    });

    /// <summary>The member <c>hyperV</c> of the policy; null if none was given.</summary>
    public HyperVMigrationOptions? Read(Run run)
    {
        bool? Flag(Option<bool> option) => run.Get(option) ? true : null;
        var options = new HyperVMigrationOptions
        {
            Transport = run.Get(_smb) ? HyperVTransport.Smb : run.Get(_tcp) ? HyperVTransport.Tcp : null,
            Compression = Flag(_compression),
            CpuCapping = run.Get(_capping) switch { "normal" => HyperVCpuCapping.Normal, "low" => HyperVCpuCapping.Low, "high" => HyperVCpuCapping.High, _ => null },
            CancelOnBlackout = Flag(_blackout),
            Disks = run.Get(_disks) is { Length: > 0 } disks ? [.. disks.Select(d => new HyperVDiskMove { Source = d.Source, Destination = d.Destination })] : null,
            OverwriteDisks = Flag(_overwrite),
            RetainDisksOnSource = Flag(_retain),
            AvoidRemovingDisks = Flag(_avoidRemoving),
            DestinationPath = run.Get(_path),
            NewName = run.Get(_name),
            ToSuspended = Flag(_suspended),
            Staged = Flag(_staged),
            DeepStorageCheck = Flag(_deep),
        };
        return options == new HyperVMigrationOptions() ? null : options;
    }

    static (string, string)[] Disks(ArgumentResult result)
    {
        var moves = new List<(string, string)>();
        foreach (var token in result.Tokens)
        {
            // A path may have a '=' in it; the last one parts the two.
            var at = token.Value.LastIndexOf('=');
            if (at <= 0 || at == token.Value.Length - 1)
            {
                result.AddError($"'{token.Value}' is not SRC=DST, for example 'C:\\VMs\\web.vhdx=D:\\VMs\\web.vhdx'.");
                return [];
            }

            moves.Add((token.Value[..at], token.Value[(at + 1)..]));
        }

        return [.. moves];
    }
}
