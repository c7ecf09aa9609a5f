using System.Globalization;

namespace HvPlatform.Hypervisors.HyperV.Cim;

/// <summary>A condition of a WHERE clause; true, false, or null for unknown as in SQL.</summary>
internal abstract record WqlCondition
{
    public abstract bool? Evaluate(CimInstance instance, string serverName);

    public virtual void CollectEqualities(Dictionary<string, string> found)
    {
    }

    /// <summary>All of them; a list and not a tree, so that a long query needs no deep stack.</summary>
    internal sealed record All(IReadOnlyList<WqlCondition> Conditions) : WqlCondition
    {
        public override bool? Evaluate(CimInstance instance, string serverName)
        {
            bool? result = true;
            foreach (var condition in Conditions)
            {
                result &= condition.Evaluate(instance, serverName);
                if (result == false)
                {
                    break;
                }
            }

            return result;
        }

        public override void CollectEqualities(Dictionary<string, string> found)
        {
            foreach (var condition in Conditions)
            {
                condition.CollectEqualities(found);
            }
        }
    }

    internal sealed record Any(IReadOnlyList<WqlCondition> Conditions) : WqlCondition
    {
        public override bool? Evaluate(CimInstance instance, string serverName)
        {
            bool? result = false;
            foreach (var condition in Conditions)
            {
                result |= condition.Evaluate(instance, serverName);
                if (result == true)
                {
                    break;
                }
            }

            return result;
        }
    }

    internal sealed record Not(WqlCondition Inner) : WqlCondition
    {
        public override bool? Evaluate(CimInstance instance, string serverName) => !Inner.Evaluate(instance, serverName);
    }

    internal sealed record IsNull(WqlOperand Operand) : WqlCondition
    {
        public override bool? Evaluate(CimInstance instance, string serverName) => Operand.Value(instance, serverName) is null;
    }

    /// <summary><c>__CLASS ISA 'Class'</c>, or an embedded object that is of a class.</summary>
    internal sealed record IsA(WqlOperand Operand, string ClassName) : WqlCondition
    {
        public override bool? Evaluate(CimInstance instance, string serverName) => Operand.Value(instance, serverName) switch
        {
            CimInstance embedded => CimSchema.Instance.Is(embedded.ClassName, ClassName),
            string className => CimSchema.Instance.Is(className, ClassName),
            _ => null,
        };
    }

    internal sealed record Like(WqlOperand Operand, string Pattern) : WqlCondition
    {
        public override bool? Evaluate(CimInstance instance, string serverName) =>
            Operand.Value(instance, serverName) is string text ? WqlPattern.Matches(text, Pattern) : null;
    }

    internal sealed record Compare(WqlOperand Left, string Operator, WqlOperand Right) : WqlCondition
    {
        public override bool? Evaluate(CimInstance instance, string serverName)
        {
            var order = Order(Left.Value(instance, serverName), Right.Value(instance, serverName));
            return order is null ? null : Operator switch
            {
                "=" => order == 0,
                "<>" or "!=" => order != 0,
                "<" => order < 0,
                "<=" => order <= 0,
                ">" => order > 0,
                _ => order >= 0,
            };
        }

        public override void CollectEqualities(Dictionary<string, string> found)
        {
            var property = Left as WqlOperand.Property ?? Right as WqlOperand.Property;
            var literal = Right as WqlOperand.Literal ?? Left as WqlOperand.Literal;
            if (Operator == "=" && property is { IsSystem: false } && literal?.Constant is string text)
            {
                found.TryAdd(property.Name, text);
            }
        }

        private static int? Order(object? left, object? right) => (left, right) switch
        {
            (null, _) or (_, null) => null,
            (bool one, bool other) => one.CompareTo(other),
            (bool one, string text) => bool.TryParse(text, out var other) ? one.CompareTo(other) : null,
            (string, bool) => -Order(right, left),
            (CimDateTime one, CimDateTime other) => OfTimes(one, other),
            (CimDateTime one, string text) => CimDateTime.TryParse(text, out var other) ? OfTimes(one, other) : null,
            (string, CimDateTime) => -Order(right, left),
            (CimPath one, CimPath other) => one.Equals(other) ? 0 : 1,
            (CimPath one, string text) => CimPath.TryParse(text, one.Namespace, out var other) ? one.Equals(other) ? 0 : 1 : null,
            (string, CimPath) => Order(right, left),
            (string one, string other) => string.Compare(one, other, StringComparison.OrdinalIgnoreCase),
            _ => Number(left) is { } one && Number(right) is { } other ? one.CompareTo(other) : OfReals(left, right),
        };

        private static int? OfTimes(CimDateTime one, CimDateTime other) => (one, other) switch
        {
            ({ Moment: { } moment }, { Moment: { } than }) => moment.CompareTo(than),
            ({ Interval: { } interval }, { Interval: { } than }) => interval.CompareTo(than),
            _ => null,
        };

        private static int? OfReals(object left, object right) => Real(left) is { } one && Real(right) is { } other ? one.CompareTo(other) : null;

        private static decimal? Number(object value) => value switch
        {
            byte or sbyte or ushort or short or uint or int or ulong or long or decimal => Convert.ToDecimal(value, CultureInfo.InvariantCulture),
            bool boolean => boolean ? 1 : 0,
            string text when decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) => number,
            _ => null,
        };

        private static double? Real(object value) => value switch
        {
            float or double => Convert.ToDouble(value, CultureInfo.InvariantCulture),
            string text when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) => real,
            _ => Number(value) is { } number ? (double)number : null,
        };
    }
}
