namespace HvPlatform.Hypervisors.HyperV.Cim.WsMan;

/// <summary>What a host says of itself before anything else is asked.</summary>
/// <param name="ProtocolVersion">The namespace of the protocol's version.</param>
/// <param name="Vendor">Who made the service, such as <c>Microsoft Corporation</c>.</param>
/// <param name="Version">Versions of the operating system and of the service: <c>OS: 10.0.20348 SP: 0.0 Stack: 3.0</c>.</param>
public sealed record WsManIdentity(string ProtocolVersion, string? Vendor, string? Version);
