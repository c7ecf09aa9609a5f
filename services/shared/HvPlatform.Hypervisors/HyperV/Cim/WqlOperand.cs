namespace HvPlatform.Hypervisors.HyperV.Cim;

/// <summary>A side of a comparison: a property or a constant.</summary>
internal abstract record WqlOperand
{
    public abstract object? Value(CimInstance instance, string serverName);

    /// <summary>A text, a decimal, a real, a boolean, or null.</summary>
    internal sealed record Literal(object? Constant) : WqlOperand
    {
        public override object? Value(CimInstance instance, string serverName) => Constant;
    }

    /// <summary>A property, one of an embedded object (<c>TargetInstance.Name</c>), or a system property (<c>__SERVER</c>, <c>__CLASS</c>, <c>__PATH</c>).</summary>
    internal sealed record Property(string Name) : WqlOperand
    {
        public bool IsSystem => Name.StartsWith("__", StringComparison.Ordinal) || Name.Contains('.', StringComparison.Ordinal);

        public override object? Value(CimInstance instance, string serverName) => Name.ToUpperInvariant() switch
        {
            "__SERVER" => serverName,
            "__CLASS" or "__THIS" => instance.ClassName,
            "__RELPATH" => PathOf(instance)?.RelativePath,
            "__PATH" => PathOf(instance)?.ToObjectPath(serverName),
            "__SUPERCLASS" => CimSchema.Instance.Find(instance.ClassName)?.Superclass,
            _ => Nested(instance),
        };

        private static CimPath? PathOf(CimInstance instance) => CimSchema.Instance.Find(instance.ClassName) is not { } declared ? null : new CimPath(
            declared.Name.StartsWith("Win32_", StringComparison.OrdinalIgnoreCase) ? CimPath.Cimv2 : CimPath.Virtualization,
            declared.Name,
            [.. declared.Properties.Where(property => property.IsKey).Select(key => (key.Name, instance[key.Name] is { } value ? CimText.Format(value) : string.Empty))]);

        private object? Nested(CimInstance instance)
        {
            object? value = instance;
            foreach (var part in Name.Split('.'))
            {
                value = (value as CimInstance)?[part];
            }

            return value;
        }
    }
}
