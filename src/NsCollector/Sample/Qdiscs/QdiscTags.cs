using System.Globalization;
using System.Text;

namespace NsCollector.Sample.Qdiscs;

/// <summary>
/// The tags of queueing disciplines beside the interface: side, kind and parent. Each combination is allocated once. An interface has
/// one at each place (parent), so that the handle, which the kernel may choose anew each time, is no tag.
/// </summary>
/// <param name="side">Which end of the interface: <c>container</c> or <c>host</c>.</param>
internal sealed class QdiscTags(string side)
{
    // TC_H_ROOT, and TC_H_INGRESS, which is TC_H_CLSACT too (include/uapi/linux/pkt_sched.h).
    private const uint Root = 0xffffffff, Ingress = 0xfffffff1;

    // A container chooses the handles of its own, so there may be any number.
    private const int MaxCombinations = 4096;

    private readonly Dictionary<(ulong Kind, uint Parent), byte[][]> _known = [];
    private readonly byte[] _side = Encoding.ASCII.GetBytes(side);

    /// <summary>The values of the tags <c>side</c>, <c>kind</c> and <c>parent</c>.</summary>
    internal byte[][] Of(in Qdisc qdisc)
    {
        (ulong, uint) key = (Fnv1a.Hash(qdisc.Kind), qdisc.Parent);
        if (_known.TryGetValue(key, out byte[][]? tags)) return tags;
        if (_known.Count >= MaxCombinations) _known.Clear();
        return _known[key] = [_side, qdisc.Kind.ToArray(), Encoding.ASCII.GetBytes(TextOf(qdisc.Parent))];
    }

    // As tc(8) writes it.
    private static string TextOf(uint parent) => parent switch
    {
        Root => "root",
        Ingress => "ingress",
        _ => string.Create(CultureInfo.InvariantCulture, $"{parent >> 16:x}:{parent & 0xffff:x}"),
    };
}
