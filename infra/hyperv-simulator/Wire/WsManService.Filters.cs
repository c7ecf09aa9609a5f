using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Wire;

/// <summary>What an enumeration is over: a class, a query, an association, selectors.</summary>
internal sealed partial class WsManService
{
    private OpenEnumeration Open(WsManRequest request, WireElement? filter, EnumerationMode mode)
    {
        var dialect = filter?.Attribute("Dialect")?.Trim() ?? string.Empty;
        if (filter is null)
        {
            return OpenClass(request, mode);
        }

        if (dialect.Equals(WsManNames.WqlDialect, StringComparison.OrdinalIgnoreCase))
        {
            return OpenQuery(request, filter.Text.Trim(), mode);
        }

        if (dialect.Equals(WsManNames.AssociationDialect, StringComparison.OrdinalIgnoreCase))
        {
            return OpenAssociation(request, filter, mode);
        }

        return dialect.Equals(WsManNames.SelectorDialect, StringComparison.OrdinalIgnoreCase) ? OpenSelected(request, filter, mode) : throw WsManFault.UnknownDialect();
    }

    private OpenEnumeration OpenClass(WsManRequest request, EnumerationMode mode)
    {
        var resource = request.Resource!;
        if (resource.ClassName == "*")
        {
            throw WsManFault.CannotProcessFilter(string.Empty);
        }

        if (request.Selectors.Count > 0)
        {
            throw new WsManFault("w", "InvalidSelectors", 0x8033805B, "The WS-Management service cannot process the request because the request contained invalid selectors for the resource. ") { Detail = "UnexpectedSelectors" };
        }

        var items = Ask(() => repository.Enumerate(resource.Namespace, resource.ClassName), "CreateInstanceEnum", resource.ClassName);
        return new OpenEnumeration([.. items], mode, resource, projections: null);
    }

    private OpenEnumeration OpenQuery(WsManRequest request, string text, EnumerationMode mode)
    {
        var resource = request.Resource!;
        if (resource.ClassName != "*")
        {
            throw WsManFault.WqlNeedsStar();
        }

        return Ask(
            () =>
            {
                var query = WqlQuery.Parse(text, resource.Namespace);
                IEnumerable<CimInstance> found = query.Kind switch
                {
                    WqlKind.Associators => Filtered(repository.Associators(query.Source!, query.AssociationClass, query.ResultClass), query.Source!, query.AssociationClass, query.Role, query.ResultRole),
                    WqlKind.References => OfRole(repository.References(query.Source!, query.AssociationClass), query.Source!, query.Role),
                    _ => repository.Enumerate(resource.Namespace, query.ClassName!, query.Equalities).Where(instance => query.Matches(instance, repository.HostName)),
                };
                return new OpenEnumeration([.. found], mode, resource, query.Projections);
            },
            "ExecQuery",
            text,
            isFilter: true);
    }

    private OpenEnumeration OpenAssociation(WsManRequest request, WireElement filter, EnumerationMode mode)
    {
        var associated = filter.Child(WsManNames.CimBinding, "AssociatedInstances");
        var references = filter.Child(WsManNames.CimBinding, "AssociationInstances");
        var asked = associated ?? references ?? throw WsManFault.CannotProcessFilter("The filter has neither AssociatedInstances nor AssociationInstances.");
        var source = asked.Child(WsManNames.CimBinding, "Object") is { } element ? WsManResource.ReadReference(element) : null;
        if (source is null)
        {
            throw WsManFault.CannotProcessFilter("The filter's Object is no endpoint reference.");
        }

        var associationClass = Text(asked, "AssociationClassName");
        var resultClass = Text(asked, "ResultClassName");
        var role = Text(asked, "Role");
        var projections = asked.Children.Where(child => child.Name == "IncludeResultProperty").Select(child => child.Text.Trim()).ToList();
        return Ask(
            () =>
            {
                var found = associated is not null
                    ? Filtered(repository.Associators(source, associationClass, resultClass), source, associationClass, role, Text(asked, "ResultRole"))
                    : OfRole(repository.References(source, resultClass ?? associationClass), source, role);
                return new OpenEnumeration([.. found], mode, request.Resource!, projections);
            },
            "ExecQuery",
            source.RelativePath,
            isFilter: true);
    }

    private OpenEnumeration OpenSelected(WsManRequest request, WireElement filter, EnumerationMode mode)
    {
        var resource = request.Resource!;
        var wanted = WsManRequest.ReadSelectors(filter.Child(WsManNames.WsMan, "SelectorSet"), out _);
        if (wanted.Count == 0 || resource.ClassName == "*")
        {
            throw WsManFault.CannotProcessFilter("The filter has no selectors, or the resource no class.");
        }

        var equal = wanted.ToDictionary(pair => pair.Name, pair => pair.Value, StringComparer.OrdinalIgnoreCase);
        var found = Ask(() => repository.Enumerate(resource.Namespace, resource.ClassName, equal), "CreateInstanceEnum", resource.ClassName, isFilter: true)
            .Where(instance => wanted.TrueForAll(pair => instance[pair.Name] is { } value && CimText.Format(value).Equals(pair.Value, StringComparison.OrdinalIgnoreCase)));
        return new OpenEnumeration([.. found], mode, resource, projections: null);
    }

    /// <summary>Of associated instances those that the source is related to in these roles.</summary>
    private IEnumerable<CimInstance> Filtered(IEnumerable<CimInstance> found, CimPath source, string? associationClass, string? role, string? resultRole)
    {
        if (role is null && resultRole is null)
        {
            return found;
        }

        var others = OfRole(repository.References(source, associationClass), source, role)
            .SelectMany(association => association.Properties.Where(pair => pair.Value is CimPath other && !SameObject(other, source) && (resultRole is null || pair.Key.Equals(resultRole, StringComparison.OrdinalIgnoreCase))))
            .Select(pair => (CimPath)pair.Value!)
            .ToHashSet();
        return found.Where(instance => others.Contains(repository.PathOf(instance)));
    }

    private static IEnumerable<CimInstance> OfRole(IEnumerable<CimInstance> associations, CimPath source, string? role) =>
        role is null ? associations : associations.Where(association => association[role] is CimPath path && SameObject(path, source));

    private static bool SameObject(CimPath one, CimPath other) =>
        one.ClassName.Equals(other.ClassName, StringComparison.OrdinalIgnoreCase) && other.Keys.All(key => key.Value.Equals(one[key.Name], StringComparison.OrdinalIgnoreCase));

    private static string? Text(WireElement element, string name) => element.Child(WsManNames.CimBinding, name)?.Text.Trim() is { Length: > 0 } text ? text : null;
}
