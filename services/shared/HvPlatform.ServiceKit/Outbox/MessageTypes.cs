using System.Collections.Frozen;
using HvPlatform.Contracts;

namespace HvPlatform.ServiceKit.Outbox;

/// <summary>
/// The message types an outbox row may name, by full type name. A row holds the contract's name and nothing of the transport,
/// so a row written by one version and transport is sent by another.
/// </summary>
internal sealed class MessageTypes
{
    readonly FrozenDictionary<string, Type> byName;

    public MessageTypes(IEnumerable<Type> additional) =>
        byName = typeof(VmId).Assembly.GetExportedTypes()
            .Where(t => t is { IsClass: true, IsAbstract: false, IsGenericType: false })
            .Concat(additional)
            .Distinct()
            .ToFrozenDictionary(t => t.FullName!);

    /// <summary>The types of the contracts' assembly.</summary>
    public static MessageTypes Contracts { get; } = new([]);

    public string NameOf(Type type) => type.FullName is { } name && byName.TryGetValue(name, out var known) && known == type
        ? name
        : throw new InvalidOperationException($"'{type}' is no contract, so the outbox cannot store it: move it to HvPlatform.Contracts or name it in HvModule.Messages.");

    public Type? Find(string name) => byName.GetValueOrDefault(name);
}
