namespace HvPlatform.Contracts.Vms;

/// <summary>How a host judges a VM now, in the host's words.</summary>
public sealed record VmStatus
{
    /// <summary>One line, for example <c>Operating normally</c>.</summary>
    public string? Text { get; init; }

    /// <summary>For example <c>OK</c>, <c>Major failure</c>.</summary>
    public string? Health { get; init; }

    /// <summary>For example <c>OK</c>, <c>Creating snapshot</c>, <c>Migrating virtual machine</c>; several can hold at once.</summary>
    public IReadOnlyList<string> Operational { get; init; } = [];

    /// <summary>Equal if all members are, lists by their elements.</summary>
    public bool Equals(VmStatus? other) => other is not null && (Text, Health) == (other.Text, other.Health) && Operational.SequenceEqual(other.Operational);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Text, Health, Operational.Count);
}
