using System.Net;
using HvPlatform.Orchestrator.Webhooks;
using Xunit;

namespace HvPlatform.UnitTests.Orchestrator;

/// <summary>Where webhooks may go, how they are signed and how long they are tried.</summary>
public sealed class WebhookRuleTests
{
    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("172.32.0.1", true)]
    [InlineData("2606:4700::1111", true)]
    [InlineData("0.0.0.0", false)]
    [InlineData("10.255.0.1", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("127.8.9.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("192.168.1.1", false)]
    [InlineData("198.19.0.1", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::", false)]
    [InlineData("::1", false)]
    [InlineData("::ffff:127.0.0.1", false)]
    [InlineData("::ffff:8.8.8.8", true)]
    [InlineData("::127.0.0.1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fd00:ec2::254", false)]
    [InlineData("64:ff9b::7f00:1", false)]
    [InlineData("2002:7f00:1::", false)]
    [InlineData("2001::1", false)]
    [InlineData("2001:db8::1", false)]
    [InlineData("ff02::1", false)]
    public void Only_addresses_of_the_public_Internet_are_public(string address, bool isPublic) => Assert.Equal(isPublic, WebhookAddress.IsPublic(IPAddress.Parse(address)));

    [Fact]
    public void The_signature_covers_the_time_and_the_body_and_is_made_with_each_secret() => Assert.Equal(
        "t=1700000000,v1=35495024f4ef3f94e5a93e22221544c4b75e9a42300cd965ab81cb85cd994e91",
        WebhookSignature.Of(["whsec_test"], DateTimeOffset.FromUnixTimeSeconds(1_700_000_000), "{}"));

    [Fact]
    public void Pauses_double_up_to_the_longest_and_the_end_comes_after_a_day()
    {
        var options = new WebhookOptions();
        var now = DateTimeOffset.UnixEpoch;
        WebhookVerdict After(int attempts, TimeSpan age, double chance = 0.5) => WebhookVerdict.Of(
            new WebhookTarget(Guid.Empty, "http://example.org/", [], attempts, 0), new WebhookDue(Guid.Empty, "x", "", attempts, now + options.GiveUpAfter), options, now + age, chance);

        Assert.Equal([5, 10, 20, 40], Enumerable.Range(0, 4).Select(n => After(n, TimeSpan.Zero).Retry.TotalSeconds));
        Assert.Equal(options.LongestRetry, After(50, TimeSpan.Zero).Retry);
        Assert.Equal((4, 6), (After(0, TimeSpan.Zero, 0).Retry.TotalSeconds, After(0, TimeSpan.Zero, 1).Retry.TotalSeconds));
        Assert.False(After(20, TimeSpan.FromHours(22)).Dead);
        Assert.True(After(20, TimeSpan.FromHours(23.5)).Dead);
    }

    [Fact]
    public void The_webhook_is_paused_when_too_many_in_a_row_are_dead()
    {
        var options = new WebhookOptions { PauseAfterDead = 3 };
        WebhookVerdict After(int dead) => WebhookVerdict.Of(
            new WebhookTarget(Guid.Empty, "http://example.org/", [], 9, dead), new WebhookDue(Guid.Empty, "x", "", 9, DateTimeOffset.UnixEpoch), options, DateTimeOffset.UnixEpoch, 0.5);

        Assert.Null(After(1).PauseReason);
        Assert.Equal("3 deliveries in a row were given up.", After(2).PauseReason);
    }
}
