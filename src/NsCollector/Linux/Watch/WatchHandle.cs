using System.Runtime.InteropServices;
using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Interop;

namespace NsCollector.Linux.Watch;

/// <summary>The native watch. It is destroyed when no call to it is running any more.</summary>
internal sealed class WatchHandle : SafeHandle
{
    private WatchHandle(nint watch) : base(0, ownsHandle: true) => SetHandle(watch);

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    internal nint Address => handle;

    /// <summary>Creates the watch.</summary>
    /// <returns>0, or -errno; then the handle is invalid.</returns>
    internal static unsafe int Create(WatchPlan plan, WatchOptions options, int readyDescriptor, out WatchHandle created)
    {
        created = new WatchHandle(0);
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
                    Name = Text(file.Name), Hierarchy = file.Hierarchy, InsteadOf = file.InsteadOf,
                    When = (file.AtExit ? NativeShim.WatchWhen.AtExit : 0) | (file.AtOom ? NativeShim.WatchWhen.AtOom : 0),
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
                    Memory = plan.Memory, Unified = plan.Unified, Ready = readyDescriptor,
                    MemoryIsV2 = (uint)plan.Memory < (uint)plan.Hierarchies.Length && plan.Hierarchies[plan.Memory].IsV2 ? 1 : 0,
                };
                error = NativeShim.WatchCreate(&addresses, &watch);
            }

            if (error == 0) created.SetHandle(watch);
            return error;
        }
        finally
        {
            foreach (nint text in texts) Marshal.FreeCoTaskMem(text);
        }
    }

    /// <summary>Prevents its destruction until <see cref="SafeHandle.DangerousRelease"/>.</summary>
    /// <returns>False if it was not created or is already disposed.</returns>
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
