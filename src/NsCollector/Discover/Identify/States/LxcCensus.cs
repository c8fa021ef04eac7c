using System.Runtime.InteropServices;

namespace NsCollector.Discover.Identify.States;

/// <summary>
/// The containers of LXC (NAME/config in a directory of lxc.lxcpath) and the instances of LXD and Incus (ROOT/containers/NAME):
/// those without a process are <see cref="RunState.Stopped"/>.
/// </summary>
/// <param name="lxcRoots">The directories of LXC.</param>
/// <param name="lxdRoots">The directories of LXD and Incus.</param>
/// <param name="context">Bounds and error handling.</param>
internal sealed class LxcCensus(IEnumerable<string> lxcRoots, IEnumerable<string> lxdRoots, CensusContext context) : IRuntimeCensus
{
    private readonly Root[] _roots =
    [
        .. lxcRoots.Select(path => new Root(path, "/config", context.MaxContainers)),
        .. lxdRoots.Select(path => new Root(path + "/containers", "", context.MaxContainers)),
    ];

    private readonly Dictionary<string, int> _seen = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public void Count(LiveContainers live, CensusDraft draft)
    {
        _seen.Clear();
        for (int i = 0; i < _roots.Length; i++)
        {
            Root root = _roots[i];
            if (!root.Refresh(context) || IsSeen(i)) continue;
            draft.Add(ContainerRuntime.Lxc, RunState.Stopped, root.CountStopped(live, _seen));
        }
    }

    private bool IsSeen(int index)
    {
        for (int i = 0; i < index; i++)
        {
            if (_roots[index].IsSameAs(_roots[i])) return true;
        }

        return false;
    }

    private sealed class Root(string path, string file, int maxContainers)
    {
        private readonly SubdirectoryNames _names = new(path, maxContainers);
        private readonly StatePlace _configuration = new(path + "/", file);
        private int _failed;

        /// <returns>Whether the directory exists and can be read.</returns>
        internal bool Refresh(CensusContext context)
        {
            if (_names.Refresh())
            {
                if (_names.Error != 0 && _names.Error != _failed) context.Failed(path, StateFileOutcome.Unreadable);
                _failed = _names.Error;
                if (_names.LeftOut > 0) context.OverLimit(path, _names.LeftOut);
            }

            return _names.Exists && _names.Error == 0;
        }

        internal bool IsSameAs(Root other) => _names.IsSameAs(other._names);

        /// <param name="live">Contains names without their root, because the cgroup paths of LXC and LXD look the same.</param>
        /// <param name="seen">How often the name of a live container was found, in all roots. As many of them count as running as there are live containers.</param>
        internal int CountStopped(LiveContainers live, Dictionary<string, int> seen)
        {
            int stopped = 0;
            foreach (string name in _names.Names)
            {
                // A directory without a configuration is not a container.
                if (_configuration.Look(name) != 0) continue;
                int running = live.CountOf(ContainerRuntime.Lxc, name);
                if (running == 0 || ++CollectionsMarshal.GetValueRefOrAddDefault(seen, name, out _) > running) stopped++;
            }

            return stopped;
        }
    }
}
