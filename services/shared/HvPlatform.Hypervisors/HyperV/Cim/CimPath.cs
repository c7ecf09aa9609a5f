using System.Text;

namespace HvPlatform.Hypervisors.HyperV.Cim;

/// <summary>Names one instance: namespace, class and its keys. Equal if class and keys are, whatever the order of the keys; without case, as WMI compares them.</summary>
public sealed class CimPath : IEquatable<CimPath>
{
    /// <summary>The namespace of Hyper-V.</summary>
    public const string Virtualization = "root/virtualization/v2";

    /// <summary>The namespace of the host's operating system and hardware.</summary>
    public const string Cimv2 = "root/cimv2";

    private readonly (string Name, string Value)[] keys;

    /// <summary>Names an instance of Hyper-V's namespace.</summary>
    public CimPath(string className, params (string Name, string Value)[] keys)
        : this(Virtualization, className, keys)
    {
    }

    /// <summary>Names an instance.</summary>
    public CimPath(string nameSpace, string className, (string Name, string Value)[] keys)
    {
        Namespace = nameSpace;
        ClassName = className;
        this.keys = keys;
    }

    /// <summary>The namespace, with slashes: <c>root/virtualization/v2</c>.</summary>
    public string Namespace { get; }

    /// <summary>The class.</summary>
    public string ClassName { get; }

    /// <summary>The keys with their values as text, in the order given.</summary>
    public IReadOnlyList<(string Name, string Value)> Keys => keys;

    /// <summary>A key's value, or null if the path does not name it.</summary>
    public string? this[string key] => keys.FirstOrDefault(pair => pair.Name.Equals(key, StringComparison.OrdinalIgnoreCase)).Value;

    /// <summary>The WMI object path without the host: <c>Class.Key="value",…</c>, backslashes and quotes of values escaped.</summary>
    public string RelativePath
    {
        get
        {
            var text = new StringBuilder(ClassName);
            for (var i = 0; i < keys.Length; i++)
            {
                text.Append(i == 0 ? '.' : ',').Append(keys[i].Name).Append("=\"").Append(keys[i].Value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)).Append('"');
            }

            return text.ToString();
        }
    }

    /// <summary>The whole WMI object path: <c>\\HOST\root\virtualization\v2:Class.Key="value"</c>.</summary>
    public string ToObjectPath(string host) => $@"\\{host}\{Namespace.Replace('/', '\\')}:{RelativePath}";

    /// <summary>
    /// Reads a WMI object path, with or without host and namespace (then Hyper-V's). Keys may be quoted with <c>"</c> or <c>'</c>, or be bare numbers.
    /// </summary>
    public static bool TryParse(string? text, out CimPath? path) => TryParse(text, Virtualization, out path);

    /// <summary>Reads a WMI object path, with or without host; <paramref name="nameSpace"/> is its namespace if it names none.</summary>
    public static bool TryParse(string? text, string nameSpace, out CimPath? path)
    {
        path = null;
        if (string.IsNullOrEmpty(text) || text.Length > 64 * 1024)
        {
            return false;
        }

        var rest = text;
        if (rest.StartsWith(@"\\", StringComparison.Ordinal))
        {
            var afterHost = rest.IndexOf('\\', 2);
            if (afterHost < 0)
            {
                return false;
            }

            rest = rest[(afterHost + 1)..];
        }

        var colon = rest.IndexOf(':', StringComparison.Ordinal);
        var dot = rest.IndexOfAny(['.', '=', '"']);
        if (colon >= 0 && (dot < 0 || colon < dot))
        {
            nameSpace = rest[..colon].Trim('\\').Replace('\\', '/');
            rest = rest[(colon + 1)..];
        }

        var keysAt = rest.IndexOf('.', StringComparison.Ordinal);
        var className = keysAt < 0 ? rest : rest[..keysAt];
        if (className.Length == 0 || !className.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
        {
            return false;
        }

        var keys = new List<(string, string)>();
        if (keysAt >= 0 && !ReadKeys(rest.AsSpan(keysAt + 1), keys))
        {
            return false;
        }

        path = new CimPath(nameSpace, className, [.. keys]);
        return true;
    }

    private static bool ReadKeys(ReadOnlySpan<char> rest, List<(string, string)> keys)
    {
        while (true)
        {
            var equals = rest.IndexOf('=');
            if (equals <= 0)
            {
                return false;
            }

            var name = rest[..equals].Trim().ToString();
            rest = rest[(equals + 1)..].TrimStart();
            var value = new StringBuilder();
            var used = 0;
            if (rest.Length > 0 && rest[0] is '"' or '\'')
            {
                var quote = rest[0];
                for (used = 1; ; used++)
                {
                    if (used >= rest.Length)
                    {
                        return false;
                    }

                    if (rest[used] == quote)
                    {
                        used++;
                        break;
                    }

                    // Only what needs an escape is one: clients leave backslashes in keys as they are.
                    if (rest[used] == '\\' && used + 1 < rest.Length && rest[used + 1] is '\\' or '"' or '\'')
                    {
                        used++;
                    }

                    value.Append(rest[used]);
                }
            }
            else
            {
                while (used < rest.Length && rest[used] != ',')
                {
                    value.Append(rest[used++]);
                }
            }

            keys.Add((name, value.ToString()));
            rest = rest[used..].TrimStart();
            if (rest.Length == 0)
            {
                return true;
            }

            if (rest[0] != ',')
            {
                return false;
            }

            rest = rest[1..];
        }
    }

    /// <inheritdoc/>
    public bool Equals(CimPath? other) =>
        other is not null && ClassName.Equals(other.ClassName, StringComparison.OrdinalIgnoreCase)
        && Namespace.Equals(other.Namespace, StringComparison.OrdinalIgnoreCase)
        && keys.Length == other.keys.Length && keys.All(key => key.Value.Equals(other[key.Name], StringComparison.OrdinalIgnoreCase));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as CimPath);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = ClassName.GetHashCode(StringComparison.OrdinalIgnoreCase);
        foreach (var (_, value) in keys)
        {
            hash ^= value.GetHashCode(StringComparison.OrdinalIgnoreCase);
        }

        return hash;
    }

    /// <summary>The path without the host.</summary>
    public override string ToString() => RelativePath;
}
