using System.Text;
using NsCollector.Linux;
using NsCollector.Linux.Interop;

namespace NsCollector.Tests.Linux;

/// <summary>Both ways to open a path below a root, on the real kernel.</summary>
public sealed class RootedPathTests : IDisposable
{
    private readonly TemporaryDirectory _tree = new();
    private readonly int _root;

    public RootedPathTests()
    {
        _tree.Write("secret", "the host's");
        _tree.Write("root/etc/file", "the container's");
        _tree.Write("root/secret", "below");
        Link("root/absolute", "/etc/file");
        Link("root/up", "../../../../secret");
        Link("root/outside", _tree.Path + "/secret");
        Link("root/etc/dir", "/etc");
        Link("root/loop", "/loop");
        Link("root/magic", "/proc/self/root/" + _tree.Path + "/secret");
        _root = Libc.Openat(Libc.AT_FDCWD, Encoding.UTF8.GetBytes(_tree.Path + "/root\0"), Libc.O_PATH | Libc.O_DIRECTORY);
        Assert.True(_root >= 0);
    }

    public void Dispose()
    {
        Libc.Close(_root);
        _tree.Dispose();
    }

    [Theory]
    [InlineData("/etc/file", "the container's")]
    [InlineData("etc//./file", "the container's")]
    [InlineData("/absolute", "the container's")]
    [InlineData("/etc/dir/dir/file", "the container's")]
    [InlineData("/etc/../etc/file", "the container's")]
    [InlineData("/up", "below")]
    [InlineData("/../../secret", "below")]
    public void Path_leads_to_the_file_below_the_root(string path, string expected)
    {
        Assert.Equal(expected, Text(RootedPath.Open(_root, Bytes(path))));
        Assert.Equal(expected, Text(RootedPath.OpenByHand(_root, Bytes(path))));
    }

    [Theory]
    [InlineData("/outside", Errno.ENOENT)]
    [InlineData("/magic", Errno.ENOENT)]
    [InlineData("/missing", Errno.ENOENT)]
    [InlineData("/secret/file", Errno.ENOTDIR)]
    [InlineData("/loop", Errno.ELOOP)]
    public void Path_that_leads_out_is_an_error(string path, int expected)
    {
        Assert.Equal(-expected, RootedPath.Open(_root, Bytes(path)));
        Assert.Equal(-expected, RootedPath.OpenByHand(_root, Bytes(path)));
    }

    [Fact]
    public void Path_too_long_is_an_error()
    {
        byte[] path = Bytes(string.Concat(Enumerable.Repeat("/etc/..", 1000)));
        Assert.Equal(-Errno.ENAMETOOLONG, RootedPath.Open(_root, path));
        Assert.Equal(-Errno.ENAMETOOLONG, RootedPath.OpenByHand(_root, path));
        Assert.Equal(-Errno.EINVAL, RootedPath.OpenByHand(_root, "/etc"u8));
    }

    [Fact]
    public void Links_of_procfs_do_not_lead_out()
    {
        int proc = Libc.Openat(Libc.AT_FDCWD, "/proc\0"u8, Libc.O_PATH | Libc.O_DIRECTORY);
        Assert.Equal(-Errno.ELOOP, RootedPath.Open(proc, Bytes("/self/root/etc/passwd")));

        // Its text, which is "/", leads to the root again: procfs itself.
        Assert.Equal(-Errno.ENOENT, RootedPath.OpenByHand(proc, Bytes("/self/root/etc/passwd")));
        Libc.Close(proc);
    }

    [Fact]
    public void Look_up_by_hand_leaves_no_descriptor_open()
    {
        int Open() => Directory.GetFileSystemEntries("/proc/self/fd").Select(path => new FileInfo(path).LinkTarget).Count(target => target?.StartsWith(_tree.Path + "/root/", StringComparison.Ordinal) == true);
        foreach (string path in new[] { "/etc/dir/dir/missing", "/loop", "/etc/dir/../absolute/x" }) Assert.True(RootedPath.OpenByHand(_root, Bytes(path)) < 0);
        int found = RootedPath.OpenByHand(_root, Bytes("/etc/dir/file"));
        Assert.Equal(1, Open());
        Libc.Close(found);
        Assert.Equal(0, Open());
    }

    private void Link(string path, string target) => File.CreateSymbolicLink(Path.Combine(_tree.Path, path), target);

    private static byte[] Bytes(string path) => Encoding.UTF8.GetBytes(path + "\0");

    private static string Text(int descriptor)
    {
        Assert.True(descriptor >= 0, $"errno {-descriptor}");
        string text = File.ReadAllText($"/proc/self/fd/{descriptor}");
        Libc.Close(descriptor);
        return text;
    }
}
