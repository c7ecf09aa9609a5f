using HvPlatform.Orchestrator.Access;
using HvPlatform.ServiceKit;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.UnitTests.Access;

public sealed class LocalTokenTests
{
    readonly string file = Path.Combine(TemporaryDirectory.Create("hv-token-"), "sub", "access-token");
    readonly List<string> printed = [];

    LocalToken Load() => LocalToken.Load(new AccessOptions { TokenFile = file }, printed.Add);

    [Fact]
    public void The_first_start_makes_a_token_that_only_its_owner_reads_and_prints_it_once()
    {
        var made = Load();
        var token = File.ReadAllText(file);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, OperatingSystem.IsWindows() ? UnixFileMode.UserRead | UnixFileMode.UserWrite : File.GetUnixFileMode(file));
        Assert.Matches("^hvlocal[0-9a-f]{64}$", token);
        Assert.Contains(token, Assert.Single(printed));
        Assert.True(made.Matches(token));
        Assert.Equal(made.Fingerprint, Load().Fingerprint);
        Assert.Single(printed);
    }

    [Fact]
    public void Nothing_else_is_the_token()
    {
        var made = Load();
        var token = File.ReadAllText(file);
        Assert.False(made.Matches(""));
        Assert.False(made.Matches(token[..^1]));
        Assert.False(made.Matches(token + "0"));
        Assert.False(made.Matches(token.ToUpperInvariant()));
        Assert.DoesNotContain(made.Fingerprint!, token);
    }

    [Fact]
    public void A_file_that_others_may_read_is_not_used()
    {
        Load();
        if (OperatingSystem.IsWindows())
        {
            // It has no such modes.
            return;
        }

        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        Assert.Contains("chmod 600", Assert.Throws<HvStartupException>(Load).Message);
    }

    [Fact]
    public void A_short_token_is_not_used()
    {
        Load();
        File.WriteAllText(file, "secret");
        Assert.Contains("at least 32", Assert.Throws<HvStartupException>(Load).Message);
    }

    [Fact]
    public void Without_a_local_token_nothing_is_one()
    {
        var none = LocalToken.Load(new AccessOptions { LocalToken = false, TokenFile = file }, printed.Add);
        Assert.False(none.Matches(""));
        Assert.False(File.Exists(file));
    }

    [Theory]
    [InlineData("http://0.0.0.0:8080")]
    [InlineData("http://*:8080")]
    [InlineData("http://+:80")]
    [InlineData("http://[::]:8080")]
    [InlineData("http://192.168.1.2:8080")]
    [InlineData("http://example.com")]
    public void Listening_for_other_machines_is_refused_unless_it_is_wanted(string url)
    {
        var error = Assert.Throws<HvStartupException>(() => new AccessOptions().CheckAddresses(["http://127.0.0.1:1", url]));
        Assert.Contains("AllowRemote", error.Message);
        Assert.Contains(url, error.Message);
        new AccessOptions { AllowRemote = true }.CheckAddresses([url]);
    }

    [Theory]
    [InlineData("http://127.0.0.1:8080")]
    [InlineData("http://localhost:0")]
    [InlineData("http://[::1]:8080")]
    [InlineData("http://unix:/run/hv.sock")]
    public void Listening_for_this_machine_is_the_default(string url) => new AccessOptions().CheckAddresses([url]);
}
