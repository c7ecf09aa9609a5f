namespace HvPlatform.Contracts;

/// <summary>An id that is a GUID on the wire and a type of its own in code, so that a VM's id cannot be passed where a host's is meant.</summary>
public interface IGuidId<TSelf> : IParsable<TSelf> where TSelf : struct, IGuidId<TSelf>
{
    /// <summary>The raw GUID.</summary>
    Guid Value { get; }

    /// <summary>Wraps a GUID.</summary>
    static abstract TSelf From(Guid value);
}
