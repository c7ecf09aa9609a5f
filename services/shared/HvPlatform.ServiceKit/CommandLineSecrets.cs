namespace HvPlatform.ServiceKit;

/// <summary>Passwords are not given on the command line, where every user of the machine can read them in the list of processes.</summary>
public static class CommandLineSecrets
{
    /// <summary>Refuses arguments that set a member named <c>Password</c>. Throws <see cref="HvStartupException"/>, which does not repeat the value.</summary>
    public static void Refuse(IEnumerable<string> args)
    {
        foreach (var argument in args)
        {
            var key = argument.TrimStart('-', '/').Split('=', 2)[0];
            if (key.Contains(':', StringComparison.Ordinal) && key[(key.LastIndexOf(':') + 1)..].Equals("Password", StringComparison.OrdinalIgnoreCase))
            {
                throw new HvStartupException(
                    "A password cannot be given on the command line", key, "everyone on this machine could read it there.",
                    $"Put it into a file and name that with {key}File, or set the environment variable {key.Replace(":", "__", StringComparison.Ordinal)}.");
            }
        }
    }
}
