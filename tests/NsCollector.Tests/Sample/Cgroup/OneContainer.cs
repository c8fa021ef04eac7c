using System.Text;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Linux.Interop;
using NsCollector.Sample;
using NsCollector.Sample.Cgroup;

namespace NsCollector.Tests.Sample.Cgroup;

/// <summary>The only container of a <see cref="CgroupFixture"/>, opened by its first reading.</summary>
internal sealed class OneContainer(CgroupFixture host) : IDisposable
{
    private CgroupSampler? _sampler;
    private ContainerCgroup? _cgroup;
    private int _init = -1;

    /// <summary>Whether it started while the agent ran. Only the first reading uses it.</summary>
    public bool HasBirth { get; init; }

    /// <summary>Reads it.</summary>
    /// <param name="atSeconds">The monotonic clock.</param>
    /// <param name="init">Where its init process is, below its own cgroup of v2; null: it has none. Only the first reading uses it.</param>
    public ContainerSample Read(long atSeconds = 1000, string? init = null)
    {
        _sampler ??= host.NewSampler();
        _cgroup ??= _sampler.Open(CgroupFixture.NewContainer() with { Init = init is null ? null : Process(init), Birth = HasBirth ? ContainerBirth.Now() : null });
        host.Sample.Clear();
        Assert.Equal(CgroupReadResult.Complete, _sampler.Read(_cgroup, host.Sample, atSeconds * 1_000_000_000));
        return host.Sample;
    }

    /// <summary>The fields of a set that are present, as <c>NAME=NUMBER</c>, sorted.</summary>
    public static string[] Present(Measurement measurement, ReadingSet set) =>
        [.. measurement.Fields.Where(field => field.Index >= 0 && set.Has((Reading)field.Index)).Select(field => $"{field.Name}={set[(Reading)field.Index]}").Order(StringComparer.Ordinal)];

    public void Dispose()
    {
        if (_cgroup is not null) _sampler!.Close(_cgroup);
        Assert.Equal(0, _sampler?.HeldFiles ?? 0);
        _sampler?.Dispose();
        if (_init >= 0) Libc.Close(_init);
    }

    private ProcessDirectory Process(string init)
    {
        host.Write("proc/7/cgroup", "0::" + CgroupFixture.ContainerPath + init + "\n");
        _init = Libc.Openat(Libc.AT_FDCWD, Encoding.ASCII.GetBytes(host.Roots.Proc + "/7\0"), Libc.O_PATH | Libc.O_DIRECTORY);
        return new ProcessDirectory(_init, 7, 0);
    }
}
