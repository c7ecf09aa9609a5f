using HvPlatform.Contracts.Migrations;

namespace HvPlatform.Hypervisors.Forecasting;

/// <summary>
/// What the rounds of a transfer show of the guest's writing. A round begins with what was dirtied during the one before. A guest that goes on to new pages dirties
/// in proportion to the round's time; one that writes the same pages again dirties at most those, so its long rounds show a lower rate than its short ones.
/// </summary>
sealed class RoundHistory
{
    const int MostRounds = 4;
    const double LeastRoundMs = 150;
    const double LeastDirtySpread = 0.04;
    const double OneRoundSpread = 0.12;

    readonly Queue<(double Bytes, double Ms)> _ended = new();
    MigrationProgress? _last;
    double _beganMs;
    bool _seenBegin;

    /// <summary>What this round had to send, bytes.</summary>
    public double RoundBytes { get; private set; }

    /// <summary>Since this round began, ms.</summary>
    public double MsInRound(MigrationProgress now) => _seenBegin ? Math.Max(0, now.ElapsedMs - _beganMs) : 0;

    public void Take(MigrationProgress now)
    {
        var disk = (now.DiskTotalBytes ?? 0) - (now.DiskTransferredBytes ?? 0);
        if (disk > 0)
        {
            (_last, _beganMs, _seenBegin) = (now, now.ElapsedMs, true);
            return;
        }

        if (_last is { } last && now.Round > last.Round)
        {
            // The change lies between two reports: what was sent since belongs to the new round once the old one's rest is gone.
            var sentOfNew = Math.Max(0, now.TransferredBytes - last.TransferredBytes - last.RemainingBytes);
            RoundBytes = now.RemainingBytes + sentOfNew;
            if (_seenBegin && now.Round == last.Round + 1 && now.ElapsedMs - _beganMs >= LeastRoundMs)
            {
                _ended.Enqueue((RoundBytes, now.ElapsedMs - _beganMs));
                while (_ended.Count > MostRounds)
                {
                    _ended.Dequeue();
                }
            }

            (_beganMs, _seenBegin) = (now.ElapsedMs, true);
        }
        else if (_last is null || now.ElapsedMs < _last.ElapsedMs)
        {
            // Of a transfer that was joined in a later round, the round's begin is not known.
            (_beganMs, _seenBegin) = (now.ElapsedMs, now.Round <= 1);
            RoundBytes = now.RemainingBytes;
        }

        _last = now;
    }

    /// <summary>Rate, working set and relative spread of the rate; null before the first round ended.</summary>
    public (double BytesPerSecond, double SetBytes, double Spread)? Dirtying(MigrationProgress now)
    {
        var reported = now.Round > 1 && now.DirtyBytesPerSecond is > 0 ? now.DirtyBytesPerSecond.Value : (double?)null;
        if (_ended.Count == 0)
        {
            return reported is { } r ? (r, double.MaxValue, 2 * OneRoundSpread) : null;
        }

        var rates = _ended.Select(e => e.Bytes * 1000 / e.Ms).ToList();
        var newest = rates[^1];
        var fastest = rates.Max();
        var longest = _ended.MaxBy(e => e.Ms);
        var spread = rates.Count == 1 ? OneRoundSpread : Math.Max(LeastDirtySpread, Math.Abs(rates[^1] - rates[^2]) / Math.Max(rates[^1], rates[^2]) / 2);
        var saturated = longest.Bytes * 1000 / longest.Ms < 0.75 * fastest && longest.Bytes < 1.5 * _ended.Last().Bytes;
        return saturated ? (fastest, _ended.Max(e => e.Bytes), spread) : (newest, double.MaxValue, spread);
    }
}
