namespace NsCollector.RuntimeTests.Docker;

/// <summary>Totals of block I/O through a loop device, which the kernel charges for the loop device and for its disk.</summary>
public sealed class LayeredBlockIoTests(DockerEngine engine) : DockerTests(engine)
{
    private const long Mib = 1 << 20;

    [DockerFact]
    public void Final_totals_count_bytes_through_a_loop_device_once()
    {
        BlockDevice disk = BlockDevice.Under(Engine.DataRoot);
        string image = Path.Combine(Engine.DataRoot, "loop-image");
        Command.Run("dd", "if=/dev/urandom", $"of={image}", "bs=1M", "count=32", "conv=fsync", "status=none");
        string loop = Command.Run("losetup", "--direct-io=on", "--find", "--show", image).Trim();
        try
        {
            using var agent = new RunningAgent([.. Engine.Settings, "agent:interval=1s"]);

            // The limits are far above what is read; they wake the counters of cgroup v1.
            using DockerContainer container = Engine.Start(
                "io-through-loop", ["--device", loop, "--device-read-bps", $"{loop}:10gb", "--device-read-bps", $"/dev/{disk.Name}:10gb"],
                $"dd if={loop} of=/dev/null bs=1M count=32 iflag=direct; dd if=/dev/zero of={loop} bs=1M count=12 oflag=direct; sleep 1");
            container.AwaitExit();

            Point exit = agent.AwaitExit(container.Id);
            Assert.InRange(exit.Integer("read_bytes"), 32 * Mib, 33 * Mib);
            Assert.InRange(exit.Integer("write_bytes"), 12 * Mib, 13 * Mib);
        }
        finally
        {
            Command.Run("losetup", "--detach", loop);
            File.Delete(image);
        }
    }
}
