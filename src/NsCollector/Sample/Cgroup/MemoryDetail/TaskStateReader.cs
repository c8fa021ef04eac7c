using NsCollector.Catalogue;
using NsCollector.Linux.Interop;
using NsCollector.Linux.Netlink;
using NsCollector.Telemetry;

namespace NsCollector.Sample.Cgroup.MemoryDetail;

/// <summary>Counts the tasks of a container in each state, on v1 only. For one thread.</summary>
/// <param name="hierarchy">Index of the v1 hierarchy to query; -1 if there is none.</param>
/// <param name="counters">Counts failures.</param>
internal sealed class TaskStateReader(int hierarchy, AgentCounters counters) : IDisposable
{
    private byte[] _path = new byte[256];
    private CgroupStats? _stats;

    /// <summary>Sets the readings. The kernel counts the tasks of a single cgroup, so the caller must check that the container has no others with tasks.</summary>
    internal void Read(ContainerCgroup cgroup, CarriedState carried, ReadingSet scalars)
    {
        if (hierarchy < 0 || !cgroup.Exists[hierarchy] || cgroup.Directories[hierarchy] is not { } directory) return;
        if (_stats is null)
        {
            _stats = new CgroupStats();
            if (_stats.Error is not (0 or -Errno.ENOENT)) counters.Add(AgentCounter.ReadErrors);
        }

        if (_stats.Error < 0) return;
        ReadOnlySpan<byte> below = carried.HasPayload ? "container\0"u8 : "\0"u8;
        if (directory.Length + below.Length > _path.Length) Array.Resize(ref _path, directory.Length + below.Length);
        directory.CopyTo(_path, 0);
        below.CopyTo(_path.AsSpan(directory.Length));
        int descriptor = Libc.Openat(Libc.AT_FDCWD, _path.AsSpan(0, directory.Length + below.Length), Libc.O_DIRECTORY);
        int result = descriptor;
        TaskStates states = default;
        if (descriptor >= 0)
        {
            result = _stats.Read(descriptor, out states);
            Libc.Close(descriptor);
        }

        if (result < 0)
        {
            // The cgroup has been removed.
            if (result is not (-Errno.ENOENT or -Errno.ENODEV)) counters.Add(AgentCounter.ReadErrors);
            return;
        }

        scalars.SetUnsigned(Reading.PidsRunning, states.Running);
        scalars.SetUnsigned(Reading.PidsUninterruptible, states.Uninterruptible);
        scalars.SetUnsigned(Reading.PidsStopped, states.Stopped);
        scalars.SetUnsigned(Reading.PidsIoWait, states.IoWait);
    }

    /// <inheritdoc/>
    public void Dispose() => _stats?.Dispose();
}
