using NsCollector.Discover;
using NsCollector.Sample;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>A running container as of the last cycle.</summary>
/// <param name="Container">The container.</param>
/// <param name="State">Its state; unknown if it was not read.</param>
/// <param name="IsInside">Whether it is inside another container, whose owner chose its id: the files of the host's runtimes say nothing about it.</param>
internal readonly record struct LiveContainer(Container Container, ContainerState State, bool IsInside);
