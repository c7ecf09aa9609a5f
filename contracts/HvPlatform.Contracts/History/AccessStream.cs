namespace HvPlatform.Contracts.History;

/// <summary>The stream of everything about access, agents that join and webhooks: one for the whole platform.</summary>
public static class AccessStream
{
    /// <summary>Its type.</summary>
    public const string Type = "access";

    /// <summary>Its id.</summary>
    public static Guid Id { get; } = new("acce55ed-0000-4000-8000-000000000001");
}
