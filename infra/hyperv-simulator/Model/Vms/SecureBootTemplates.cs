namespace HvPlatform.HyperVSimulator.Model.Vms;

/// <summary>The Secure Boot templates of Windows Server, as bare ids.</summary>
internal static class SecureBootTemplates
{
    public const string MicrosoftWindows = "1734c6e8-3154-4dda-ba5f-a874cc483422";
    public const string MicrosoftUefiCertificateAuthority = "272e7447-90a4-4563-a4b9-8e4ab00526ce";
    public const string OpenSourceShieldedVm = "4292ae2b-ee2c-42b5-a969-dd8f8689f6f3";

    /// <summary>All of them with their names.</summary>
    public static readonly IReadOnlyList<(string Id, string Name)> All =
        [(MicrosoftWindows, "MicrosoftWindows"), (MicrosoftUefiCertificateAuthority, "MicrosoftUEFICertificateAuthority"), (OpenSourceShieldedVm, "OpenSourceShieldedVM")];

    public static bool Knows(string? id) => All.Any(one => one.Id.Equals(id, StringComparison.OrdinalIgnoreCase));
}
