using System.Diagnostics.CodeAnalysis;
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

    // The last id that replaced an id that was taken: the owner of a container can give the same id to thousands of containers inside it.
    private readonly Dictionary<string, string> _last = new(StringComparer.Ordinal);

    /// <summary>An id of 64 hexadecimal digits: the container's own, or SHA-256 of its runtime and id, until one is free.</summary>
    /// <param name="runtime">The runtime.</param>
    /// <param name="id">The id that the runtime uses.</param>
    internal string AddId(ContainerRuntime runtime, string id)
    {
        string whole = DockerId.Of(runtime, id);
        if (_ids.Add(whole)) return whole;
        string next = _last.GetValueOrDefault(whole, whole);
        do next = DockerId.Next(next);
        while (!_ids.Add(next));
        return _last[whole] = next;
    }

    /// <summary>A name that no other container has: its own, else with its runtime before it, else with its id after it.</summary>
    /// <param name="runtime">The runtime.</param>
    /// <param name="name">The name that is wanted. Slashes and control characters, which Docker's names do not have, become underscores.</param>
    /// <param name="id">What <see cref="AddId"/> returned.</param>
    internal string AddName(ContainerRuntime runtime, string name, string id)
    {
        string plain = Plain(name.Trim('/').Replace('/', '_'));
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

    /// <summary>
    /// A text without control characters: each becomes an underscore. The docker command prints names and images as they are, so that they
    /// could otherwise control the terminal of whoever runs <c>docker ps</c>.
    /// </summary>
    [return: NotNullIfNotNull(nameof(text))]
    internal static string? Plain(string? text)
    {
        if (text is null || !text.Any(char.IsControl)) return text;
        return string.Create(text.Length, text, static (plain, from) =>
        {
            for (int i = 0; i < plain.Length; i++) plain[i] = char.IsControl(from[i]) ? '_' : from[i];
        });
    }

    /// <summary>The runtime's name in lower case.</summary>
    internal static string Word(ContainerRuntime runtime) => runtime.ToString().ToLowerInvariant();
}
