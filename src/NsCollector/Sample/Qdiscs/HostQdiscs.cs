using NsCollector.Linux.Netlink;
using NsCollector.Telemetry;

namespace NsCollector.Sample.Qdiscs;

/// <summary>The queueing disciplines of the agent's own network namespace, for the host's ends of the containers' interfaces.</summary>
/// <remarks>For the sampling thread. A steady reading allocates nothing.</remarks>
/// <param name="options">The limits.</param>
/// <param name="counters">Counts ReadErrors and QdiscsOverLimit.</param>
internal sealed class HostQdiscs(QdiscOptions options, AgentCounters counters)
{
    // About 300 bytes each: more than 50,000.
    private const int FirstBytes = 1 << 16, MaxBytes = 1 << 24;

    private readonly QdiscTags _tags = new("host");

    // Where the messages of each interface begin in the answer, which has them one after the other.
    private readonly Dictionary<int, int> _begins = [];
    private NetlinkRequest? _request;
    private bool _isRead;

    /// <summary>Reads all of them.</summary>
    internal void Read()
    {
        NetlinkRequest request = _request ??= Qdisc.CreateRequest(FirstBytes);
        int error = request.SendHere();
        for (; error == 0 && request.IsTruncated && request.AnswerBytes < MaxBytes; error = request.SendHere()) request.EnlargeAnswer();
        _begins.Clear();
        _isRead = error == 0;
        if (!_isRead) counters.Add(AgentCounter.ReadErrors);
        else if (request.IsTruncated) counters.Add(AgentCounter.QdiscsOverLimit);
        if (!_isRead) return;
        int last = 0;
        NetlinkMessages messages = request.Answer;
        while (messages.MoveNext())
        {
            // One without a queue may have another for what arrives (clsact).
            if (!Qdisc.TryParse(in messages, out Qdisc qdisc) || qdisc.IsNoqueue || qdisc.Interface == last) continue;
            last = qdisc.Interface;
            _begins.TryAdd(last, messages.Offset);
        }
    }

    /// <summary>Adds those of one of the host's interfaces to a container's sample.</summary>
    /// <param name="peer">The index of the interface.</param>
    /// <param name="name">The name of the container's end.</param>
    /// <param name="sample">Receives a row for each.</param>
    internal void AddTo(int peer, byte[] name, ContainerSample sample)
    {
        if (!_isRead || !_begins.TryGetValue(peer, out int begin)) return;
        NetlinkMessages messages = _request!.AnswerFrom(begin);
        while (messages.MoveNext())
        {
            if (!Qdisc.TryParse(in messages, out Qdisc qdisc)) continue;
            if (qdisc.Interface != peer) return;
            if (!qdisc.IsNoqueue) NamespaceQdiscs.Add(sample, name, in qdisc, _tags, options.MaxQdiscs, counters);
        }
    }
}
