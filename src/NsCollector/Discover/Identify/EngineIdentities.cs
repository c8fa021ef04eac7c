using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text;
using NsCollector.Discover.Identify.Engine;

namespace NsCollector.Discover.Identify;

/// <summary>Identities of the containers that several daemons of one runtime have reported. Any thread may ask; it never waits.</summary>
/// <param name="engines">The daemons, in the order of precedence.</param>
internal sealed class EngineIdentities(ImmutableArray<EngineNames> engines) : IEngineNames
{
    private static readonly string ContainerKey = Encoding.ASCII.GetString(IdentityKeys.Docker.Container);
    private static readonly string PodKey = Encoding.ASCII.GetString(IdentityKeys.Docker.Pod);
    private static readonly string NamespaceKey = Encoding.ASCII.GetString(IdentityKeys.Docker.Namespace);
    private static readonly string PodUidKey = Encoding.ASCII.GetString(IdentityKeys.Docker.PodUid);
    private static readonly string TypeKey = Encoding.ASCII.GetString(IdentityKeys.Docker.Type);
    private static readonly string SandboxType = Encoding.ASCII.GetString(IdentityKeys.Docker.SandboxType);

    // A container is the same object until it changes, so its identity is kept with it.
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

    /// <inheritdoc/>
    public EngineHealth? HealthOf(string id)
    {
        foreach (EngineNames engine in engines)
        {
            // The health from a daemon that is no longer followed may be out of date.
            if (engine.TryFind(id, out EngineContainer? container))
                return engine.IsConnected && container.Health is { } health and not HealthStatus.None ? new EngineHealth(health, container.HealthyAtNs) : null;
        }

        return null;
    }

    private static KnownIdentity IdentityOf(EngineContainer container)
    {
        var identity = new KnownIdentity(container.Name, container.Image, null) { Labels = container.Labels };

        // Anybody can set such labels: as in the state file, they count only if they name both pod and namespace.
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
