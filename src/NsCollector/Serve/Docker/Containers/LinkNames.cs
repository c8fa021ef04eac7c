using System.Collections.Immutable;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>
/// The names that links give to containers, as Docker's list has them: <c>/WEB/ALIAS</c> for the container to which the container WEB has a link
/// (moby daemon/daemon_unix.go, registerLinks). Immutable.
/// </summary>
internal sealed class LinkNames
{
    /// <summary>Maximum links that are read of one container.</summary>
    private const int MaxLinks = 64;

    private readonly Dictionary<string, List<string>> _names = new(StringComparer.Ordinal);

    /// <param name="list">All containers.</param>
    internal LinkNames(InventoryList list)
    {
        foreach (InventoryEntry entry in list.Entries)
        {
            foreach ((DockerContainer target, string name) in Resolve(entry, list))
            {
                if (!_names.TryGetValue(target.Id, out List<string>? names)) _names.Add(target.Id, names = []);
                names.Add(name);
            }
        }
    }

    /// <summary>The links of a container as inspect has them, each <c>/CONTAINER:/OWN-NAME/ALIAS</c>.</summary>
    internal static ImmutableArray<string> LinksOf(InventoryEntry entry, InventoryList list) => [.. Resolve(entry, list).Select(link => $"/{link.Target.Name}:{link.Name}")];

    /// <summary>The names without their leading slashes, and the ids of their containers.</summary>
    internal IEnumerable<(string Name, string Id)> Targets => _names.SelectMany(target => target.Value.Select(name => (name[1..], target.Key)));

    /// <summary>All names of a container with their leading slashes, in order.</summary>
    internal IEnumerable<string> Of(DockerContainer container)
    {
        string own = "/" + container.Name;
        return _names.TryGetValue(container.Id, out List<string>? names) ? names.Append(own).Order(StringComparer.Ordinal) : [own];
    }

    private static IEnumerable<(DockerContainer Target, string Name)> Resolve(InventoryEntry entry, InventoryList list)
    {
        foreach (string link in entry.Details.Links.Take(MaxLinks))
        {
            int colon = link.LastIndexOf(':');
            if (colon >= 0 && list.Find(link[..colon]).Container is { } target) yield return (target, $"/{entry.Container.Name}/{link[(colon + 1)..].Split('/')[^1]}");
        }
    }
}
