namespace NsCollector.LinuxTests.Discover;

/// <summary>A test that needs programs, and a kernel with file systems in user space.</summary>
internal sealed class FuseFactAttribute : FactAttribute
{
    public FuseFactAttribute(params string[] programs) =>
        Skip = new RequiresFactAttribute(programs).Skip ?? (File.Exists("/dev/fuse") ? null : "the kernel has no FUSE (/dev/fuse)");
}
