using System.Globalization;
using System.Text;
using NsCollector.Linux.Interop;
using NsCollector.Sample.Filesystem;

namespace NsCollector.Tests.Sample.Filesystem;

/// <summary>Walks of real directories, beside du(1).</summary>
public sealed class DirectoryWalkTests : IDisposable
{
    private const long Unlimited = long.MaxValue / 2;

    private readonly TemporaryDirectory _directory = new();
    private readonly DirectoryWalk _walk = new();

    public void Dispose()
    {
        _walk.Dispose();
        _directory.Dispose();
    }

    [Theory]
    [InlineData(Unlimited)]
    [InlineData(0)]
    public void Walk_counts_what_du_counts_in_one_piece_or_many(long sliceNs)
    {
        Make("""
            mkdir -p a/b/c empty 'with space'
            for i in $(seq 2000); do echo $i > a/b/$i; done
            for i in $(seq 300); do mkdir a/$i; echo $i > a/$i/file; ln a/$i/file empty/$i; done
            ln -s / root; ln -s ../.. a/b/up; truncate -s 1G sparse; mkfifo fifo
            """);
        Assert.Equal(WalkOutcome.Complete, Walk(sliceNs, out int slices));
        Assert.Equal(Du("--block-size=1"), _walk.Bytes);
        Assert.Equal(Du("--inodes"), _walk.Inodes);
        Assert.True(sliceNs == 0 ? slices > 600 : slices == 1, $"{slices} slices");
        Assert.False(_walk.IsActive);
    }

    [Fact]
    public void Slice_ends_after_one_call_once_its_time_has_elapsed()
    {
        Make("for i in $(seq 100); do echo $i > $i; done");
        Begin();
        ulong before;
        int slices = 0;
        WalkOutcome outcome;
        do
        {
            before = _walk.Inodes;
            outcome = _walk.Continue(Unlimited, 0);
            slices++;
            Assert.InRange(_walk.Inodes - before, 0UL, 1UL);
        }
        while (outcome == WalkOutcome.Unfinished);
        Assert.Equal(WalkOutcome.Complete, outcome);
        Assert.Equal(101UL, _walk.Inodes);
        Assert.InRange(slices, 100, 200);
    }

    [Fact]
    public void Walk_survives_directories_that_vanish_or_become_links()
    {
        Make("for i in $(seq 50); do mkdir -p $i/a/b; touch $i/a/b/c; done");
        Begin();
        for (int i = 0; i < 4; i++) Assert.Equal(WalkOutcome.Unfinished, _walk.Continue(0, Unlimited));
        Make("rm -rf 1 2 3 4 5; for i in $(seq 6 20); do rm -rf $i; ln -s / $i; done; rm -rf 2? 3?/a; for i in 40 41; do rm -rf $i; touch $i; done");
        WalkOutcome outcome;
        do outcome = _walk.Continue(0, Unlimited);
        while (outcome == WalkOutcome.Unfinished);
        Assert.Equal(WalkOutcome.Complete, outcome);
        Assert.InRange(_walk.Inodes, 1UL, 201UL);
    }

    [Fact]
    public void Deeper_trees_than_the_bound_have_no_result()
    {
        Make($"for i in $(seq {DirectoryWalk.MaxDepth - 1}); do mkdir d && cd -P d || exit 1; done");
        Assert.Equal(WalkOutcome.Complete, Walk(Unlimited, out _));
        Assert.Equal((ulong)DirectoryWalk.MaxDepth, _walk.Inodes);
        Make($"mkdir deep; mv d deep/");
        Assert.Equal(WalkOutcome.OverBounds, Walk(Unlimited, out _));
        Assert.False(_walk.IsActive);
        Make("rm -rf deep");
    }

    [Fact]
    public void Steady_walk_allocates_nothing()
    {
        Make("for i in $(seq 200); do mkdir $i; touch $i/a $i/b; ln $i/a $i/c; done");
        for (int i = 0; i < 2; i++) Walk(Unlimited, out _);
        long least = long.MaxValue;

        // The JIT compiler allocates in some rounds.
        for (int round = 0; round < 5; round++)
        {
            Begin();
            long before = GC.GetAllocatedBytesForCurrentThread();
            WalkOutcome outcome = _walk.Continue(Unlimited, Unlimited);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            Assert.Equal(WalkOutcome.Complete, outcome);
        }

        Assert.Equal(0, least);
    }

    private WalkOutcome Walk(long sliceNs, out int slices)
    {
        Begin();
        for (slices = 1; ; slices++)
        {
            WalkOutcome outcome = _walk.Continue(sliceNs, Unlimited);
            if (outcome != WalkOutcome.Unfinished) return outcome;
        }
    }

    private void Begin()
    {
        int top = Libc.Openat(Libc.AT_FDCWD, Encoding.UTF8.GetBytes(_directory.Path + "\0"), Libc.O_PATH);
        Assert.Equal(0, Libc.Statx(top, [0], out FileStatus status));
        Assert.Equal(0, _walk.Begin(top, status));
        Libc.Close(top);
    }

    private void Make(string script) => Command.Run("sh", "-c", "cd \"$1\" && " + script, "sh", _directory.Path);

    private ulong Du(string option) => ulong.Parse(Command.Run("du", "-sx", option, _directory.Path).Split('\t')[0], CultureInfo.InvariantCulture);
}
