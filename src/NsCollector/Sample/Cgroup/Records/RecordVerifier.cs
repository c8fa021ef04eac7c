using System.Numerics;
using System.Text;
using Microsoft.Extensions.Logging;
using NsCollector.Catalogue;
using NsCollector.Linux.Interop;
using NsCollector.Telemetry;

namespace NsCollector.Sample.Cgroup.Records;

/// <summary>
/// Compares records with files: a file is read, then the record is written, then the file is read again. Only what both readings of the file
/// allow is compared: a gauge that is the same in both, a counter that did not fall. After <see cref="MaxMismatches"/> differences of a
/// field, its file is read for good. For the sampling thread.
/// </summary>
internal sealed class RecordVerifier
{
    /// <summary>So many differences of a field are permitted, less one.</summary>
    internal const int MaxMismatches = 3;

    // A gauge may change and change back within a bracket. At a memory limit that happens twice in a row once in a million comparisons.
    private const int MaxAttempts = 8;

    private const int FirstContainers = 8;
    private const long EveryNs = 60_000_000_000;

    private readonly RecordReader _reader;
    private readonly CgroupFilePlan _plan;
    private readonly CgroupFileDispatch _dispatch;
    private readonly AgentCounters _counters;
    private readonly RateLimitedLog _log;
    private readonly bool[] _hasFallenBack;
    private readonly int[] _mismatches = new int[64];
    private readonly long[] _compared = new long[64], _changed = new long[64], _inconclusive = new long[64], _last = new long[64];
    private readonly ContainerSample _before = new(), _record = new(), _after = new();
    private readonly CarriedState _carried;
    private readonly byte[] _text = GC.AllocateUninitializedArray<byte>(16 * 1024, pinned: true);
    private byte[] _path = new byte[4096 + 256];
    private int _next;
    private long _nextNs = long.MinValue;

    /// <param name="reader">Writes records.</param>
    /// <param name="plan">The files.</param>
    /// <param name="dispatch">Parses them.</param>
    /// <param name="counters">Counts comparisons.</param>
    /// <param name="log">Receives differences.</param>
    internal RecordVerifier(RecordReader reader, CgroupFilePlan plan, CgroupFileDispatch dispatch, AgentCounters counters, RateLimitedLog log)
    {
        _reader = reader;
        _plan = plan;
        _dispatch = dispatch;
        _counters = counters;
        _log = log;
        _hasFallenBack = new bool[plan.Files.Length];
        _carried = new CarriedState(plan.PageSizes.Length);
    }

    /// <summary>Whether a file is read for good, by its index.</summary>
    internal bool HasFallenBack(int index) => _hasFallenBack[index];

    /// <summary>How often a reading was compared, for how many of these it had another value than before, and how often nothing could be said.</summary>
    internal (long Compared, long Changed, long Inconclusive) CountsOf(Reading reading)
    {
        int bit = reading - _before.Scalars.First;
        return (_compared[bit], _changed[bit], _inconclusive[bit]);
    }

    /// <summary>Whether to compare again.</summary>
    internal bool IsDue(long nowNs) => nowNs >= _nextNs;

    /// <summary>Compares the next containers: at first several, later one.</summary>
    /// <returns>Whether numbers were compared, and none differed.</returns>
    internal bool Verify(ReadOnlySpan<ContainerCgroup?> containers, long nowNs, bool isTrusted)
    {
        _nextNs = nowNs + EveryNs;
        int left = isTrusted ? 1 : FirstContainers;
        bool hasCompared = false;
        long mismatches = _counters[AgentCounter.ReaderMismatches];
        for (int i = 0; i < containers.Length && left > 0; i++)
        {
            _next = _next + 1 < containers.Length ? _next + 1 : 0;
            if (containers[_next] is not { RecordIndex: >= 0 } cgroup) continue;
            left--;
            hasCompared |= VerifyContainer(cgroup, nowNs);
        }

        return hasCompared && mismatches == _counters[AgentCounter.ReaderMismatches];
    }

    /// <summary>Compares all files of a container.</summary>
    /// <returns>Whether any number was compared.</returns>
    internal bool VerifyContainer(ContainerCgroup cgroup, long nowNs)
    {
        bool hasCompared = false;
        for (int i = 0; i < cgroup.Exists.Length; i++)
        {
            if (cgroup.Exists[i] && _reader.Walks(i) && RecordSlots.Update(cgroup, i, _reader.Program) >= 0)
                hasCompared |= VerifyHierarchy(cgroup, i, nowNs);
        }

        return hasCompared;
    }

    private bool VerifyHierarchy(ContainerCgroup cgroup, int hierarchy, long nowNs)
    {
        int directory = Libc.Openat(Libc.AT_FDCWD, PathOf(cgroup, hierarchy, [0]), Libc.O_PATH | Libc.O_DIRECTORY);
        if (directory < 0) return false;
        int walk = _reader.Program.OpenWalk(directory, NativeShim.BpfWalkOrder.OnlyItself, hierarchy);
        bool hasCompared = false;
        for (int i = 0; i < _reader.Sources.Length && walk >= 0; i++)
        {
            if (_reader.Sources[i] != RecordSource.None && _plan.Files[i].Hierarchy == hierarchy && !_hasFallenBack[i])
                hasCompared |= VerifyFile(cgroup, i, directory, walk, nowNs);
        }

        if (walk >= 0) Libc.Close(walk);
        Libc.Close(directory);
        return hasCompared;
    }

    private bool VerifyFile(ContainerCgroup cgroup, int index, int directory, int walk, long nowNs)
    {
        CgroupFile file = _plan.Files[index];
        int descriptor = Libc.Openat(directory, file.NameWithNul);
        if (descriptor < 0) return false;
        bool hasCompared = false;

        ulong suspects = ulong.MaxValue;
        for (int attempt = 1; attempt <= MaxAttempts && suspects != 0; attempt++)
        {
            if (!ReadBracket(cgroup, index, descriptor, walk, nowNs)) break;
            suspects &= Compare(out int compared, out int inconclusive);
            hasCompared |= compared > 0;
            _counters.Add(AgentCounter.ReaderComparisons, compared);
            _counters.Add(AgentCounter.ReaderInconclusive, inconclusive);
            if (attempt == MaxAttempts) CountMismatches(suspects, index);
        }

        Libc.Close(descriptor);
        return hasCompared;
    }

    private bool ReadBracket(ContainerCgroup cgroup, int index, int descriptor, int walk, long nowNs)
    {
        CgroupFile file = _plan.Files[index];
        if (!ReadText(file, descriptor, _before, nowNs) || _reader.ReadOne(walk, file.Hierarchy) < 0) return false;
        RecordSource source = _reader.Sources[index];
        if (!_reader.TryGet(cgroup, RecordRules.PartOf(source), out int record)) return false;
        _record.Clear();
        var reading = new CgroupReading(_record, _carried, isWithLimits: false, nowNs);
        _reader.Dispatch.Apply(source, file, in _reader.Program.Record(record), ref reading);
        return ReadText(file, descriptor, _after, nowNs);
    }

    private bool ReadText(CgroupFile file, int descriptor, ContainerSample into, long nowNs)
    {
        into.Clear();
        int length = Libc.Pread(descriptor, _text, 0);
        if (length <= 0 || length == _text.Length) return false;
        var reading = new CgroupReading(into, _carried, isWithLimits: false, nowNs);
        _dispatch.Parse(file, _text.AsSpan(0, length), ref reading);
        return true;
    }

    /// <summary>Compares the three samples.</summary>
    /// <returns>Bit i is set if the reading i of the scalars differs.</returns>
    private ulong Compare(out int compared, out int inconclusive)
    {
        ReadingSet before = _before.Scalars, record = _record.Scalars, after = _after.Scalars;
        ulong differing = 0;
        compared = inconclusive = 0;
        for (ulong left = before.PresentBits | record.PresentBits | after.PresentBits; left != 0; left &= left - 1)
        {
            int bit = BitOperations.TrailingZeroCount(left);
            var reading = (Reading)((int)before.First + bit);
            bool isIn = before.Has(reading);
            bool isCounter = MetricCatalogue.FieldOf(reading).Kind == FieldKind.Counter;
            bool isComparable = isIn == after.Has(reading) && (!isIn || (isCounter ? before[reading] <= after[reading] : before[reading] == after[reading]));
            if (!isComparable)
            {
                inconclusive++;
                _inconclusive[bit]++;
                continue;
            }

            compared++;
            _compared[bit]++;
            if (isIn && _last[bit] != before[reading])
            {
                _changed[bit]++;
                _last[bit] = before[reading];
            }

            bool isEqual = record.Has(reading) == isIn && (!isIn || (record[reading] >= before[reading] && record[reading] <= after[reading]));
            if (!isEqual) differing |= 1UL << bit;
        }

        return differing;
    }

    private void CountMismatches(ulong differing, int index)
    {
        for (; differing != 0; differing &= differing - 1)
        {
            int bit = BitOperations.TrailingZeroCount(differing);
            var reading = (Reading)((int)_before.Scalars.First + bit);
            _counters.Add(AgentCounter.ReaderMismatches);
            bool isLast = ++_mismatches[bit] >= MaxMismatches;
            if (!isLast && !_log.Permits("mismatch", out _)) continue;
            string field = MetricCatalogue.FieldOf(reading).Name, name = Encoding.ASCII.GetString(_plan.Files[index].NameWithNul.AsSpan(..^1));
            _log.Logger.LogWarning(
                "BPF reads {Field} as {Record}, and {File} shows {Before} before and {After} after that. {Consequence}",
                field, Text(_record, reading), name, Text(_before, reading), Text(_after, reading),
                isLast ? "The agent reads this file from now on." : "If this happens more often, the agent reads the file.");
            _hasFallenBack[index] |= isLast;
        }
    }

    private static string Text(ContainerSample sample, Reading reading) =>
        sample.Scalars.TryGet(reading, out long value) ? value.ToString(System.Globalization.CultureInfo.InvariantCulture) : "nothing";

    private ReadOnlySpan<byte> PathOf(ContainerCgroup cgroup, int hierarchy, ReadOnlySpan<byte> nameWithNul)
    {
        byte[] directory = cgroup.Directories[hierarchy]!;
        if (directory.Length + nameWithNul.Length > _path.Length) Array.Resize(ref _path, directory.Length + nameWithNul.Length);
        directory.CopyTo(_path, 0);
        nameWithNul.CopyTo(_path.AsSpan(directory.Length));
        return _path.AsSpan(0, directory.Length + nameWithNul.Length);
    }
}
