
namespace NsCollector.RuntimeTests.Docker;

/// <summary>Writes that reach the disk.</summary>
public sealed class BlockIoTests(DockerEngine engine) : DockerTests(engine)
{
    // On v1, recent kernels count a cgroup's I/O only after any cgroup has had a limit on the device. So set a limit, far above
    // what is written here.
    [DockerFact]
    public void Direct_io_bytes_match_the_kernel_and_docker()
    {
        BlockDevice device = BlockDevice.Under(Engine.DataRoot);
        using DockerContainer container = Engine.Start(
            "io-written",
            ["--volume", "/vol", "--device-write-bps", $"/dev/{device.Name}:1gb"],
            "dd if=/dev/zero of=/vol/written bs=1M count=8 oflag=direct && echo written; exec sleep 1000");
        container.AwaitLine("written");
        var before = container.Cgroup.Written(device.MajorMinor);
        List<Point> points = SampleOf("io-written");
        var after = container.Cgroup.Written(device.MajorMinor);
        var stats = container.Stats();

        Point point = Assert.Single(points, point => point.Measurement == "container_blkio" && point.Tags["device"] == device.Name);
        Assert.True(before.Bytes >= 8 << 20, $"the kernel counted only {before.Bytes} bytes");
        Assert.InRange(point.Integer("write_bytes"), before.Bytes, after.Bytes);
        Assert.InRange(point.Integer("write_ops"), before.Operations, after.Operations);
        Assert.InRange(stats.WrittenBytes, point.Integer("write_bytes") * 0.99, after.Bytes * 1.01);
    }
}
