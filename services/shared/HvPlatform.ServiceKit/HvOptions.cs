using Microsoft.Extensions.Configuration;

namespace HvPlatform.ServiceKit;

/// <summary>Reads a service's own settings.</summary>
public static class HvOptions
{
    /// <summary>The section as a record, defaults where it is silent.</summary>
    /// <exception cref="HvStartupException">A value is not of its setting's type, or there is no such setting.</exception>
    public static T Read<T>(IConfiguration configuration, string section)
        where T : class, new()
    {
        try
        {
            return configuration.GetSection(section).Get<T>(o => o.ErrorOnUnknownConfiguration = true) ?? new T();
        }
        catch (InvalidOperationException e)
        {
            throw new HvStartupException("A setting cannot be used", section, string.Join(' ', e.Message, e.InnerException?.Message).Trim(), "Correct the name or the value.", e);
        }
    }
}
