using NsCollector.Linux;
using NsCollector.Telemetry;

namespace NsCollector.Sample.Block;

/// <summary>
/// What lies below each block device, from sysfs. A stacked device is looked at again every few seconds, and read again only
/// if something has changed. Steady looks allocate nothing; for one thread at a time, which holds <see cref="Gate"/>.
/// </summary>
/// <remarks>
/// Shared by all readers, because it learns which layers this kernel does not charge: if each reader learned alone, the totals
/// of a container would depend on which of them read it.
/// </remarks>
internal sealed class BlockLayers
{
    // Far above what a host has. Above it the cache starts over, which costs a few reads for each device.
    private const int MaxEntries = 4096;

    // The devices below one device, with those that were below it before.
    private const int MaxLower = 256;

    // Up to eight times the usual wait: the disk may never be known, and mountinfo is long on a host with many containers.
    private const int MaxRetryDoublings = 3;

    private const int LvmGroupLength = 36;

    // LOOP_MAJOR, include/uapi/linux/major.h.
    private const ulong LoopMajor = 7;

    private readonly Dictionary<ulong, BlockLayer> _layers = [];
    private readonly BlockDirectory _directory;
    private readonly LoopBacking _loops;
    private readonly AgentCounters _counters;
    private readonly List<ulong> _lower = [];
    private readonly byte[] _group = new byte[LvmGroupLength];
    private readonly long _stackedLifetimeNs;
    private readonly long _diskLifetimeNs;

    /// <param name="roots">sysfs, and procfs for the disks under the files of loop devices.</param>
    /// <param name="isV2">Whether the numbers are of io.stat.</param>
    /// <param name="stackedLifetime">How long the layers of a stacked device are used without a check.</param>
    /// <param name="diskLifetime">How long a device counts as not stacked without a check.</param>
    /// <param name="counters">Where it is counted that what lies below a device cannot be found.</param>
    internal BlockLayers(HostRoots roots, bool isV2, TimeSpan stackedLifetime, TimeSpan diskLifetime, AgentCounters counters)
    {
        IsV2 = isV2;
        _directory = new BlockDirectory(roots.Sys);
        _loops = new LoopBacking(roots, _directory);
        _counters = counters;
        _stackedLifetimeNs = (long)(Math.Min(stackedLifetime.TotalMilliseconds, diskLifetime.TotalMilliseconds) * 1e6);
        _diskLifetimeNs = (long)(diskLifetime.TotalMilliseconds * 1e6);
    }

    /// <summary>Held while layers are looked up and what was learned is applied.</summary>
    internal Lock Gate { get; } = new();

    /// <summary>Whether the numbers are of v2's io.stat, which counts every device alike, or of v1's throttle policy, which counts a device only after a limit was set on it.</summary>
    internal bool IsV2 { get; }

    /// <summary>What lies below a device.</summary>
    /// <param name="number">As in <see cref="BlockDirectory.Select"/>.</param>
    /// <param name="nowNs">The monotonic clock.</param>
    /// <returns>The same object for as long as the device is the same.</returns>
    internal BlockLayer Of(ulong number, long nowNs)
    {
        if (!_layers.TryGetValue(number, out BlockLayer? layer))
        {
            if (_layers.Count >= MaxEntries) _layers.Clear();
            _layers[number] = layer = new BlockLayer();
        }
        else if (nowNs - layer.CheckedNs < LifetimeNs(number, layer))
        {
            return layer;
        }

        layer.CheckedNs = nowNs;
        _directory.Select(number);
        ulong identity = IdentityOf();
        ulong fingerprint = Fingerprint(identity);
        bool isSame = fingerprint == layer.Fingerprint;

        // What was not mounted yet, or could not be read, may be found later.
        if (!isSame) layer.FailedRetries = 0;
        else if (!layer.IsLowerUnknown || nowNs - layer.ReadNs < RetryAfterNs(layer)) return layer;
        if (identity == 0 || identity != layer.Identity)
        {
            layer.Lower = [];
            layer.ReadsAreFree = layer.WritesAreFree = false;
        }

        layer.Fingerprint = fingerprint;
        layer.Identity = identity;
        layer.ReadNs = nowNs;
        Read(layer);
        if (!layer.IsLowerUnknown) return layer;
        if (isSame) layer.FailedRetries++;
        else _counters.Add(AgentCounter.ReadErrors);
        return layer;
    }

    /// <summary>Frees what is kept for the devices of one cycle only.</summary>
    internal void EndCycle() => _loops.ForgetMounts();

    private long LifetimeNs(ulong number, BlockLayer layer)
    {
        if (layer.IsStacked) return _stackedLifetimeNs;

        // A loop device without a file may get one at any time, and a container may use it at once.
        return number >> 32 == LoopMajor ? 0 : _diskLifetimeNs;
    }

    private long RetryAfterNs(BlockLayer layer) => _diskLifetimeNs << Math.Clamp(layer.FailedRetries - 1, 0, MaxRetryDoublings);

    // ---- whether it has changed

    /// <summary>The kernel's number of this use of the device (since 5.15), else the name that device mapper's user gave it.</summary>
    private ulong IdentityOf()
    {
        if (_directory.TryRead("diskseq"u8, out ReadOnlySpan<byte> text) && !text.IsEmpty) return Fnv1a.AddText(Fnv1a.Start, text);
        return _directory.TryRead("dm/uuid"u8, out text) && !text.IsEmpty ? Fnv1a.AddText(Fnv1a.Start, text) : 0;
    }

    private ulong Fingerprint(ulong identity)
    {
        // The order of the entries says nothing.
        ulong hash = Fnv1a.Start + identity;
        if (_directory.BeginList("slaves"u8))
        {
            while (_directory.TryNext(out ReadOnlySpan<byte> name)) hash += Fnv1a.AddText(Fnv1a.Start, name);
        }

        if (_directory.TryRead("dm/uuid"u8, out ReadOnlySpan<byte> text)) return Fnv1a.AddText(hash, text);
        if (_directory.TryRead("md/level"u8, out text))
        {
            hash = Fnv1a.AddText(hash, text);
            return _directory.TryRead("md/layout"u8, out text) ? Fnv1a.AddText(hash, text) : hash;
        }

        if (_directory.TryRead("loop/backing_file"u8, out text))
        {
            hash = Fnv1a.AddText(hash, text);
            return _directory.TryRead("loop/dio"u8, out text) ? Fnv1a.AddText(hash, text) : hash;
        }

        return hash;
    }

    // ---- what it is

    private void Read(BlockLayer layer)
    {
        _lower.Clear();
        _lower.AddRange(layer.Lower);
        layer.IsLowerUnknown = false;
        bool isAllOfOneGroup = ReadSlaves();
        if (_directory.TryRead("dm/uuid"u8, out ReadOnlySpan<byte> text)) layer.Rule = DeviceMapperRule(text.StartsWith("CRYPT-"u8), isAllOfOneGroup);
        else if (_directory.TryRead("md/level"u8, out text)) layer.Rule = RaidRule(text);
        else if (_directory.TryRead("loop/backing_file"u8, out text)) ReadLoop(layer, text);
        else layer.Rule = LayerRule.Once;

        layer.Lower = [.. _lower];
    }

    /// <returns>Whether all of them are volumes of the same LVM volume group as the device itself: parts of it that nobody else uses.</returns>
    private bool ReadSlaves()
    {
        bool isOfGroup = _directory.TryRead("dm/uuid"u8, out ReadOnlySpan<byte> text) && text.Length >= LvmGroupLength && text.StartsWith("LVM-"u8);
        if (isOfGroup) text[..LvmGroupLength].CopyTo(_group);
        bool hasAny = false;
        if (!_directory.BeginList("slaves"u8)) return false;
        Span<byte> path = stackalloc byte[512];
        while (_directory.TryNext(out ReadOnlySpan<byte> name))
        {
            hasAny = true;
            if (_directory.TryDiskNumber("slaves/"u8, name, out ulong number)) Add(number);
            if (!isOfGroup) continue;
            "slaves/"u8.CopyTo(path);
            name.CopyTo(path[7..]);
            "/dm/uuid"u8.CopyTo(path[(7 + name.Length)..]);
            isOfGroup = _directory.TryRead(path[..(15 + name.Length)], out text) && text.StartsWith(_group);
        }

        return hasAny && isOfGroup;
    }

    private void Add(ulong number)
    {
        if (_lower.Count < MaxLower && !_lower.Contains(number)) _lower.Add(number);
    }

    private LayerRule DeviceMapperRule(bool isCrypt, bool isAllOfOneGroup)
    {
        // Only request-based multipath has hardware queues. Its requests enter the queues below past the accounting.
        if (_directory.HasDirectory("mq"u8)) return LayerRule.Nothing;
        if (isAllOfOneGroup) return new LayerRule(LayerRule.Each, LayerRule.Each);
        return isCrypt ? LayerRule.Once with { IsOneToOne = true } : LayerRule.Once;
    }

    private LayerRule RaidRule(ReadOnlySpan<byte> level)
    {
        if (level.SequenceEqual("raid1"u8)) return new LayerRule(1, LayerRule.Each);

        // raid5d and its like write stripes of their own.
        if (level.SequenceEqual("raid4"u8) || level.SequenceEqual("raid5"u8) || level.SequenceEqual("raid6"u8)) return new LayerRule(1, 0);
        if (!level.SequenceEqual("raid10"u8)) return LayerRule.Once;

        // Near copies in the low byte, far copies in the next one (drivers/md/raid10.c, setup_geo).
        _directory.TryReadNumber("md/layout"u8, out uint layout);
        int copies = (int)((layout & 0xff) * ((layout >> 8) & 0xff));
        return new LayerRule(1, Math.Clamp(copies, 1, 64));
    }

    private void ReadLoop(BlockLayer layer, ReadOnlySpan<byte> file)
    {
        // Without direct I/O v1 writes the file's pages back in the root cgroup.
        byte[] path = file.ToArray();
        bool isDirect = _directory.TryRead("loop/dio"u8, out ReadOnlySpan<byte> text) && text.SequenceEqual("1"u8);
        layer.Rule = new LayerRule(1, isDirect || IsV2 ? 1 : 0);
        layer.IsLowerUnknown = !_loops.TryFind(path, _lower, layer.ReadNs);
    }
}
