using NsCollector.Catalogue;
using NsCollector.Sample;
using NsCollector.Sample.Filesystem;

namespace NsCollector.Tests.Sample;

/// <summary>What a page that shows the last value keeps of container_filesystem.</summary>
public class KeptFilesystemsTests
{
    [Fact]
    public void Update_without_a_publication_keeps_the_rows_and_their_age_grows()
    {
        var now = new ContainerSample();
        now.Update(new ContainerSample { TimestampNs = 11_000 }, Before());
        Assert.Equal(2, now.Filesystems.Count);
        Assert.Equal((50, 10_070), (now.Filesystems[0].Readings[Reading.DiskUsedBytes], now.Filesystems[0].Readings[Reading.DiskUsedAgeNs]));
        Assert.False(now.Filesystems[1].Readings.Has(Reading.DiskUsedAgeNs));

        // The clock was set back.
        var earlier = new ContainerSample();
        earlier.Update(new ContainerSample { TimestampNs = 1 }, now);
        Assert.Equal(10_070, earlier.Filesystems[0].Readings[Reading.DiskUsedAgeNs]);
    }

    [Fact]
    public void Update_after_an_empty_publication_keeps_no_row()
    {
        var now = new ContainerSample();
        now.Update(new ContainerSample { TimestampNs = 11_000, FilesystemsPublished = true }, Before());
        Assert.Equal(0, now.Filesystems.Count);

        // A later cycle does not bring them back, in the same slot or another.
        now.Update(new ContainerSample { TimestampNs = 12_000 }, now);
        Assert.Equal(0, now.Filesystems.Count);
        var next = new ContainerSample();
        next.Update(new ContainerSample { TimestampNs = 13_000 }, now);
        Assert.Equal(0, next.Filesystems.Count);
    }

    [Fact]
    public void TakeNew_tells_an_empty_publication_from_none()
    {
        var disk = new ContainerDisk(null!);
        Assert.Null(disk.TakeNew());
        disk.Publish([new DiskFigures([1])]);
        Assert.Single(disk.TakeNew()!);
        Assert.Null(disk.TakeNew());
        disk.Publish([]);
        Assert.Empty(disk.TakeNew()!);
        Assert.Null(disk.TakeNew());
    }

    private static ContainerSample Before()
    {
        var before = new ContainerSample { TimestampNs = 1_000, FilesystemsPublished = true };
        Row row = before.Filesystems.Add("/"u8);
        row.Readings.Set(Reading.DiskUsedBytes, 50);
        row.Readings.Set(Reading.DiskUsedAgeNs, 70);
        before.Filesystems.Add("/data"u8);
        return before;
    }
}
