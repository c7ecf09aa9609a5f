using System.Diagnostics;

namespace HvPlatform.TestKit;

/// <summary>The one way tests wait.</summary>
public static class Eventually
{
    /// <summary>Polls until the condition holds; fails with what was last seen.</summary>
    public static async Task Until(Func<Task<bool>> condition, string what, int timeoutSeconds = 20, Func<Task<string>>? lastSeen = null)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            if (await condition())
            {
                return;
            }

            if (clock.Elapsed.TotalSeconds > timeoutSeconds)
            {
                throw new TimeoutException($"After {timeoutSeconds} s still not: {what}{(lastSeen is null ? "" : $"; last seen: {await lastSeen()}")}");
            }

            await Task.Delay(25);
        }
    }

    /// <summary>As <see cref="Until(Func{Task{bool}},string,int,Func{Task{string}}?)"/> for a condition that needs no await.</summary>
    public static Task Until(Func<bool> condition, string what, int timeoutSeconds = 20) => Until(() => Task.FromResult(condition()), what, timeoutSeconds);
}
