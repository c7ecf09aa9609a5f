using HvPlatform.HostAgent;
using HvPlatform.ServiceKit;
using Xunit;

namespace HvPlatform.UnitTests.HostAgent;

public sealed class HostAgentArgumentsTests
{
    [Fact]
    public void Short_options_become_configuration_and_others_pass() => Assert.Equal(
        ["--Hv:Agents:0:Driver=libvirt", "--Hv:Agents:0:Uri=qemu:///system?a=b", "--Hv:Agents:0:SharedPaths:0=/srv/a", "--Hv:Agents:0:SharedPaths:1=/srv/b", "--Hv:Urls", "http://x"],
        HostAgentArguments.ToConfiguration(["--driver", "libvirt", "--uri=qemu:///system?a=b", "--shared-path", "/srv/a", "--shared-path=/srv/b", "--Hv:Urls", "http://x"]));

    [Fact]
    public void Option_without_a_value_is_a_start_up_error_with_the_usage() =>
        Assert.Contains("Usage:", Assert.Throws<HvStartupException>(() => HostAgentArguments.ToConfiguration(["--driver"])).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("--Hv:Agents:0:HyperV:Password=secret1")]
    [InlineData("--hv:agents:0:hyperv:password", "secret1")]
    [InlineData("/Hv:Agents:0:HyperV:Password", "secret1")]
    [InlineData("Hv:Agents:0:HyperV:Password=secret1")]
    public void A_password_on_the_command_line_is_refused_and_not_repeated(params string[] args)
    {
        var error = Assert.Throws<HvStartupException>(() => HvHost.Build(HostAgentArguments.ToConfiguration(args), []));
        Assert.Contains("PasswordFile", error.Message, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("secret1", error.Message, StringComparison.Ordinal);
    }
}
