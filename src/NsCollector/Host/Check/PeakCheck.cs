using System.Globalization;
using System.Text;
using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Interop;
using NsCollector.Sample;
using NsCollector.Sample.Peaks;

namespace NsCollector.Host.Check;

/// <summary>How the highest memory usage between two samples is found, if <see cref="SampleOptions.Peaks"/> is on.</summary>
internal static class PeakCheck
{
    internal static IEnumerable<Finding> Findings(CgroupMounts mounts, SampleOptions options)
    {
        if (options.Peaks == TimeSpan.Zero || mounts.For("memory") is not { } memory) yield break;
        string every = string.Create(CultureInfo.InvariantCulture, $"memory is read every {options.Peaks.TotalMilliseconds} ms, and shorter peaks can be missed");
        if (!memory.IsV2)
        {
            yield return Finding.Ok($"peaks: {every} (cgroup v1 has no peak that can be reset)");
            yield break;
        }

        yield return TryReset(memory.MountPoint) switch
        {
            null => Finding.Ok($"peaks: {every}; no cgroup has memory.peak"),
            0 => Finding.Ok("peaks: memory.peak is reset at each sample, so that usage_bytes_max is complete"),
            { } error => Finding.Ok($"peaks: {every}, because memory.peak cannot be reset ({Errno.Name(-error)}); with Linux 6.12 or newer, CAP_DAC_OVERRIDE and ProtectControlGroups=no in a drop-in of the unit allow it"),
        };
    }

    /// <summary>Tries it with the first cgroup below the root. Only the descriptor that is opened for it sees the reset.</summary>
    /// <returns>0, or -errno; null if no cgroup has the file.</returns>
    private static int? TryReset(string mountPoint)
    {
        try
        {
            foreach (string directory in Directory.EnumerateDirectories(mountPoint))
            {
                string path = directory + "/memory.peak";
                if (!File.Exists(path)) continue;
                int descriptor = MemoryPeakFile.OpenAndReset(Libc.AT_FDCWD, Encoding.UTF8.GetBytes(path + "\0"));
                if (descriptor >= 0) Libc.Close(descriptor);
                return Math.Min(descriptor, 0);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // CgroupCheck reports that the directory cannot be read.
        }

        return null;
    }
}
