using System.Runtime.InteropServices;
using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Interop;

namespace NsCollector.Linux.Watch;

/// <summary>The native watch, which is destroyed once nobody is in a call to it any more.</summary>
internal sealed class WatchHandle : SafeHandle
{
    private WatchHandle(nint watch) : base(0, ownsHandle: true) => SetHandle(watch);

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    internal nint Address => handle;

    /// <summary>Makes it.</summary>
    /// <returns>0, or -errno; then the handle is one that cannot be entered.</returns>
    internal static unsafe int Create(WatchPlan plan, WatchOptions options, int ready, out WatchHandle made)
    {
        made = new WatchHandle(0);
        if (plan.Hierarchies.Length > NativeShim.MaxWatchHierarchies || plan.Files.Length > NativeShim.MaxWatchFiles) return -Errno.EINVAL;
        var texts = new List<nint>();
        ulong Text(string text)
        {
            nint address = Marshal.StringToCoTaskMemUTF8(text);
            texts.Add(address);
            return (ulong)address;
        }

        var hierarchies = new NativeShim.WatchHierarchy[NativeShim.MaxWatchHierarchies];
        var files = new NativeShim.WatchFile[NativeShim.MaxWatchFiles];
        try
        {
            for (int i = 0; i < plan.Hierarchies.Length; i++)
            {
                CgroupHierarchy hierarchy = plan.Hierarchies[i];
                hierarchies[i] = new NativeShim.WatchHierarchy { Mount = Text(hierarchy.MountPoint), Root = Text(hierarchy.Root) };
            }

            for (int i = 0; i < plan.Files.Length; i++)
            {
                WatchedFile file = plan.Files[i];
                files[i] = new NativeShim.WatchFile
                {
                    Name = Text(file.Name), Hierarchy = file.Hierarchy,
                    When = (file.AtEnd ? NativeShim.WatchWhen.AtEnd : 0) | (file.AtOom ? NativeShim.WatchWhen.AtOom : 0),
                };
            }

            nint watch;
            int error;
            fixed (NativeShim.WatchHierarchy* hierarchiesAt = hierarchies)
            fixed (NativeShim.WatchFile* filesAt = files)
            {
                var addresses = new NativeShim.WatchPlanAddresses
                {
                    Hierarchies = (ulong)hierarchiesAt, HierarchyCount = plan.Hierarchies.Length,
                    Files = (ulong)filesAt, FileCount = plan.Files.Length,
                    Sys = Text(options.Sys), RingBytes = (ulong)options.BufferBytes, MaxContainers = options.MaxContainers,
                    Memory = plan.Memory, Unified = plan.Unified, Ready = ready,
                    MemoryIsV2 = (uint)plan.Memory < (uint)plan.Hierarchies.Length && plan.Hierarchies[plan.Memory].IsV2 ? 1 : 0,
                };
                error = NativeShim.WatchCreate(&addresses, &watch);
            }

            if (error == 0) made.SetHandle(watch);
            return error;
        }
        finally
        {
            foreach (nint text in texts) Marshal.FreeCoTaskMem(text);
        }
    }

    /// <summary>Keeps it from being destroyed until <see cref="SafeHandle.DangerousRelease"/>.</summary>
    /// <returns>False where it is not there, or no more.</returns>
    internal bool Enter()
    {
        bool entered = false;
        if (IsInvalid) return false;
        try
        {
            DangerousAddRef(ref entered);
        }
        catch (ObjectDisposedException)
        {
        }

        return entered;
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        NativeShim.WatchDestroy(handle);
        return true;
    }
}
