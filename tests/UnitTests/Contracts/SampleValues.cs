using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using HvPlatform.Contracts;

namespace HvPlatform.UnitTests.Contracts;

/// <summary>
/// A full, reproducible value of any contract type: every member is set, and to something other than its default, so that a member lost on the way
/// shows. The same code always gives the same value.
/// </summary>
static class SampleValues
{
    static readonly DateTimeOffset s_start = new(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);

    /// <summary>A value of the type.</summary>
    public static object Create(Type type) => CreateRecord(type, type.Name, []);

    static object CreateRecord(Type type, string path, Type[] above)
    {
        var value = Activator.CreateInstance(type)!;
        foreach (var member in ContractTypes.Members(type))
        {
            // A type within itself (an error's cause) goes one level down.
            if (member.PropertyType != type || !above.Contains(type))
            {
                member.SetValue(value, CreateMember(member, value, $"{path}.{member.Name}", [.. above, type]));
            }
        }

        return value;
    }

    static object CreateMember(PropertyInfo member, object owner, string path, Type[] above) =>
        member.PropertyType == typeof(bool) ? !(bool)member.GetValue(owner)! : CreateValue(member.PropertyType, path, above);

    static object CreateValue(Type type, string path, Type[] above)
    {
        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return CreateValue(underlying, path, above);
        }

        if (ContractTypes.ElementOf(type) is { } element)
        {
            var list = Array.CreateInstance(element, 2);
            list.SetValue(CreateValue(element, path + "[0]", above), 0);
            list.SetValue(CreateValue(element, path + "[1]", above), 1);
            return list;
        }

        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(path));
        var number = (BitConverter.ToUInt16(hash) % 1000) + 1;
        return type switch
        {
            _ when type == typeof(string) => path,
            _ when type == typeof(int) => number,
            _ when type == typeof(long) => number + 5_000_000_000L,
            _ when type == typeof(double) => number + 0.25,
            _ when type == typeof(bool) => true,
            _ when type == typeof(Guid) => new Guid(hash[..16]),
            _ when type == typeof(DateTimeOffset) => s_start.AddSeconds(number),
            // A list that grows: the sample stays, or every new member would rewrite the documents of old messages.
            _ when type == typeof(OperationKind) => OperationKind.MigrateVm,
            _ when type.IsEnum => Enum.GetValues(type).GetValue(Enum.GetValues(type).Length - 1)!,
            _ when ContractTypes.IsId(type) => Activator.CreateInstance(type, new Guid(hash[..16]))!,
            _ when ContractTypes.Records.Contains(type) => CreateRecord(type, path, above),
            _ => throw new NotSupportedException($"{path} is a {type}: contracts are made of strings, numbers, booleans, instants, ids, enums, records and lists of these. If it must be, teach SampleValues and ContractSchema about it."),
        };
    }
}
