using NsCollector.Discover;
using NsCollector.Discover.Identify;
using NsCollector.Discover.Recognise;

namespace NsCollector.Tests.Discover.Identify;

internal static class ContainerNamesExtensions
{
    /// <summary>Resolves a container of whose path only the id is used.</summary>
    internal static KnownIdentity Resolve(this ContainerNames names, ContainerRuntime runtime, string id, string cgroupPath, KnownIdentity? previous) =>
        names.Resolve(new RecognisedContainer(runtime, id, null, null), cgroupPath, previous);
}
