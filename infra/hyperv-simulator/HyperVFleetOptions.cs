using System.Net;
using HvPlatform.HyperVSimulator.Model;

namespace HvPlatform.HyperVSimulator;

/// <summary>What a fleet of simulated Hyper-V hosts is made of and how it listens.</summary>
public sealed record HyperVFleetOptions
{
    /// <summary>Most virtual machines of a fleet: what the memory of a usual machine holds.</summary>
    public const int MostVms = 100_000;

    /// <summary>How many hosts; named <c>HV1</c>, <c>HV2</c>, … with as many digits as the last one has.</summary>
    public int Hosts { get; init; } = 1;

    /// <summary>Virtual machines in all, at most <see cref="MostVms"/>, spread evenly over the hosts, named <c>vm0001</c>, …; most of them run. With any, each host has the switches LAN and Private.</summary>
    public int Vms { get; init; }

    /// <summary>What each host is made of; its seed is that of the fleet.</summary>
    public SimulatedHostOptions Host { get; init; } = new();

    /// <summary>The address to listen on.</summary>
    public IPAddress ListenOn { get; init; } = IPAddress.Loopback;

    /// <summary>The HTTP port of the first host, the others have those that follow; 0: the system chooses each.</summary>
    public int Port { get; init; }

    /// <summary>Whether the hosts listen for HTTPS too, with one certificate made for the fleet (<see cref="HyperVFleet.Certificate"/>).</summary>
    public bool Https { get; init; }

    /// <summary>The HTTPS port of the first host, likewise.</summary>
    public int SecurePort { get; init; }

    /// <summary>The user that may sign in.</summary>
    public string User { get; init; } = "Administrator";

    /// <summary>The user's password.</summary>
    public string Password { get; init; } = "Passw0rd!";

    /// <summary>Whether Basic is offered: over HTTPS, and over HTTP with <see cref="AllowUnencrypted"/>.</summary>
    public bool Basic { get; init; } = true;

    /// <summary>Whether Negotiate with NTLM is offered.</summary>
    public bool Ntlm { get; init; } = true;

    /// <summary>Whether messages over HTTP may be in clear. A real host says no by default.</summary>
    public bool AllowUnencrypted { get; init; } = true;

    /// <summary>Client certificates that are accepted over HTTPS: user by SHA-256 thumbprint in hexadecimal.</summary>
    public IReadOnlyDictionary<string, string> ClientCertificates { get; init; } = new Dictionary<string, string>();

    /// <summary>The port of the control endpoint, on loopback; 0: the system chooses; null: none.</summary>
    public int? ControlPort { get; init; }

    /// <summary>Makes ids, addresses and loads.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>The clock of the hosts.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
