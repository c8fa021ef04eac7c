using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>A container's config of LXC (lxc.container.conf(5)): lines <c>KEY = VALUE</c>. Included files are not read.</summary>
internal static class LxcDetails
{
    private const int MaxMounts = 256;

    /// <summary>Converts a file.</summary>
    /// <param name="text">The bytes of the file.</param>
    internal static ContainerDetails Of(ReadOnlySpan<byte> text)
    {
        string? hostname = null, command = null;
        var limits = new ResourceLimits();
        var mounts = ImmutableArray.CreateBuilder<MountedDirectory>();
        foreach (string line in Encoding.UTF8.GetString(text).Split('\n'))
        {
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0 || line.TrimStart().StartsWith('#')) continue;
            string key = line[..equals].Trim(), value = line[(equals + 1)..].Trim();
            switch (key)
            {
                case "lxc.uts.name":
                    hostname = value;
                    break;
                case "lxc.init.cmd":
                    command = value;
                    break;
                case "lxc.mount.entry" when mounts.Count < MaxMounts && MountOf(value) is { } mount:
                    mounts.Add(mount);
                    break;
                default:
                    limits = WithLimit(limits, key, value);
                    break;
            }
        }

        return new ContainerDetails { Hostname = hostname, Path = command ?? "/sbin/init", Mounts = mounts.ToImmutable(), Limits = limits };
    }

    private static ResourceLimits WithLimit(ResourceLimits limits, string key, string value) => key switch
    {
        "lxc.cgroup2.memory.max" or "lxc.cgroup.memory.limit_in_bytes" => limits with { Memory = BytesOf(value) },
        "lxc.cgroup.cpu.shares" => limits with { CpuShares = NumberOf(value) },
        "lxc.cgroup.cpu.cfs_quota_us" => limits with { CpuQuota = NumberOf(value) },
        "lxc.cgroup.cpu.cfs_period_us" => limits with { CpuPeriod = NumberOf(value) },
        "lxc.cgroup2.cpu.max" when value.Split(' ') is [var quota, var period] => limits with { CpuQuota = NumberOf(quota), CpuPeriod = NumberOf(period) },
        "lxc.cgroup2.pids.max" or "lxc.cgroup.pids.max" => limits with { PidsLimit = NumberOf(value) ?? -1 },
        "lxc.cgroup2.cpuset.cpus" or "lxc.cgroup.cpuset.cpus" => limits with { CpusetCpus = value },
        "lxc.cgroup2.cpuset.mems" or "lxc.cgroup.cpuset.mems" => limits with { CpusetMems = value },
        _ => limits,
    };

    // As in fstab(5), with \040 for a space; the target is relative to the root of the container.
    private static MountedDirectory? MountOf(string entry)
    {
        string[] fields = entry.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length < 4) return null;
        string[] options = fields[3].Split(',');
        if (!options.Contains("bind") && !options.Contains("rbind")) return null;
        return new MountedDirectory("bind", null, Unescape(fields[0]), "/" + Unescape(fields[1]).TrimStart('/'), null, "", !options.Contains("ro"), "");
    }

    private static string Unescape(string text) => text.Replace("\\040", " ", StringComparison.Ordinal);

    private static long? NumberOf(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : null;

    // The kernel's memparse(): digits and K, M or G.
    private static long? BytesOf(string text)
    {
        if (text.Length == 0) return null;
        int shift = char.ToUpperInvariant(text[^1]) switch { 'K' => 10, 'M' => 20, 'G' => 30, _ => 0 };
        long? number = NumberOf(shift > 0 ? text[..^1] : text);
        return number is >= 0 and <= long.MaxValue >> 30 ? number << shift : null;
    }
}
