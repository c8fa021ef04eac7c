using NsCollector.Discover;

namespace NsCollector.Sample.Net;

/// <summary>One namespace to visit, by the init process of the container that owns it. Reused from cycle to cycle.</summary>
internal sealed class NetworkTarget
{
    /// <summary>The index of the container in <see cref="ContainerList.Containers"/>, which <see cref="NetworkNamespaces.Record"/> wants back.</summary>
    public int ContainerIndex { get; set; }

    /// <summary>The process whose namespace is entered.</summary>
    public ProcessDirectory? Init { get; set; }

    /// <summary>
    /// Where <see cref="ContainerSample.Interfaces"/> and <see cref="ContainerSample.Protocols"/> are filled; both are
    /// cleared first, so that a visit that failed leaves nothing of the cycle before.
    /// </summary>
    public ContainerSample? Sample { get; set; }

    /// <summary>What became of it.</summary>
    public NetworkVisitResult Result { get; internal set; }

    /// <summary>The namespace that was found, comparable with <see cref="NetworkVisitor.IdentityOf"/>; 0 where unknown.</summary>
    public ulong NamespaceInode { get; internal set; }
}
