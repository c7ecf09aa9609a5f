using HvPlatform.Events;
using Xunit;

namespace HvPlatform.UnitTests.Events;

public sealed class AppendCoalescerTests
{
    [Fact]
    public void A_group_waits_for_the_writers_of_the_last_one_a_quarter_of_its_commit()
    {
        Assert.Equal(TimeSpan.FromMilliseconds(1), AppendCoalescer.GatheringTime(TimeSpan.FromMilliseconds(4)));
    }

    [Fact]
    public void A_commit_that_waited_long_for_the_append_lock_makes_the_next_group_wait_no_longer_than_any_other()
    {
        Assert.Equal(AppendCoalescer.GatheringTime(TimeSpan.FromMilliseconds(40)), AppendCoalescer.GatheringTime(TimeSpan.FromSeconds(30)));
    }
}
