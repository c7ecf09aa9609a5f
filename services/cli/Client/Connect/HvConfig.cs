using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace HvPlatform.Cli.Client.Connect;

/// <summary>How one platform is reached. The token stands here or in a file of its own.</summary>
internal sealed record Profile(string? Url, string? Token, string? TokenFile, string? Ca);

/// <summary>The configuration file: <c>HV_CONFIG</c>, else <c>$XDG_CONFIG_HOME/hv/config.yaml</c>, else <c>~/.config/hv/config.yaml</c>. Only its owner may read it.</summary>
internal sealed class HvConfig(string path)
{
    static readonly string[] s_members = ["url", "token", "tokenFile", "ca"];

    public string Path => path;

    /// <summary>The profile used if none is named.</summary>
    public string? Current { get; set; }

    public SortedDictionary<string, Profile> Profiles { get; } = new(StringComparer.Ordinal);

    /// <summary>Where the file is.</summary>
    public static string PathOf(CliHost host) => host.Variable("HV_CONFIG")
        ?? System.IO.Path.Combine(host.Variable("XDG_CONFIG_HOME") ?? System.IO.Path.Combine(host.Variable("HOME") ?? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".config"), "hv", "config.yaml");

    /// <summary>Reads the file; an empty configuration if there is none. A file that others may read is closed to them, with a warning.</summary>
    /// <exception cref="CliException">It cannot be understood.</exception>
    public static HvConfig Load(CliHost host)
    {
        var config = new HvConfig(PathOf(host));
        if (!File.Exists(config.Path))
        {
            return config;
        }

        Close(host, config.Path);
        try
        {
            var stream = new YamlStream();
            using var text = File.OpenText(config.Path);
            stream.Load(text);
            if (stream.Documents is [{ RootNode: YamlMappingNode root }, ..])
            {
                config.Read(root);
            }

            return config;
        }
        catch (YamlException e)
        {
            throw new CliException($"{config.Path} is no valid YAML: line {e.Start.Line}: {e.InnerException?.Message ?? e.Message}\nCorrect it, or move it away and sign in anew: hv login --url URL", ExitCodes.Usage, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"{config.Path} cannot be read: {e.Message}", ExitCodes.Failed, e);
        }
    }

    /// <summary>Writes the file so that only its owner can read it and a crash leaves the old one.</summary>
    public void Save()
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!);
        var profiles = new YamlMappingNode();
        foreach (var (name, profile) in Profiles)
        {
            var node = new YamlMappingNode();
            string?[] values = [profile.Url, profile.Token, profile.TokenFile, profile.Ca];
            foreach (var (member, value) in s_members.Zip(values).Where(m => m.Second is not null))
            {
                node.Add(member, Text(value!));
            }

            profiles.Add(Text(name), node);
        }

        var root = new YamlMappingNode();
        if (Current is not null)
        {
            root.Add("current", Text(Current));
        }

        root.Add("profiles", profiles);
        var access = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            access.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        var temporary = path + ".new";
        File.Delete(temporary);
        using (var file = new StreamWriter(temporary, access))
        {
            new YamlStream(new YamlDocument(root)).Save(file, assignAnchors: false);
        }

        File.Move(temporary, path, overwrite: true);
    }

    static void Close(CliHost host, string path)
    {
        const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        if (OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & Others) == 0)
        {
            return;
        }

        try
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            host.Error.WriteLine($"hv: warning: {path} could be read by other users of this machine and holds tokens. Its mode is 0600 now; renew the tokens if others were signed in here.");
        }
        catch (UnauthorizedAccessException)
        {
            host.Error.WriteLine($"hv: warning: {path} can be read by other users of this machine and holds tokens. Let its owner run: chmod 600 {path}");
        }
    }

    void Read(YamlMappingNode root)
    {
        foreach (var (key, value) in root)
        {
            switch (key.ToString())
            {
                case "current":
                    Current = value.ToString();
                    break;
                case "profiles" when value is YamlMappingNode profiles:
                    foreach (var (name, profile) in profiles)
                    {
                        Profiles[name.ToString()] = Read(name.ToString(), profile);
                    }

                    break;
                default:
                    throw Wrong($"'{key}' is not known here; it holds current and profiles");
            }
        }
    }

    Profile Read(string name, YamlNode node)
    {
        if (node is not YamlMappingNode members)
        {
            throw Wrong($"profile '{name}' has no members");
        }

        var given = members.ToDictionary(m => m.Key.ToString(), m => m.Value.ToString());
        var unknown = given.Keys.FirstOrDefault(k => !s_members.Contains(k));
        return unknown is null
            ? new(given.GetValueOrDefault("url"), given.GetValueOrDefault("token"), given.GetValueOrDefault("tokenFile"), given.GetValueOrDefault("ca"))
            : throw Wrong($"profile '{name}' has '{unknown}', which is not known; a profile has {string.Join(", ", s_members)}");
    }

    CliException Wrong(string what) => new($"{path}: {what}.", ExitCodes.Usage);

    /// <summary>Quoted: a name or token that looks like a number stays text.</summary>
    static YamlScalarNode Text(string value) => new(value) { Style = Output.YamlText.NeedsQuotes(value) ? ScalarStyle.DoubleQuoted : ScalarStyle.Any };
}
