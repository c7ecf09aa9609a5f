namespace HvPlatform.HostAgent.Questions;

/// <summary>How many questions one host answers at a time. Nobody waits for a place: waiting questions would keep the host's commands from being read.</summary>
sealed class QuestionPlaces(int count)
{
    int _taken;

    /// <summary>All of them, taken or free.</summary>
    public int Count { get; } = count;

    /// <summary>False if all are taken; otherwise <see cref="Leave"/> gives it back.</summary>
    public bool TryTake()
    {
        if (Interlocked.Increment(ref _taken) <= Count)
        {
            return true;
        }

        Leave();
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _taken);
}
