using System.Text.Json;
using NsCollector.Discover;

namespace NsCollector.Encode.Cadvisor;

/// <summary>The names of a container in cAdvisor's API: its path, and aliases in the namespace of its runtime.</summary>
internal static class CadvisorReference
{
    /// <summary>The namespace of Docker's containers.</summary>
    internal const string Docker = "docker";

    /// <summary>The namespace: the name of the runtime. A cgroup above containers has none.</summary>
    internal static string? NamespaceOf(Container container) => container.IsParent || container.Identity.Runtime == ContainerRuntime.Cgroup ? null : RuntimeTag.Value(container.Identity.Runtime);

    /// <summary>The aliases, as cAdvisor has them: name and id; of containerd and CRI-O, whose names are not unique, the id and the path.</summary>
    internal static string[] AliasesOf(Container container)
    {
        ContainerIdentity identity = container.Identity;
        return NamespaceOf(container) is null ? []
            : identity.Runtime is ContainerRuntime.Containerd or ContainerRuntime.Crio ? [identity.Id, container.CgroupPath]
            : identity.Name is { Length: > 0 } name && name != identity.Id ? [name, identity.Id] : [identity.Id];
    }

    /// <summary>Writes the members <c>id</c>, <c>name</c>, <c>aliases</c> and <c>namespace</c> of v1.</summary>
    internal static void WriteMembers(Utf8JsonWriter json, Container container)
    {
        if (NamespaceOf(container) is not null) json.WriteString("id"u8, CadvisorText.Valid(container.Identity.Id));
        json.WriteString("name"u8, CadvisorText.Valid(container.CgroupPath));
        WriteAliases(json, container);
    }

    /// <summary>Writes the members <c>aliases</c> and <c>namespace</c>.</summary>
    internal static void WriteAliases(Utf8JsonWriter json, Container container)
    {
        if (NamespaceOf(container) is not { } space) return;
        json.WriteStartArray("aliases"u8);
        foreach (string alias in AliasesOf(container)) json.WriteStringValue(CadvisorText.Valid(alias));
        json.WriteEndArray();
        json.WriteString("namespace"u8, space);
    }
}
