namespace HvPlatform.Contracts.Vms;

/// <summary>A VM's screen as its host shows it now.</summary>
public sealed record VmScreenshot
{
    /// <summary>The VM.</summary>
    public required VmId VmId { get; init; }

    /// <summary>The picture's width, pixels.</summary>
    public required int WidthPixels { get; init; }

    /// <summary>The picture's height, pixels.</summary>
    public required int HeightPixels { get; init; }

    /// <summary>The picture, a PNG file in base64.</summary>
    public required string PngBase64 { get; init; }
}
