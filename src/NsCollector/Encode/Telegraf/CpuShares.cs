using NsCollector.Catalogue;
using NsCollector.Sample;

namespace NsCollector.Encode.Telegraf;

/// <summary>The fields of the measurement cpu that Telegraf computes from two readings of /proc/stat (plugins/inputs/cpu): shares of the elapsed CPU time, in percent.</summary>
internal sealed class CpuShares
{
    private static readonly byte[][] Names =
    [
        "usage_user="u8.ToArray(), "usage_nice="u8.ToArray(), "usage_system="u8.ToArray(), "usage_idle="u8.ToArray(), "usage_iowait="u8.ToArray(),
        "usage_irq="u8.ToArray(), "usage_softirq="u8.ToArray(), "usage_steal="u8.ToArray(), "usage_guest="u8.ToArray(), "usage_guest_nice="u8.ToArray(),
    ];

    /// <summary>The names of the shares of one mode.</summary>
    internal static IEnumerable<string> All => Names.Select(name => System.Text.Encoding.ASCII.GetString(name.AsSpan(0, name.Length - 1)));

    private const int User = 0, Nice = 1, Idle = 3, Steal = 7, Guest = 8, GuestNice = 9;

    private readonly long[] _before = new long[Names.Length];
    private bool _hasBefore;

    /// <summary>Adds <c>time_active</c> and, from the second reading on, the shares. Nothing if a time is not known.</summary>
    internal void Write(ref TelegrafPoint point, ReadingSet cpu)
    {
        Span<long> delta = stackalloc long[Names.Length];
        long busy = 0, elapsed = 0;
        for (int i = 0; i < Names.Length; i++)
        {
            if (!cpu.TryGet(Reading.HostCpuUserNs + (ushort)i, out long now))
            {
                _hasBefore = false;
                return;
            }

            delta[i] = now - _before[i];
            _before[i] = now;

            // The times as a guest are part of user and nice.
            if (i > Steal) continue;
            elapsed += delta[i];
            if (i != Idle) busy += now;
        }

        point.Float("time_active="u8, busy / 1e9);
        bool hadBefore = _hasBefore;
        _hasBefore = true;
        if (!hadBefore || elapsed <= 0) return;
        delta[User] -= delta[Guest];
        delta[Nice] -= delta[GuestNice];
        for (int i = 0; i < Names.Length; i++) point.Float(Names[i], 100.0 * delta[i] / elapsed);
        point.Float("usage_active="u8, 100.0 * (elapsed - delta[Idle]) / elapsed);
    }
}
