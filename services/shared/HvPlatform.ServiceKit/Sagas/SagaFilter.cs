using System.Linq.Expressions;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using HvPlatform.Contracts;
using MassTransit;
using Npgsql;
using NpgsqlTypes;

namespace HvPlatform.ServiceKit.Sagas;

/// <summary>
/// Turns <c>saga => saga.VmId == x &amp;&amp; saga.CurrentState == y</c> into SQL: equalities of members (of members) with values, joined by <c>&amp;&amp;</c>.
/// Anything else is refused when the message arrives, never answered by reading all sagas.
/// </summary>
internal static class SagaFilter
{
    public static (string Sql, List<NpgsqlParameter> Parameters) Translate<TSaga>(Expression<Func<TSaga, bool>> filter)
    {
        var parameters = new List<NpgsqlParameter>();
        return (Translate(filter.Body, filter.Parameters[0], filter, parameters), parameters);
    }

    static string Translate(Expression node, ParameterExpression saga, LambdaExpression whole, List<NpgsqlParameter> parameters)
    {
        if (node is BinaryExpression { NodeType: ExpressionType.AndAlso } and)
        {
            return $"{Translate(and.Left, saga, whole, parameters)} and {Translate(and.Right, saga, whole, parameters)}";
        }

        if (node is not BinaryExpression { NodeType: ExpressionType.Equal } equal)
        {
            throw Refusal(whole);
        }

        var path = Path(equal.Left, saga);
        var other = equal.Right;
        if (path is null)
        {
            (path, other) = (Path(equal.Right, saga), equal.Left);
        }

        if (path is null || Uses(other, saga))
        {
            throw Refusal(whole);
        }

        return Equality(path, Value(other), parameters);
    }

    static string Equality(List<MemberInfo> path, object? value, List<NpgsqlParameter> parameters)
    {
        var name = $"${parameters.Count + 1}";
        if (path is [{ Name: nameof(ISaga.CorrelationId) }] && value is Guid id)
        {
            parameters.Add(new() { Value = id, NpgsqlDbType = NpgsqlDbType.Uuid });
            return $"correlation_id = {name}";
        }

        parameters.Add(new() { Value = path.ConvertAll(JsonName).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        var json = JsonSerializer.SerializeToElement(value, HvJson.Options);
        if (json.ValueKind == JsonValueKind.Null)
        {
            return $"data #>> {name} is null";
        }

        parameters.Add(new() { Value = json.ValueKind == JsonValueKind.String ? json.GetString()! : json.GetRawText(), NpgsqlDbType = NpgsqlDbType.Text });
        return $"data #>> {name} = ${parameters.Count}";
    }

    /// <summary>The members from the saga down, or null if the expression does not start at the saga.</summary>
    static List<MemberInfo>? Path(Expression node, ParameterExpression saga)
    {
        var path = new List<MemberInfo>();
        var at = Unwrap(node);
        while (at is MemberExpression member)
        {
            // The value inside a Nullable<T> or a typed id has no name of its own in JSON.
            if (member.Member is { Name: "Value", DeclaringType: { IsValueType: true } owner } && (Nullable.GetUnderlyingType(owner) is not null || IsId(owner)))
            {
                at = Unwrap(member.Expression!);
                continue;
            }

            path.Insert(0, member.Member);
            at = member.Expression is null ? null : Unwrap(member.Expression);
        }

        return at == saga && path.Count > 0 ? path : null;
    }

    static bool IsId(Type type) => type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IGuidId<>));

    static Expression Unwrap(Expression node) => node is UnaryExpression { NodeType: ExpressionType.Convert } convert ? Unwrap(convert.Operand) : node;

    static object? Value(Expression node)
    {
        node = Unwrap(node);
        return node is ConstantExpression constant ? constant.Value : Expression.Lambda(node).Compile(preferInterpretation: true).DynamicInvoke();
    }

    static string JsonName(MemberInfo member) =>
        member.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name ?? JsonNamingPolicy.CamelCase.ConvertName(member.Name);

    static bool Uses(Expression node, ParameterExpression saga)
    {
        var finder = new Finder(saga);
        finder.Visit(node);
        return finder.Found;
    }

    static NotSupportedException Refusal(LambdaExpression whole) => new(
        $"The saga filter '{whole}' cannot be turned into SQL: only equalities of the saga's members with values, joined by &&.");

    sealed class Finder(ParameterExpression sought) : ExpressionVisitor
    {
        public bool Found { get; private set; }

        protected override Expression VisitParameter(ParameterExpression node)
        {
            Found |= node == sought;
            return node;
        }
    }
}
