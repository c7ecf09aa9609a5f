using System.CommandLine;
using System.CommandLine.Parsing;

namespace HvPlatform.Cli.Client;

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

    /// <summary>All of them.</summary>
    public IEnumerable<Option> Options =>
        [_compression, _tcp, _smb, _capping, _blackout, _disks, _overwrite, _retain, _avoidRemoving, _path, _name, _suspended, _staged, _deep];

    public void AddTo(Command command)
    {
        _capping.AcceptOnlyFromAmong("normal", "low", "high");
        foreach (var option in Options)
        {
            command.Options.Add(option);
        }

        command.Validators.Add(r =>
        {
            if (r.GetValue(_tcp) && r.GetValue(_smb))
            {
                r.AddError("--tcp and --smb exclude each other.");
            }
        });
    }

    /// <summary>The member <c>hyperV</c> of the policy; null if none was given.</summary>
    public Dictionary<string, object?>? Read(ParseResult parsed)
    {
        bool? Flag(Option<bool> option) => parsed.GetValue(option) ? true : null;
        var members = new Dictionary<string, object?>
        {
            ["transport"] = parsed.GetValue(_smb) ? "Smb" : parsed.GetValue(_tcp) ? "Tcp" : null,
            ["compression"] = Flag(_compression),
            ["cpuCapping"] = parsed.GetValue(_capping) switch { "normal" => "Normal", "low" => "Low", "high" => "High", _ => null },
            ["cancelOnBlackout"] = Flag(_blackout),
            ["disks"] = parsed.GetValue(_disks) is { Length: > 0 } disks ? disks.Select(d => new { source = d.Source, destination = d.Destination }) : null,
            ["overwriteDisks"] = Flag(_overwrite),
            ["retainDisksOnSource"] = Flag(_retain),
            ["avoidRemovingDisks"] = Flag(_avoidRemoving),
            ["destinationPath"] = parsed.GetValue(_path),
            ["newName"] = parsed.GetValue(_name),
            ["toSuspended"] = Flag(_suspended),
            ["staged"] = Flag(_staged),
            ["deepStorageCheck"] = Flag(_deep),
        }.Where(m => m.Value is not null).ToDictionary();
        return members.Count == 0 ? null : members;
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
