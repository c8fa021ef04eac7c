using System.Text;
using NsCollector.Catalogue;
using NsCollector.Linux.Bpf;
using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Interop;

namespace NsCollector.Sample.Cgroup.Records;

/// <summary>
/// The loaded program, the hierarchies that it walks over, and what it found out about this kernel. Errors are values: without BPF there is a
/// reason, and files are read.
/// </summary>
internal sealed class RecordReader : IDisposable
{
    // Before Linux 6.7 a round holds cgroup_mutex, for which the creation and removal of every cgroup waits; later it is in an RCU section.
    private const long MaxRoundNs = 700_000;

    // What is not reached is read from files: an iterator cannot resume, so each round skips what the ones before have visited.
    private const int MaxRounds = 64;
    private const int MaxRoundsWithMutex = 16;

    private readonly CgroupFilePlan _plan;

    // By hierarchy; -1 where nothing is read by BPF.
    private readonly int[] _walks;
    private BpfCgroupReader _program;
    private int _flushFile = -1;
    private ulong _pass, _look;

    private RecordReader(CgroupFilePlan plan, BpfCgroupReader program, KernelFacts facts, SampleOptions options)
    {
        _plan = plan;
        _program = program;
        _walks = new int[plan.Hierarchies.Length];
        _walks.AsSpan().Fill(-1);
        MemoryStatLayout? layout = MemoryStatLayout.Find(facts, out string reason);
        ReadingSet shown = OpenMemoryStat();
        Dispatch = new RecordDispatch(facts, layout, shown);
        if (layout is not null && !Dispatch.HasMemoryStat) reason = "it has a field whose place in the kernel is not known";
        if (_flushFile < 0 || !Dispatch.HasMemoryStat) layout = null;
        WithoutMemoryStat = reason;
        Sources = [.. plan.Files.Select(file => RecordRules.SourceOf(file, facts, layout, options))];
    }

    /// <summary>By the index of a file: what replaces it.</summary>
    internal RecordSource[] Sources { get; }

    /// <summary>Sets readings from records.</summary>
    internal RecordDispatch Dispatch { get; }

    /// <summary>Why memory.stat is read from its file; empty if it is not.</summary>
    internal string WithoutMemoryStat { get; }

    /// <summary>The program.</summary>
    internal BpfCgroupReader Program => _program;

    /// <summary>The number of the last pass.</summary>
    internal ulong Pass => _pass;

    /// <summary>The longest round of the last pass.</summary>
    internal long LongestRoundNs { get; private set; }

    /// <summary>Loads the program and finds out what it can read.</summary>
    /// <param name="plan">The files.</param>
    /// <param name="options">What is read.</param>
    /// <param name="capacity">How many records there are.</param>
    /// <param name="reason">Why it is not possible; empty if it is.</param>
    internal static RecordReader? TryOpen(CgroupFilePlan plan, SampleOptions options, int capacity, out string reason)
    {
        if (BpfCgroupReader.TryOpen(capacity, out reason) is not { } program) return null;
        if (FindFacts(program, plan, out reason) is { } facts)
        {
            var reader = new RecordReader(plan, program, facts, options);
            if (reader.OpenWalks(out reason)) return reader;
            reader.Dispose();
            return null;
        }

        program.Dispose();
        return null;
    }

    /// <summary>Whether files of a hierarchy are replaced.</summary>
    internal bool Walks(int hierarchy) => _walks[hierarchy] >= 0;

    /// <summary>Reads all wanted cgroups.</summary>
    /// <returns>0 or the first -errno.</returns>
    internal int Read()
    {
        Flush();
        _pass++;
        LongestRoundNs = 0;
        int error = 0, rounds = _program.HoldsMutex ? MaxRoundsWithMutex : MaxRounds;
        for (int i = 0; i < _walks.Length; i++)
        {
            if (_walks[i] < 0) continue;
            int result = _program.Walk(_walks[i], NativeShim.BpfWalkOrder.AllBelow, i, _pass, rounds, MaxRoundNs, out NativeShim.BpfWalkResult walk);
            if (result < 0 && error == 0) error = result;
            LongestRoundNs = Math.Max(LongestRoundNs, (long)walk.LongestRoundNs);
        }

        return error;
    }

    /// <summary>Reads one cgroup.</summary>
    /// <param name="walk">From <see cref="BpfCgroupReader.OpenWalk"/>.</param>
    /// <param name="hierarchy">Its hierarchy.</param>
    /// <returns>0 or -errno.</returns>
    internal int ReadOne(int walk, int hierarchy)
    {
        Flush();
        return _program.Walk(walk, NativeShim.BpfWalkOrder.OnlyItself, hierarchy, ++_pass, 1, MaxRoundNs, out _);
    }

    /// <summary>The record of a container, if a pass has written these parts of it since it was this container's, and no later pass began.</summary>
    internal bool TryGet(ContainerCgroup cgroup, RecordParts parts, out int index)
    {
        index = cgroup.RecordIndex;
        if (index < 0) return false;
        ref readonly CgroupRecord record = ref _program.Record(index);
        return record.Pass == _pass && record.Pass >= cgroup.RecordFromPass && (record.Filled & parts) == parts;
    }

    /// <summary>Reads what a look between two samples needs, of all wanted cgroups. Their records stay those of the last pass.</summary>
    /// <param name="parts">What is needed.</param>
    /// <returns>0 or -errno.</returns>
    internal int Look(RecordParts parts)
    {
        return _program.Look(++_look, parts, MaxRounds, MaxRoundNs);
    }

    /// <summary>Whether the last look has read a part of a container.</summary>
    /// <param name="cgroup">The container.</param>
    /// <param name="part">The part.</param>
    /// <param name="index">Of the record.</param>
    internal bool TryGetLook(ContainerCgroup cgroup, RecordParts part, out int index)
    {
        index = cgroup.RecordIndex;
        if (index < 0) return false;
        ref readonly LookRecord look = ref _program.LookOf(index);
        return look.Look == _look && look.Pass >= cgroup.RecordFromPass && (look.Filled & part) == part;
    }

    /// <summary>Loads the program again with more records.</summary>
    /// <returns>Whether that was possible; else everything is as before.</returns>
    internal bool TryGrow(int capacity, out string reason)
    {
        if (BpfCgroupReader.TryOpen(capacity, out reason) is not { } larger) return false;
        BpfCgroupReader before = _program;
        int[] walks = [.. _walks];
        _program = larger;
        if (!OpenWalks(out reason))
        {
            CloseWalks();
            walks.CopyTo(_walks, 0);
            _program = before;
            larger.Dispose();
            return false;
        }

        foreach (int walk in walks) Close(walk);
        before.Dispose();
        return true;
    }

    /// <summary>Closes everything.</summary>
    public void Dispose()
    {
        CloseWalks();
        Close(_flushFile);
        _flushFile = -1;
        _program.Dispose();
    }

    private static KernelFacts? FindFacts(BpfCgroupReader program, CgroupFilePlan plan, out string reason)
    {
        reason = "there is no cgroup hierarchy";
        foreach (CgroupHierarchy hierarchy in plan.Hierarchies)
        {
            int walk = OpenWalk(program, hierarchy, 0, NativeShim.BpfWalkOrder.OnlyItself, out reason);
            if (walk < 0) continue;
            int result = program.Walk(walk, NativeShim.BpfWalkOrder.OnlyItself, 0, 0, 1, MaxRoundNs, out _);
            Close(walk);
            if (result >= 0 && program.Facts() is { } facts) return facts;
            reason = result < 0 ? $"a walk over cgroups failed ({Errno.Name(-result)})" : "the program was not run";
        }

        return null;
    }

    private static int OpenWalk(BpfCgroupReader program, CgroupHierarchy hierarchy, int index, NativeShim.BpfWalkOrder order, out string reason)
    {
        int directory = Libc.Openat(Libc.AT_FDCWD, Encoding.UTF8.GetBytes(hierarchy.MountPoint + "\0"), Libc.O_PATH | Libc.O_DIRECTORY);
        int walk = directory < 0 ? directory : program.OpenWalk(directory, order, index);
        Close(directory);
        reason = walk < 0 ? $"a walk over the cgroups of {hierarchy.MountPoint} cannot begin ({Errno.Name(-walk)})" : "";
        return walk;
    }

    private static void Close(int descriptor)
    {
        if (descriptor >= 0) Libc.Close(descriptor);
    }

    private bool OpenWalks(out string reason)
    {
        reason = "";
        for (int i = 0; i < _walks.Length; i++)
        {
            _walks[i] = -1;
            if (!IsWalked(i)) continue;
            _walks[i] = OpenWalk(_program, _plan.Hierarchies[i], i, NativeShim.BpfWalkOrder.AllBelow, out reason);
            if (_walks[i] < 0) return false;
        }

        return true;
    }

    private bool IsWalked(int hierarchy)
    {
        for (int i = 0; i < Sources.Length; i++)
        {
            if (Sources[i] != RecordSource.None && _plan.Files[i].Hierarchy == hierarchy) return true;
        }

        return false;
    }

    private void CloseWalks()
    {
        for (int i = 0; i < _walks.Length; i++)
        {
            Close(_walks[i]);
            _walks[i] = -1;
        }
    }

    /// <summary>Holds memory.stat of the topmost cgroup open, and parses it: what it shows, every other one shows too.</summary>
    private ReadingSet OpenMemoryStat()
    {
        var shown = ReadingSet.Of(SamplePart.Info, SamplePart.Scalars);
        int index = Array.FindIndex(_plan.Files, file => file.Kind == CgroupFileKind.MemoryStat);
        if (index < 0) return shown;
        string path = _plan.Hierarchies[_plan.Files[index].Hierarchy].MountPoint + "/memory.stat\0";
        _flushFile = Libc.Openat(Libc.AT_FDCWD, Encoding.UTF8.GetBytes(path));
        if (_flushFile < 0) return shown;
        byte[] text = new byte[16 * 1024];
        int length = Libc.Pread(_flushFile, text, 0);
        if (length > 0) new MemoryStatParser(_plan.UnifiedMemory).Parse(text.AsSpan(0, length), shown);
        return shown;
    }

    /// <summary>
    /// Makes the kernel add up what each processor has counted: reading memory.stat of a cgroup does that for all below
    /// (mem_cgroup_flush_stats, mm/memcontrol.c). A program cannot: the kernel does not trust the pointer that it has.
    /// </summary>
    private void Flush()
    {
        if (_flushFile < 0) return;
        Span<byte> text = stackalloc byte[64];
        Libc.Pread(_flushFile, text, 0);
    }
}
