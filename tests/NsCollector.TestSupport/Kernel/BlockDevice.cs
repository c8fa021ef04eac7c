namespace NsCollector.TestSupport.Kernel;

/// <summary>The whole disk that holds a directory. Cgroups have no counters for partitions.</summary>
public sealed record BlockDevice(string Name, string MajorMinor)
{
    /// <exception cref="InvalidOperationException">The directory's file system has no block device (tmpfs, overlay, NFS).</exception>
    public static BlockDevice Under(string directory)
    {
        string majorMinor = Command.Run("sh", "-c", "mountpoint -d \"$(df -P \"$1\" | awk 'END { print $6 }')\"", "sh", directory);
        string sys = $"/sys/dev/block/{majorMinor}";
        if (!Directory.Exists(sys))
            throw new InvalidOperationException($"{directory} ({majorMinor}) is not on a block device: set TEST_STATE_DIRECTORY to a directory that is");
        string resolved = Command.Run("readlink", "-f", sys);
        if (File.Exists(Path.Combine(resolved, "partition")))
            resolved = Path.GetDirectoryName(resolved)!;
        return new BlockDevice(Path.GetFileName(resolved), File.ReadAllText(Path.Combine(resolved, "dev")).Trim());
    }
}
