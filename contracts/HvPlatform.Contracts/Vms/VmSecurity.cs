namespace HvPlatform.Contracts.Vms;

/// <summary>How a VM is protected.</summary>
public sealed record VmSecurity
{
    /// <summary>Whether it has a virtual TPM.</summary>
    public bool? Tpm { get; init; }

    /// <summary>Whether its firmware starts only what is signed.</summary>
    public bool? SecureBoot { get; init; }

    /// <summary>Whose signatures: the template's id; null without Secure Boot.</summary>
    public string? SecureBootTemplate { get; init; }

    /// <summary>Whether it is shielded from the host's administrators.</summary>
    public bool? Shielded { get; init; }

    /// <summary>Whether its saved state and its migrations are encrypted.</summary>
    public bool? EncryptState { get; init; }

    /// <summary>How its memory is isolated from the host, for example <c>VBS</c>; null without isolation.</summary>
    public string? Isolation { get; init; }
}
