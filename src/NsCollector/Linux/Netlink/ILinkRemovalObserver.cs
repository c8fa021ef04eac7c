using NsCollector.Linux.Interop;

namespace NsCollector.Linux.Netlink;

/// <summary>Receives what <see cref="LinkRemovals"/> reads.</summary>
internal interface ILinkRemovalObserver
{
    /// <summary>An interface was removed, or moved to another namespace.</summary>
    void OnRemoved(in NativeShim.Removal removal);

    /// <summary>A namespace is about to be destroyed; its number may soon be another one's.</summary>
    void OnNumberFreed(int number);

    /// <summary>Messages were lost: any interface may be gone, and any number may be another namespace's.</summary>
    void OnLost();
}
