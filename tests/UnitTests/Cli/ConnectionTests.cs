using System.Runtime.Versioning;
using HvPlatform.Cli;
using HvPlatform.Cli.Client.Connect;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.UnitTests.Cli;

/// <summary>Where the address and the token come from, and where a token does not go.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ConnectionTests : IDisposable
{
    const string Config = "current: lab\nprofiles:\n  lab:\n    url: https://lab.example\n    token: lab-token\n  local:\n    url: http://127.0.0.1:9\n  file:\n    url: https://file.example\n    tokenFile: {0}/token\n";
    readonly string _directory = TemporaryDirectory.Create("hv-cli-");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("", "", "", "", "https://lab.example/", "lab-token")]
    [InlineData("", "", "file", "", "https://file.example/", "file-token")]
    [InlineData("", "", "", "HV_PROFILE=file", "https://file.example/", "file-token")]
    [InlineData("", "", "", "HV_URL=https://env.example", "https://env.example/", null)]
    [InlineData("", "", "", "HV_URL=https://env.example HV_TOKEN=env-token", "https://env.example/", "env-token")]
    [InlineData("", "", "", "HV_TOKEN=env-token", "https://lab.example/", "env-token")]
    [InlineData("https://option.example", "", "", "HV_URL=https://env.example", "https://option.example/", null)]
    [InlineData("https://option.example", "option-token", "", "HV_TOKEN=env-token", "https://option.example/", "option-token")]
    [InlineData("", "", "lab", "HV_URL=https://env.example HV_TOKEN=env-token", "https://lab.example/", "lab-token")]
    [InlineData("", "", "local", "", "http://127.0.0.1:9/", "local-token")]
    [InlineData("http://127.0.0.1:8", "", "", "", "http://127.0.0.1:8/", "local-token")]
    public void An_option_comes_before_the_environment_and_that_before_the_profile_and_a_token_stays_with_its_address(
        string url, string token, string profile, string environment, string expectedUrl, string? expectedToken)
    {
        File.WriteAllText(Path.Combine(_directory, "token"), "file-token\n");
        var connection = Connection.Resolve(Host(string.Format(System.Globalization.CultureInfo.InvariantCulture, Config, _directory), environment), Given(url), Given(token), Given(profile));
        Assert.Equal((expectedUrl, expectedToken), (connection.Url.ToString(), connection.Token));
    }

    [Fact]
    public void Without_anything_it_is_the_platform_of_this_machine()
    {
        var connection = Connection.Resolve(Host(null, ""), null, null, null);
        Assert.Equal(("http://127.0.0.1:8080/", "local-token"), (connection.Url.ToString(), connection.Token));
    }

    [Theory]
    [InlineData("profiles: [", "no valid YAML")]
    [InlineData("profile: {}", "'profile' is not known here")]
    [InlineData("current: gone", "has no profile 'gone'")]
    [InlineData("current: a\nprofiles:\n  a:\n    adress: x\n", "has 'adress', which is not known")]
    [InlineData("current: a\nprofiles:\n  a:\n    url: lab.example\n", "profile 'a' is 'lab.example', which is no http:// or https:// address")]
    public void What_is_wrong_with_the_configuration_is_named(string config, string why)
    {
        var wrong = Assert.Throws<CliException>(() => Connection.Resolve(Host(config, ""), null, null, null));
        Assert.Contains(why, wrong.Message);
        Assert.Equal(ExitCodes.Usage, wrong.ExitCode);
    }

    [Fact]
    public void A_configuration_that_others_could_read_is_closed_to_them_and_said()
    {
        var host = Host("profiles: {}", "");
        var path = HvConfig.PathOf(host);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        HvConfig.Load(host);
        Assert.Contains("could be read by other users", host.Error.ToString());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    [Fact]
    public async Task A_login_is_checked_kept_for_its_owner_alone_and_used_from_then_on_and_the_token_is_never_printed()
    {
        var api = SampleFleet.Create();
        var environment = new Dictionary<string, string> { ["HV_CONFIG"] = Path.Combine(_directory, "new", "config.yaml") };
        var login = await CliRun.Async(api, environment, ["login", "--url", "https://lab.example", "--token-stdin", "-v"], "123e4\n");
        Assert.True(login.ExitCode == 0, login.Error);
        Assert.Equal("Bearer 123e4", api.Headers["Authorization"]);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(environment["HV_CONFIG"]));
        var list = await CliRun.Async(api, environment, ["host", "list", "-v"]);
        var view = await CliRun.Async(api, environment, ["config", "view", "-o", "yaml"]);
        Assert.Equal("Bearer 123e4", api.Headers["Authorization"]);
        Assert.DoesNotContain("123e4", string.Concat(login.Out, login.Error, list.Out, list.Error, view.Out, view.Error));
        Assert.Equal("- name: lab.example\n  url: https://lab.example\n  current: true\n  hasToken: true\n", view.Out);
    }

    [Fact]
    public async Task A_login_that_the_platform_refuses_is_not_kept()
    {
        var api = new ScriptedApi().On("GET /v1/me", SampleFleet.Problem(401, "unauthenticated", "The token is not valid.", "Sign in."), System.Net.HttpStatusCode.Unauthorized);
        var environment = new Dictionary<string, string> { ["HV_CONFIG"] = Path.Combine(_directory, "config.yaml") };
        var login = await CliRun.Async(api, environment, ["login", "--url", "https://lab.example", "--token-stdin"], "old\n");
        Assert.Equal(ExitCodes.Forbidden, login.ExitCode);
        Assert.False(File.Exists(environment["HV_CONFIG"]));
    }

    [Fact]
    public async Task A_profile_that_gets_another_address_loses_its_token()
    {
        var environment = new Dictionary<string, string> { ["HV_CONFIG"] = Path.Combine(_directory, "config.yaml") };
        var api = SampleFleet.Create();
        await CliRun.Async(api, environment, ["login", "--url", "https://lab.example", "--profile", "lab", "--token-stdin"], "secret\n");
        await CliRun.Async(api, environment, ["config", "set", "lab", "--url", "https://other.example"]);
        await CliRun.Async(api, environment, ["host", "list"]);
        Assert.DoesNotContain("Authorization", api.Headers.Keys);
    }

    CliHost Host(string? config, string environment)
    {
        Directory.CreateDirectory(Path.Combine(_directory, ".hv", "data"));
        File.WriteAllText(Path.Combine(_directory, ".hv", "data", "access-token"), "local-token\n");
        var path = Path.Combine(_directory, "config.yaml");
        if (config is not null)
        {
            File.WriteAllText(path, config);
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        var variables = environment.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(v => v.Split('=')).ToDictionary(v => v[0], v => v[1]);
        variables["HV_CONFIG"] = path;
        variables["HV_ROOT"] = _directory;
        return new() { Out = new StringWriter(), Error = new StringWriter(), Variable = variables.GetValueOrDefault };
    }

    static string? Given(string text) => text.Length == 0 ? null : text;
}
