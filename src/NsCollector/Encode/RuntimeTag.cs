using NsCollector.Discover;

namespace NsCollector.Encode;

/// <summary>The value of the tag <c>runtime</c>, the same in every format.</summary>
internal static class RuntimeTag
{
    private static readonly string[] Values = [.. Enum.GetNames<ContainerRuntime>().Select(name => name.ToLowerInvariant())];

    internal static string Value(ContainerRuntime runtime) => Values[(int)runtime];
}
