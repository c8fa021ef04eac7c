using NsCollector.Sample.Cgroup;

namespace NsCollector.Tests.Sample.Cgroup;

public sealed class UnsupportedFilesTests
{
    private const long Second = 1_000_000_000;

    private static readonly CgroupFile V1 = new(CgroupFileKind.Value, 0, "memory.failcnt\0"u8.ToArray(), 0);
    private static readonly CgroupFile V2 = V1 with { IsV2 = true };

    private readonly UnsupportedFiles _files = new([V1, V2]);

    [Fact]
    public void Contains_a_file_that_three_containers_lack()
    {
        _files.AddMissing(0, Second);
        _files.AddMissing(0, Second);
        Assert.False(_files.Contains(0, 2 * Second));
        _files.AddMissing(0, Second);
        Assert.True(_files.Contains(0, 2 * Second));
    }

    [Fact]
    public void Contains_lets_one_container_try_again_after_a_minute()
    {
        for (int i = 0; i < 3; i++) _files.AddMissing(0, Second);
        Assert.False(_files.Contains(0, 62 * Second));
        Assert.True(_files.Contains(0, 62 * Second));
        Assert.False(_files.Contains(0, 130 * Second));
    }

    [Fact]
    public void Contains_no_file_that_any_container_has()
    {
        _files.AddSeen(0);
        for (int i = 0; i < 5; i++) _files.AddMissing(0, Second);
        Assert.False(_files.Contains(0, 2 * Second));
    }

    [Fact]
    public void Contains_no_file_that_a_retry_has_found()
    {
        for (int i = 0; i < 3; i++) _files.AddMissing(0, Second);
        _files.AddSeen(0);
        Assert.False(_files.Contains(0, 2 * Second));
    }

    [Fact]
    public void Contains_no_v2_file_because_its_controller_may_be_enabled_elsewhere()
    {
        for (int i = 0; i < 5; i++) _files.AddMissing(1, Second);
        Assert.False(_files.Contains(1, 2 * Second));
    }
}
