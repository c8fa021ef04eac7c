using NsCollector.Discover;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>
/// Gives containers of all runtimes the ids and names that Docker's clients expect: unique, and the same after a restart of the agent
/// (docs/decisions/0035). Used once for each list, for Docker's containers first.
/// </summary>
internal sealed class InventoryNames
{
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    /// <summary>An id of 64 hexadecimal digits: the container's own, or SHA-256 of its runtime and id, until one is free.</summary>
    /// <param name="runtime">The runtime.</param>
    /// <param name="id">The id that the runtime uses.</param>
    internal string AddId(ContainerRuntime runtime, string id)
    {
        string whole = DockerId.Of(runtime, id);
        while (!_ids.Add(whole)) whole = DockerId.Next(whole);
        return whole;
    }

    /// <summary>A name that no other container has: its own, else with its runtime before it, else with its id after it.</summary>
    /// <param name="runtime">The runtime.</param>
    /// <param name="name">The name that is wanted. A slash, which Docker's names do not have, becomes an underscore.</param>
    /// <param name="id">What <see cref="AddId"/> returned.</param>
    internal string AddName(ContainerRuntime runtime, string name, string id)
    {
        string plain = name.Trim('/').Replace('/', '_');
        if (plain.Length == 0) plain = id[..12];
        if (_names.Add(plain)) return plain;
        string longer = $"{Word(runtime)}-{plain}";
        if (_names.Add(longer)) return longer;
        longer = $"{longer}-{id[..12]}";
        if (_names.Add(longer)) return longer;

        // Even an id may be another container's name.
        while (!_names.Add(id)) id = DockerId.Next(id);
        return id;
    }

    /// <summary>The runtime's name in lower case.</summary>
    internal static string Word(ContainerRuntime runtime) => runtime.ToString().ToLowerInvariant();
}
