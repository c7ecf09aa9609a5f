using HvPlatform.Cli;

namespace HvPlatform.TestKit;

/// <summary>The checkout the tests run from: golden files are read there, and written with HV_UPDATE_GOLDEN=1.</summary>
public static class Repository
{
    /// <summary>The directory of HvPlatform.sln.</summary>
    public static string Root => Checkout.Root;
}
