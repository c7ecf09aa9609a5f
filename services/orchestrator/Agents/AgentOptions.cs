using HvPlatform.ServiceKit;

namespace HvPlatform.Orchestrator.Agents;

/// <summary>The platform's CA. Configuration section <c>Orchestrator:Ca</c>.</summary>
internal sealed record CaOptions
{
    /// <summary>Where the CA's key and certificate are kept; null: this platform has no CA, and no agent can join.</summary>
    public string? Directory { get; init; }

    /// <summary>How long an agent's certificate is valid. It renews it when a third is left.</summary>
    public TimeSpan CertificateLifetime { get; init; } = TimeSpan.FromDays(30);

    /// <exception cref="HvStartupException">A value cannot be used.</exception>
    public void Check()
    {
        if (CertificateLifetime < TimeSpan.FromMinutes(5) || CertificateLifetime > TimeSpan.FromDays(400))
        {
            throw new HvStartupException("A setting cannot be used", "Orchestrator:Ca:CertificateLifetime", $"{CertificateLifetime} is not from 5 minutes to 400 days.", "Correct or remove it.");
        }
    }
}

/// <summary>The broker as agents use it. Configuration section <c>Orchestrator:Broker</c>.</summary>
internal sealed record BrokerOptions
{
    /// <summary>What joined agents connect to: <c>amqps://rabbit.example.net:5671/hv</c>; null: agents are given no broker.</summary>
    public Uri? AgentUrl { get; init; }

    /// <summary>RabbitMQ's management API, where agents' users are made: <c>http://127.0.0.1:15672</c>.</summary>
    public Uri? ManagementUrl { get; init; }

    /// <summary>A user with the tag <c>administrator</c>.</summary>
    public string User { get; init; } = "guest";

    /// <summary>Its password, or <see cref="PasswordFile"/>.</summary>
    public string? Password { get; init; }

    /// <summary>A file with its password.</summary>
    public string? PasswordFile { get; init; }

    /// <summary>The virtual host of <see cref="AgentUrl"/>.</summary>
    public string VirtualHost => AgentUrl is { AbsolutePath.Length: > 1 } url ? Uri.UnescapeDataString(url.AbsolutePath[1..]) : "/";

    /// <exception cref="HvStartupException">A value is missing or cannot be used.</exception>
    public void Check()
    {
        if (AgentUrl is { } agents && (agents.Scheme != "amqps" || agents.UserInfo.Length > 0))
        {
            throw new HvStartupException("A setting cannot be used", "Orchestrator:Broker:AgentUrl", "agents sign in with their certificates, so it has to be amqps:// and name no user.", "Write it as amqps://host:5671/vhost.");
        }

        if (AgentUrl is not null && ManagementUrl is null)
        {
            throw new HvStartupException("A setting is missing", "Orchestrator:Broker:ManagementUrl", "agents' users are made through the broker's management API.", "Set it, with User and Password or PasswordFile.");
        }
    }

    /// <exception cref="HvStartupException">The file cannot be read.</exception>
    public string ReadPassword()
    {
        try
        {
            return PasswordFile is { } file ? File.ReadAllText(file).Trim() : Password ?? "guest";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HvStartupException("A setting cannot be used", "Orchestrator:Broker:PasswordFile", $"{e.Message.TrimEnd('.')}.", "Name a file that this process can read.", e);
        }
    }
}
