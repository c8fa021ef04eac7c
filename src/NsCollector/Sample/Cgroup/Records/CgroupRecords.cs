using Microsoft.Extensions.Logging;
using NsCollector.Linux.Bpf;
using NsCollector.Linux.Interop;
using NsCollector.Telemetry;
using static NsCollector.Sample.Cgroup.ContainerCgroup;

namespace NsCollector.Sample.Cgroup.Records;

/// <summary>
/// Takes readings of containers from records that a BPF program has written in one pass, instead of from files. A file is replaced only
/// after records were compared with files (<see cref="RecordVerifier"/>), and until they differed.
/// </summary>
/// <remarks>For the sampling thread, except for <see cref="TryApply"/>, which readers call between two passes.</remarks>
internal sealed class CgroupRecords : IDisposable
{
    private const int FirstCapacity = 512;
    private const int MaxCapacity = 16_384;

    // With agent.spread, the parts of a cycle use one pass if they are close.
    private const long MinPassIntervalNs = 500_000_000;

    private readonly RecordReader _reader;
    private readonly RecordSlots _slots = new();
    private readonly RecordVerifier _verifier;
    private readonly CgroupFile[] _files;
    private readonly HeldFiles _held;
    private readonly AgentCounters _counters;
    private readonly RateLimitedLog _log;
    private readonly bool[] _isReplaced;
    private RecordParts _lookParts;
    private long _passNs = long.MinValue;
    private bool _isPassValid;
    private bool _isTrusted;
    private bool _mayGrow = true;

    private CgroupRecords(RecordReader reader, CgroupFilePlan plan, HeldFiles held, CgroupFileDispatch dispatch, AgentCounters counters, ILogger logger)
    {
        _reader = reader;
        _files = plan.Files;
        _held = held;
        _counters = counters;
        _log = new RateLimitedLog(logger);
        _slots.Resize(reader.Program.Capacity);
        _isReplaced = [.. reader.Sources.Select(source => source != RecordSource.None)];
        _verifier = new RecordVerifier(reader, plan, dispatch, counters, _log);
    }

    /// <summary>How many files of each container are replaced.</summary>
    internal int ReplacedFiles => _isTrusted ? _isReplaced.Count(replaced => replaced) : 0;

    /// <summary>Whether records are used: they agreed with files.</summary>
    internal bool IsTrusted => _isTrusted;

    /// <summary>By the index of a file: what replaces it. Tests change it.</summary>
    internal RecordSource[] Sources => _reader.Sources;

    /// <summary>Compares records with files.</summary>
    internal RecordVerifier Verifier => _verifier;

    /// <summary>The longest round of the last pass, about.</summary>
    internal long LongestRoundNs => _reader.LongestRoundNs;

    /// <summary>Loads the program.</summary>
    /// <param name="options">Whether to use it.</param>
    /// <param name="plan">The files.</param>
    /// <param name="held">Held files that are not read any more are closed.</param>
    /// <param name="dispatch">Parses the files that records are compared with.</param>
    /// <param name="counters">Counts differences and failures.</param>
    /// <param name="logger">Says what is used, and why.</param>
    /// <returns>Null if files are read.</returns>
    internal static CgroupRecords? Create(
        SampleOptions options, CgroupFilePlan plan, HeldFiles held, CgroupFileDispatch dispatch, AgentCounters counters, ILogger logger)
    {
        if (options.CgroupReader == CgroupReaderMode.Files) return null;
        if (RecordReader.TryOpen(plan, options, FirstCapacity, out string reason) is not { } reader)
        {
            LogLevel level = options.CgroupReader == CgroupReaderMode.Bpf ? LogLevel.Warning : LogLevel.Information;
            logger.Log(level, "Cannot read cgroups by BPF: {Reason}. The agent reads their files instead.", reason);
            return null;
        }

        int replaced = reader.Sources.Count(source => source != RecordSource.None);
        logger.LogInformation("Cgroups are read by BPF: it replaces {Files} files of each container, once they have been compared.", replaced);
        if (reader.WithoutMemoryStat.Length > 0) logger.LogInformation("memory.stat is read from its file: {Reason}.", reader.WithoutMemoryStat);
        return new CgroupRecords(reader, plan, held, dispatch, counters, logger);
    }

    /// <summary>Adds a container.</summary>
    internal void Add(ContainerCgroup cgroup)
    {
        // The topmost cgroup has other numbers in its files than in the kernel's structures.
        if (cgroup.Container.IsParent) return;
        if (_slots.IsFull) Grow();
        _slots.Add(cgroup, _reader.Pass + 1);
    }

    /// <summary>Removes a container. May be called again.</summary>
    internal void Remove(ContainerCgroup cgroup) => _slots.Remove(cgroup, _reader.Program);

    /// <summary>Reads all containers, before they are sampled.</summary>
    /// <param name="isCycle">Whether a cycle begins; else one of its later parts.</param>
    /// <param name="nowNs">The monotonic clock.</param>
    internal void BeginPass(bool isCycle, long nowNs)
    {
        if (!isCycle && nowNs < _passNs + MinPassIntervalNs) return;

        // Before any container is sampled, so that files which records replace are not opened at all: each would leave its dentry and
        // inode behind, which are charged to the agent.
        if (!_isTrusted && isCycle) Compare(nowNs);
        int error = 0;
        foreach (ContainerCgroup? owner in _slots.Owners)
        {
            if (owner is null) continue;
            for (int i = 0; i < owner.WantedInodes.Length; i++)
            {
                if (_reader.Walks(i)) error = Math.Min(error, RecordSlots.Update(owner, i, _reader.Program));
            }
        }

        int read = _reader.Read();
        _passNs = nowNs;
        _isPassValid = read >= 0;
        if (Math.Min(error, read) is < 0 and int failed) CountFailure(failed);
    }

    /// <summary>At the end of a cycle: compares some records with files, if that is due.</summary>
    internal void EndCycle(long nowNs)
    {
        if (_isTrusted && _verifier.IsDue(nowNs)) Compare(nowNs);
    }

    /// <summary>Sets the readings of a file from the container's record, if it is replaced and the record is new. From any reader.</summary>
    /// <returns>False: the file has to be read.</returns>
    internal bool TryApply(ContainerCgroup cgroup, int index, ref CgroupReading reading)
    {
        if (!_isTrusted || !_isPassValid || !_isReplaced[index]) return false;
        RecordSource source = _reader.Sources[index];
        if (!_reader.TryGet(cgroup, RecordRules.PartOf(source), out int record) || !RecordDispatch.IsWhole(source, in _reader.Program.Record(record))) return false;
        _reader.Dispatch.Apply(source, _files[index], in _reader.Program.Record(record), ref reading);
        if (cgroup.Files[index] != FileState.Unknown) _held.Release(cgroup, index, FileState.Unknown);
        return true;
    }

    /// <summary>Whether looks between two samples can take the number of a file from a container's record.</summary>
    /// <param name="cgroup">The container.</param>
    /// <param name="file">The file.</param>
    /// <param name="part">Where in the record it is.</param>
    internal bool CanLook(ContainerCgroup cgroup, CgroupFile file, out RecordParts part)
    {
        part = RecordParts.None;
        if (!_isTrusted || !_isPassValid || !_reader.Program.CanLook) return false;
        for (int i = 0; i < _files.Length; i++)
        {
            if (ReferenceEquals(_files[i], file) && _isReplaced[i]) part = RecordRules.LookPartOf(_reader.Sources[i]);
        }

        return part != RecordParts.None && _reader.TryGet(cgroup, part, out _);
    }

    /// <summary>Reads all containers for a look.</summary>
    /// <param name="parts">What is needed.</param>
    internal void Look(RecordParts parts)
    {
        if (_reader.Look(parts) is < 0 and int failed) CountFailure(failed);
    }

    /// <summary>Whether the last look has read a part of a container.</summary>
    /// <param name="cgroup">The container.</param>
    /// <param name="part">The part.</param>
    /// <param name="index">For <see cref="LookOf"/>.</param>
    internal bool TryGetLook(ContainerCgroup cgroup, RecordParts part, out int index) =>
        _reader.TryGetLook(cgroup, part, out index) && _isTrusted && (_lookParts & part) == part;

    /// <summary>What the last look has read.</summary>
    internal ref readonly LookRecord LookOf(int index) => ref _reader.Program.LookOf(index);

    /// <summary>Unloads the program.</summary>
    public void Dispose() => _reader.Dispose();

    private void Compare(long nowNs)
    {
        // What is compared is read again, so that no sample can use the last pass any more.
        _isPassValid = false;
        _isTrusted |= _verifier.Verify(_slots.Owners, nowNs, _isTrusted);
        _lookParts = RecordParts.None;
        for (int i = 0; i < _isReplaced.Length; i++)
        {
            _isReplaced[i] = _isReplaced[i] && !_verifier.HasFallenBack(i);
            if (_isReplaced[i]) _lookParts |= RecordRules.LookPartOf(_reader.Sources[i]);
        }
    }

    private void Grow()
    {
        int capacity = Math.Min(_reader.Program.Capacity * 2, MaxCapacity);
        if (!_mayGrow || capacity <= _reader.Program.Capacity) return;
        _isPassValid = false;
        if (!_reader.TryGrow(capacity, out string reason))
        {
            _mayGrow = false;
            _log.Logger.LogWarning("There is no room for further records of cgroups: {Reason}. The agent reads the files of further containers.", reason);
            return;
        }

        _slots.Resize(capacity);
        _slots.ForgetWanted();
    }

    private void CountFailure(int error)
    {
        _counters.Add(AgentCounter.ReadErrors);
        if (!_log.Permits("pass", out _)) return;
        _log.Logger.LogWarning("A pass over the cgroups by BPF failed ({Error}). The agent reads files in this cycle.", Errno.Name(-error));
    }
}
