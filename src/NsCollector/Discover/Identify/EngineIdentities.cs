using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text;
using NsCollector.Discover.Identify.Engine;

namespace NsCollector.Discover.Identify;

/// <summary>What several daemons of one kind say of their containers, as identities. From any thread; waits for none.</summary>
/// <param name="engines">In the order in which they are asked.</param>
internal sealed class EngineIdentities(ImmutableArray<EngineNames> engines) : IEngineNames
{
    private static readonly string ContainerKey = Encoding.ASCII.GetString(IdentityKeys.Docker.Container);
    private static readonly string PodKey = Encoding.ASCII.GetString(IdentityKeys.Docker.Pod);
    private static readonly string NamespaceKey = Encoding.ASCII.GetString(IdentityKeys.Docker.Namespace);
    private static readonly string PodUidKey = Encoding.ASCII.GetString(IdentityKeys.Docker.PodUid);
    private static readonly string TypeKey = Encoding.ASCII.GetString(IdentityKeys.Docker.Type);
    private static readonly string SandboxType = Encoding.ASCII.GetString(IdentityKeys.Docker.SandboxType);

    // An answer is the same object while nothing of it has changed, and so is what is made of it.
    private readonly ConditionalWeakTable<EngineContainer, KnownIdentity> _identities = [];

    /// <inheritdoc/>
    public bool TryFind(string id, [NotNullWhen(true)] out KnownIdentity? identity)
    {
        foreach (EngineNames engine in engines)
        {
            if (!engine.TryFind(id, out EngineContainer? container)) continue;
            identity = _identities.GetValue(container, IdentityOf);
            return true;
        }

        identity = null;
        return false;
    }

    private static KnownIdentity IdentityOf(EngineContainer container)
    {
        var identity = new KnownIdentity(container.Name, container.Image, null) { Labels = container.Labels };

        // Anybody can give a container such labels: they count only with a whole pod, as those of the state file do.
        if (Label(PodKey) is not { } pod || Label(NamespaceKey) is not { } @namespace) return identity;
        string? name = Label(TypeKey) == SandboxType ? KnownIdentity.Sandbox : Label(ContainerKey) ?? container.Name;
        return identity with { Name = name, Pod = pod, Namespace = @namespace, PodUid = Label(PodUidKey) };

        string? Label(string key)
        {
            foreach ((string known, string value) in container.Labels)
            {
                if (known == key && value.Length > 0) return value;
            }

            return null;
        }
    }
}
