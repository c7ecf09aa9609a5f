namespace HvPlatform.ServiceKit.Bus;

/// <summary>Headers of ours on the bus.</summary>
internal static class HvHeaders
{
    /// <summary>The ordering key: the VM's, host's or operation's id.</summary>
    public const string Key = "hv-key";
}
