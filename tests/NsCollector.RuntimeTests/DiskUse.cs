using System.Globalization;

namespace NsCollector.RuntimeTests;

/// <summary>What a directory of a container occupies, by du(1) and by the agent.</summary>
internal static class DiskUse
{
    /// <summary>The settings with which an agent walks directories at once.</summary>
    public static string[] Settings => ["filesystem:containers=on", "filesystem:interval=1s"];

    /// <summary>The bytes by du(1), once everything is written to the disk.</summary>
    public static long Du(string directory)
    {
        // Before, ext4 and others have not allocated the blocks of new files.
        Command.Run("sync", "-f", directory);
        return long.Parse(Command.Run("du", "-sx", "--block-size=1", directory).Split('\t')[0], CultureInfo.InvariantCulture);
    }

    /// <summary>The points of a container's disks so far.</summary>
    public static Point[] Of(RunningAgent agent, string container) =>
        [.. agent.Points.Where(point => point.Measurement == "container_filesystem" && point.Container == container)];

    /// <summary>Waits until the agent reports this use of a mount.</summary>
    public static Point Await(RunningAgent agent, string container, string mountPoint, long usedBytes)
    {
        Point? found = null;
        Eventually.True(
            () => (found = Of(agent, container).LastOrDefault(point => point.Tags["mount_point"] == mountPoint && point.Has("used_bytes") && point.Integer("used_bytes") == usedBytes)) is not null,
            $"{usedBytes} bytes at {mountPoint}", () => string.Join('\n', Of(agent, container).TakeLast(3)) + agent.Log);
        return found!;
    }
}
