using NsCollector.Discover.Identify.Daemons;
using NsCollector.Discover.Recognise;
using NsCollector.Linux;
using NsCollector.Telemetry;

namespace NsCollector.Discover.Identify;

/// <summary>
/// containerd's containers: the OCI bundle in io.containerd.runtime.v2.task/NAMESPACE/ID of each state directory in turn
/// (those of the host's daemons last), the namespace k8s.io first. The cgroup path of a container that ctr created under another name has that name.
/// </summary>
internal sealed class ContainerdNames : INameResolver
{
    // Administrators create namespaces (Kubernetes has one): rarely more than a few.
    private const int MaxNamespaces = 256;

    private readonly List<State> _states;
    private readonly DaemonDirectories _found;
    private string[]? _known;
    private readonly StateFiles _files;
    private readonly AgentCounters _counters;
    private readonly RateLimitedLog _log;

    internal ContainerdNames(DiscoverOptions options, HostRoots roots, DaemonDirectories found, StateFiles files, AgentCounters counters, RateLimitedLog log)
    {
        _states = [.. TaskDirectories(options, roots).Select(directory => new State(directory))];
        _found = found;
        _files = files;
        _counters = counters;
        _log = log;
    }

    /// <summary>The directories of containerd's bundles, one for each state directory, whether they exist or not.</summary>
    internal static IEnumerable<string> TaskDirectories(DiscoverOptions options, HostRoots roots) =>
        StateDirectories(options, roots).Select(TaskDirectory);

    /// <summary>The configured state directories, or the usual ones.</summary>
    internal static IEnumerable<string> StateDirectories(DiscoverOptions options, HostRoots roots) =>
        options.ContainerdStates.IsDefaultOrEmpty ? [roots.Run + "/containerd", roots.Run + "/k3s/containerd"] : options.ContainerdStates;

    /// <inheritdoc/>
    public KnownIdentity? Resolve(in RecognisedContainer container, string cgroupPath, KnownIdentity? previous)
    {
        string id = container.Id;
        if (!StatePlace.IsId(id)) return null;
        if (previous?.Source is { } source && source.IsCurrent()) return previous;
        AddFound();
        KnownIdentity? nameless = null;
        foreach (State state in _states)
        {
            foreach (StatePlace bundle in Bundles(state))
            {
                if (!bundle.MayExist(id)) continue;
                KnownIdentity? found = _files.Read(bundle.PathOf(id), IdentityKeys.Containerd, OciBundle.TryParse, previous);
                if (found?.Name is not null) return found;
                nameless ??= found;
            }
        }

        return nameless;
    }

    private static string TaskDirectory(string state) => state + "/io.containerd.runtime.v2.task";

    private void AddFound()
    {
        if (ReferenceEquals(_known, _found.Paths)) return;
        _known = _found.Paths;
        foreach (string directory in _known.Select(TaskDirectory))
        {
            if (!_states.Exists(state => state.Directory == directory)) _states.Add(new State(directory));
        }
    }

    private StatePlace[] Bundles(State state)
    {
        if (!state.Namespaces.Refresh()) return state.Bundles;
        state.List();
        if (state.Namespaces.Error != 0) _files.Failed(state.Directory, StateFileOutcome.Unreadable, state.Namespaces.Error);
        if (state.Namespaces.LeftOut > 0)
        {
            _counters.Add(AgentCounter.IdentityErrors, state.Namespaces.LeftOut);
            _log.Warning("identity namespaces", $"{state.Directory} has more than {MaxNamespaces} containerd namespaces. Containers of the others have their ids as names.");
        }

        return state.Bundles;
    }

    /// <summary>One state directory, and the places of bundles in it.</summary>
    private sealed class State
    {
        private const string Kubernetes = "k8s.io";

        internal State(string directory)
        {
            Directory = directory;
            Namespaces = new SubdirectoryNames(directory, MaxNamespaces);
            List();
        }

        internal string Directory { get; }

        internal SubdirectoryNames Namespaces { get; }

        internal StatePlace[] Bundles { get; private set; } = [];

        // The one of Kubernetes is searched even if the namespaces cannot be listed.
        [System.Diagnostics.CodeAnalysis.MemberNotNull(nameof(Bundles))]
        internal void List() => Bundles =
            [.. Namespaces.Names.Where(name => name != Kubernetes).Prepend(Kubernetes).Select(name => new StatePlace($"{Directory}/{name}/", "/config.json"))];
    }
}
